import { FormatError } from "../src/errors.ts";
import type { Codec } from "./codec.ts";
import { copyLiterals, copyMatch } from "./copy-match.ts";
import { encodeLzf } from "./lzf-encode.ts";

function damaged(message: string): FormatError {
  return new FormatError(message, { structure: "LZF data" });
}

/** Decodes the LZF data that fills `input` to the start of `output`; returns the decoded length. */
export function decodeLzf(input: Uint8Array, output: Uint8Array): number {
  let from = 0;
  let at = 0;
  if (input.length === 0) throw damaged("no data");
  while (from < input.length) {
    const control = input[from++] as number;
    if (control < 32) {
      const length = control + 1;
      if (from + length > input.length) throw damaged("ends inside a literal run");
      if (at + length > output.length) throw damaged(`decodes to more than the expected ${output.length} bytes`);
      copyLiterals(input, from, output, at, length);
      from += length;
      at += length;
    } else {
      let length = (control >> 5) + 2;
      const needed = length === 9 ? 2 : 1;
      if (from + needed > input.length) throw damaged("ends inside a back reference");
      if (length === 9) length += input[from++] as number;
      const distance = ((control & 31) << 8) + (input[from++] as number) + 1;
      if (distance > at) throw damaged(`refers to ${distance} bytes before, at byte ${at}`);
      if (at + length > output.length) throw damaged(`decodes to more than the expected ${output.length} bytes`);
      copyMatch(output, at, distance, length);
      at += length;
    }
  }
  return at;
}

/** Filter 32000, LZF (h5py): the bare data; its client data values only tell the chunk's size. */
export const lzfCodec: Codec = {
  id: 32000,
  name: "LZF",
  implementation: "TypeScript",
  // 264 bytes from a back reference of 3.
  maxExpansion: 88,
  decode({ input, output }) {
    return output.subarray(0, decodeLzf(input, output));
  },
  encode({ input, optional }) {
    // One run in 32 bytes of literals, where nothing else is found.
    const output = new Uint8Array(
      optional ? Math.max(input.length - 1, 0) : input.length + Math.ceil(input.length / 32),
    );
    const length = encodeLzf(input, output);
    return length === undefined ? undefined : output.subarray(0, length);
  },
};
