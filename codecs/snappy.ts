import { FormatError } from "../src/errors.ts";
import type { BlockDecoder, CodecMode } from "./codec.ts";
import { copyLiterals, copyMatch } from "./copy-match.ts";
import { bindLibrary, nativeFirst } from "./native-library.ts";

function damaged(message: string): FormatError {
  return new FormatError(message, { structure: "snappy block" });
}

/** Decodes the snappy block that fills `input` to the start of `output`; returns the decoded length (format_description.txt). */
export function decodeSnappyBlock(input: Uint8Array, output: Uint8Array): number {
  const end = input.length;
  let from = 0;
  let size = 0;
  for (let shift = 0; ; shift += 7) {
    if (from >= end || shift > 28) throw damaged("has no valid length");
    const byte = input[from++] as number;
    size += (byte & 127) * 2 ** shift;
    if (byte < 128) break;
  }
  if (size > output.length) throw damaged(`decodes to ${size} bytes, expected at most ${output.length}`);
  let at = 0;
  while (from < end) {
    const tag = input[from++] as number;
    const kind = tag & 3;
    if (kind === 0) {
      let length = (tag >> 2) + 1;
      if (length > 60) {
        const bytes = length - 60;
        if (from + bytes > end) throw damaged("ends inside a length");
        length = littleEndian(input, from, bytes) + 1;
        from += bytes;
      }
      if (from + length > end) throw damaged("ends inside a literal run");
      if (at + length > size) throw damaged(`decodes to more than its ${size} bytes`);
      copyLiterals(input, from, output, at, length);
      from += length;
      at += length;
    } else {
      const bytes = kind === 3 ? 4 : kind;
      if (from + bytes > end) throw damaged("ends inside an offset");
      let distance = littleEndian(input, from, bytes);
      let length = (tag >> 2) + 1;
      if (kind === 1) {
        distance |= (tag >> 5) << 8;
        length = ((tag >> 2) & 7) + 4;
      }
      from += bytes;
      if (distance === 0 || distance > at) throw damaged(`refers to ${distance} bytes before, at byte ${at}`);
      if (at + length > size) throw damaged(`decodes to more than its ${size} bytes`);
      copyMatch(output, at, distance, length);
      at += length;
    }
  }
  if (at !== size) throw damaged(`decodes to ${at} bytes, expected ${size}`);
  return at;
}

function littleEndian(bytes: Uint8Array, from: number, count: number): number {
  let value = 0;
  for (let i = count - 1; i >= 0; i--) value = value * 256 + (bytes[from + i] as number);
  return value;
}

/** The fastest snappy block decoder in `mode`. */
export function chooseSnappy(mode: CodecMode): BlockDecoder {
  const native =
    mode === "native"
      ? bindLibrary(["libsnappy.so.1", "libsnappy.1.dylib"], (library) => {
          const uncompress = library.func("snappy_uncompress", "int", ["void *", "size_t", "void *", "void *"]);
          const length = new BigUint64Array(1);
          return (input: Uint8Array, output: Uint8Array) => {
            length[0] = BigInt(output.length);
            return uncompress(input, input.length, output, length) === 0 ? Number(length[0]) : undefined;
          };
        })
      : undefined;
  return nativeFirst("libsnappy", native, { implementation: "TypeScript", decode: decodeSnappyBlock });
}
