import { unshuffleSimd } from "./unshuffle-simd.ts";

/** Output bytes that are worked on at a time, so that they stay in the first-level cache. */
const blockBytes = 8192;

/**
 * Undoes the byte shuffle: all of `input` holds the first bytes of all elements, then all second bytes, and so on; the
 * beginning of `output`, which is at least as long and does not overlap it, gets the elements whole again. Bytes after the
 * last whole element stand at the end, unchanged, on both sides.
 */
export function unshuffle(input: Uint8Array, output: Uint8Array, elementSize: number): void {
  const count = elementSize > 0 ? Math.floor(input.length / elementSize) : 0;
  if (elementSize <= 1 || count <= 1) {
    output.set(input);
    return;
  }
  const done = unshuffleSimd(input, output, elementSize, count);
  if (done < count) unshuffleBytes(input, output, elementSize, count, done);
  const whole = count * elementSize;
  output.set(input.subarray(whole), whole);
}

/** Byte by byte, from element `from` on: the rest that SIMD leaves, short chunks, and machines without it. */
export function unshuffleBytes(
  input: Uint8Array,
  output: Uint8Array,
  elementSize: number,
  count: number,
  from: number,
): void {
  const block = Math.max(1, Math.floor(blockBytes / elementSize));
  for (let start = from; start < count; start += block) {
    const end = Math.min(start + block, count);
    for (let plane = 0; plane < elementSize; plane++) {
      const base = plane * count;
      let at = start * elementSize + plane;
      for (let i = base + start; i < base + end; i++) {
        output[at] = input[i] as number;
        at += elementSize;
      }
    }
  }
}
