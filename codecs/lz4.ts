import { FormatError } from "../src/errors.ts";
import type { BlockDecoder, CodecMode } from "./codec.ts";
import { copyLiterals, copyMatch } from "./copy-match.ts";
import { bindLibrary, nativeFirst } from "./native-library.ts";

function damaged(message: string): FormatError {
  return new FormatError(message, { structure: "LZ4 block" });
}

/** Decodes the LZ4 block that fills `input` to the start of `output`; returns the decoded length (lz4_Block_format.md). */
export function decodeLz4Block(input: Uint8Array, output: Uint8Array): number {
  const end = input.length;
  let from = 0;
  let at = 0;
  while (from < end) {
    const token = input[from++] as number;
    let literals = token >> 4;
    if (literals === 15) {
      let more = 255;
      while (more === 255) {
        if (from >= end) throw damaged("ends inside a length");
        more = input[from++] as number;
        literals += more;
      }
    }
    if (from + literals > end) throw damaged("ends inside a literal run");
    if (at + literals > output.length) throw damaged(`decodes to more than the expected ${output.length} bytes`);
    copyLiterals(input, from, output, at, literals);
    from += literals;
    at += literals;
    // The last sequence has literals only.
    if (from === end) return at;
    if (from + 2 > end) throw damaged("ends inside an offset");
    const distance = (input[from] as number) | ((input[from + 1] as number) << 8);
    from += 2;
    let length = (token & 15) + 4;
    if (length === 19) {
      let more = 255;
      while (more === 255) {
        if (from >= end) throw damaged("ends inside a length");
        more = input[from++] as number;
        length += more;
      }
    }
    if (distance === 0 || distance > at) throw damaged(`refers to ${distance} bytes before, at byte ${at}`);
    if (at + length > output.length) throw damaged(`decodes to more than the expected ${output.length} bytes`);
    copyMatch(output, at, distance, length);
    at += length;
  }
  throw damaged("does not end with literals");
}

/** The fastest LZ4 block decoder in `mode`. */
export function chooseLz4(mode: CodecMode): BlockDecoder {
  const native =
    mode === "native"
      ? bindLibrary(["liblz4.so.1", "liblz4.1.dylib"], (library) => {
          const decompress = library.func("LZ4_decompress_safe", "int", ["void *", "void *", "int", "int"]);
          return (input: Uint8Array, output: Uint8Array) => {
            const result: unknown = decompress(input, output, input.length, output.length);
            return typeof result === "number" && result >= 0 ? result : undefined;
          };
        })
      : undefined;
  return nativeFirst("liblz4", native, { implementation: "TypeScript", decode: decodeLz4Block });
}
