import { FormatError } from "../src/errors.ts";
import type { Codec } from "./codec.ts";

/** As many 16-bit words as can be summed up before the second sum leaves 32 bits. */
const wordsPerFold = 360;

/**
 * HDF5's Fletcher checksum of 32 bits: over big-endian words of 16 bits, the last byte of an odd length as the high half
 * of a word. Its sums fold (their high half is added to the low one) where the textbook takes the remainder by 65535: a
 * sum that is a multiple of it becomes 65535, not 0.
 */
export function fletcher32(bytes: Uint8Array): number {
  const words = bytes.length >> 1;
  let sum1 = 0;
  let sum2 = 0;
  let at = 0;
  for (let word = 0; word < words; ) {
    const end = Math.min(word + wordsPerFold, words);
    // Four words at a time, sum2 += 4 sum1 + 4 w0 + 3 w1 + 2 w2 + w3: the additions do not wait for one another.
    for (; word + 4 <= end; word += 4, at += 8) {
      const w0 = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
      const w1 = ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
      const w2 = ((bytes[at + 4] as number) << 8) | (bytes[at + 5] as number);
      const w3 = ((bytes[at + 6] as number) << 8) | (bytes[at + 7] as number);
      sum2 = (sum2 + ((sum1 + w0) << 2) + w1 * 3 + (w2 << 1) + w3) | 0;
      sum1 = (sum1 + w0 + w1 + w2 + w3) | 0;
    }
    for (; word < end; word++, at += 2) {
      sum1 = (sum1 + (((bytes[at] as number) << 8) | (bytes[at + 1] as number))) | 0;
      sum2 = (sum2 + sum1) | 0;
    }
    sum1 = fold(sum1);
    sum2 = fold(sum2);
  }
  if ((bytes.length & 1) !== 0) {
    sum1 = fold(sum1 + ((bytes[at] as number) << 8));
    sum2 = fold(sum2 + sum1);
  }
  return ((fold(sum2) << 16) | fold(sum1)) >>> 0;
}

function fold(sum: number): number {
  return (sum & 0xffff) + (sum >>> 16);
}

/** The checksum with the bytes of each half swapped, as versions of libhdf5 before 1.6.3 wrote it on little-endian machines. */
function swapHalves(checksum: number): number {
  return (((checksum & 0x00ff00ff) << 8) | ((checksum >>> 8) & 0x00ff00ff)) >>> 0;
}

/** Filter 3, fletcher32: the data, then its checksum in 4 little-endian bytes, which is verified and taken away. */
export const fletcher32Codec: Codec = {
  id: 3,
  name: "fletcher32",
  implementation: "TypeScript",
  maxExpansion: 1,
  decode({ input }) {
    const length = input.length - 4;
    if (length < 0) {
      throw new FormatError(`${input.length} bytes leave no room for the checksum of 4`, {
        structure: "fletcher32 data",
      });
    }
    const data = input.subarray(0, length);
    const stored = new DataView(input.buffer, input.byteOffset + length, 4).getUint32(0, true);
    const computed = fletcher32(data);
    if (stored !== computed && stored !== swapHalves(computed)) {
      throw new FormatError(`stored checksum is 0x${stored.toString(16)}, computed is 0x${computed.toString(16)}`, {
        structure: "fletcher32 data",
      });
    }
    return data;
  },
  encode({ input }) {
    const output = new Uint8Array(input.length + 4);
    output.set(input);
    new DataView(output.buffer).setUint32(input.length, fletcher32(input), true);
    return output;
  },
};
