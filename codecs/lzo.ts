import { FormatError } from "../src/errors.ts";
import type { BlockDecoder, Codec, CodecMode } from "./codec.ts";
import { copyLiterals, copyMatch } from "./copy-match.ts";
import { encodeLzo1x, lzoBound } from "./lzo-encode.ts";
import { bindLibrary, nativeFirst } from "./native-library.ts";

function damaged(message: string): FormatError {
  return new FormatError(message, { structure: "LZO1X data" });
}

/** The reading position in the input, for lengths that go on over any number of bytes. */
interface Cursor {
  readonly input: Uint8Array;
  from: number;
}

/** A length that did not fit its instruction: 255 for each zero byte, and the first byte that is not zero. */
function readLongLength(cursor: Cursor): number {
  const { input } = cursor;
  let length = 0;
  while (cursor.from < input.length) {
    const byte = input[cursor.from++] as number;
    if (byte !== 0) return length + byte;
    length += 255;
  }
  throw damaged("ends inside a length");
}

/**
 * Decodes the LZO1X stream that fills `input` to the start of `output`; returns the decoded length. The instructions are
 * those of the Linux kernel's description of the format (Documentation/staging/lzo.rst), version 0.
 */
export function decodeLzo1x(input: Uint8Array, output: Uint8Array): number {
  const end = input.length;
  const cursor: Cursor = { input, from: 0 };
  let at = 0;
  /** Literals that follow the instruction; then what the next instruction's meaning depends on: 0, 1 to 3, or 4 for more. */
  let state = 0;
  let literals = 0;
  const first = input[0] ?? 0;
  if (first > 17) {
    literals = first - 17;
    cursor.from = 1;
    state = Math.min(literals, 4);
  }
  for (;;) {
    if (literals > 0) {
      if (cursor.from + literals > end) throw damaged("ends inside a literal run");
      if (at + literals > output.length) throw damaged(`decodes to more than the expected ${output.length} bytes`);
      copyLiterals(input, cursor.from, output, at, literals);
      cursor.from += literals;
      at += literals;
      literals = 0;
    }
    if (cursor.from >= end) throw damaged("ends without its end marker");
    const code = input[cursor.from++] as number;
    let distance: number;
    let length: number;
    if (code < 16 && state === 0) {
      literals = (code === 0 ? 15 + readLongLength(cursor) : code) + 3;
      state = 4;
      continue;
    }
    if (code >= 64 || code < 16) {
      if (cursor.from >= end) throw damaged("ends inside an instruction");
      const high = input[cursor.from++] as number;
      if (code >= 64) {
        length = (code >> 5) + 1;
        distance = (high << 3) + ((code >> 2) & 7) + 1;
      } else {
        length = state === 4 ? 3 : 2;
        distance = (high << 2) + (code >> 2) + (state === 4 ? 2049 : 1);
      }
      state = code & 3;
    } else {
      const mask = code >= 32 ? 31 : 7;
      length = ((code & mask) === 0 ? mask + readLongLength(cursor) : code & mask) + 2;
      if (cursor.from + 2 > end) throw damaged("ends inside an instruction");
      const word = (input[cursor.from] as number) | ((input[cursor.from + 1] as number) << 8);
      cursor.from += 2;
      distance = code >= 32 ? (word >> 2) + 1 : 16384 + ((code & 8) << 11) + (word >> 2);
      if (distance === 16384 && code < 32) {
        if (length !== 3) throw damaged("has a damaged end marker");
        if (cursor.from !== end) throw damaged(`has ${end - cursor.from} bytes after its end marker`);
        return at;
      }
      state = word & 3;
    }
    if (distance > at) throw damaged(`refers to ${distance} bytes before, at byte ${at}`);
    if (at + length > output.length) throw damaged(`decodes to more than the expected ${output.length} bytes`);
    copyMatch(output, at, distance, length);
    at += length;
    literals = state;
  }
}

function chooseLzo(mode: CodecMode): BlockDecoder {
  const native =
    mode === "native"
      ? bindLibrary(["liblzo2.so.2", "liblzo2.2.dylib"], (library) => {
          const decompress = library.func("lzo1x_decompress_safe", "int", [
            "void *",
            "size_t",
            "void *",
            "void *",
            "void *",
          ]);
          const length = new BigUint64Array(1);
          return (input: Uint8Array, output: Uint8Array) => {
            length[0] = BigInt(output.length);
            return decompress(input, input.length, output, length, null) === 0 ? Number(length[0]) : undefined;
          };
        })
      : undefined;
  return nativeFirst("liblzo2", native, { implementation: "TypeScript", decode: decodeLzo1x });
}

/** Filter 305, LZO (PyTables): one bare LZO1X stream; its client data values do not matter for decoding. */
export function lzoCodec(mode: CodecMode): Codec {
  const decoder = chooseLzo(mode);
  return {
    id: 305,
    name: "LZO",
    implementation: decoder.implementation,
    // Each byte that lengthens a match stands for 255.
    maxExpansion: 256,
    decode({ input, output }) {
      return output.subarray(0, decoder.decode(input, output));
    },
    encode({ input, optional }) {
      const output = new Uint8Array(lzoBound(input.length));
      const length = encodeLzo1x(input, output);
      return optional && length >= input.length ? undefined : output.subarray(0, length);
    },
  };
}
