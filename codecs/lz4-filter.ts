import type { Codec, CodecMode } from "./codec.ts";
import { FramedBlocks } from "./framed-blocks.ts";
import { chooseLz4 } from "./lz4.ts";

/** Filter 32004, lz4 (hdf5_plugins, H5Zlz4.c): LZ4 blocks, those that would not be shorter as they are. */
export function lz4Codec(mode: CodecMode): Codec {
  const decoder = chooseLz4(mode);
  return {
    id: 32004,
    name: "lz4",
    implementation: decoder.implementation,
    decode({ input, output }) {
      const blocks = new FramedBlocks(input, output.length, "lz4 chunk");
      const { length, blockSize } = blocks;
      if (length > 0 && blockSize === 0) throw blocks.damaged("blocks of 0 bytes");
      for (let at = 0; at < length; at += blockSize) {
        const block = output.subarray(at, Math.min(at + blockSize, length));
        const stored = blocks.next();
        if (stored.length === block.length) {
          block.set(stored);
          continue;
        }
        const decoded = decoder.decode(stored, block);
        if (decoded !== block.length) {
          throw blocks.damaged(`a block decodes to ${decoded} bytes, expected ${block.length}`);
        }
      }
      return output.subarray(0, length);
    },
  };
}
