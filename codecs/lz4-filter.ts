import { FormatError } from "../src/errors.ts";
import type { Codec, CodecMode } from "./codec.ts";
import { chooseLz4 } from "./lz4.ts";

/** The length of the chunk in 8 bytes and that of a block in 4, both big-endian; before each block, its stored length in 4. */
const HEADER_SIZE = 12;

function damaged(message: string): FormatError {
  return new FormatError(message, { structure: "lz4 chunk" });
}

/** Filter 32004, lz4 (hdf5_plugins, H5Zlz4.c): LZ4 blocks, those that would not be shorter as they are. */
export function lz4Codec(mode: CodecMode): Codec {
  const decoder = chooseLz4(mode);
  return {
    id: 32004,
    name: "lz4",
    implementation: decoder.implementation,
    decode({ input, output }) {
      if (input.length < HEADER_SIZE) throw damaged(`${input.length} bytes, its header alone takes ${HEADER_SIZE}`);
      const view = new DataView(input.buffer, input.byteOffset, input.length);
      const length = view.getUint32(0) * 2 ** 32 + view.getUint32(4);
      const blockSize = view.getUint32(8);
      if (length > output.length) throw damaged(`decodes to ${length} bytes, expected at most ${output.length}`);
      if (length > 0 && blockSize === 0) throw damaged("blocks of 0 bytes");
      let from = HEADER_SIZE;
      for (let at = 0; at < length; at += blockSize) {
        const block = output.subarray(at, Math.min(at + blockSize, length));
        if (from + 4 > input.length) throw damaged(`ends before byte ${at} of ${length}`);
        const stored = view.getUint32(from);
        from += 4;
        if (from + stored > input.length) throw damaged(`a block of ${stored} bytes at ${from}, behind its end`);
        const bytes = input.subarray(from, from + stored);
        from += stored;
        if (stored === block.length) block.set(bytes);
        else {
          const decoded = decoder.decode(bytes, block);
          if (decoded !== block.length) throw damaged(`a block decodes to ${decoded} bytes, expected ${block.length}`);
        }
      }
      return output.subarray(0, length);
    },
  };
}
