import { type ChunkGeometry, strides } from "./geometry.ts";

/**
 * Copies what a chunk has of the dataset's bytes [start, start + target.length), in C order of the elements, to its place
 * in `target`. `chunk` holds the decoded chunk; `undefined` stands for a chunk that was never written, of `fillValue`s
 * (`undefined`: zeros). Nothing outside the chunk's own elements is touched.
 */
export function copyChunkToRange(
  geometry: ChunkGeometry,
  scaled: readonly number[],
  chunk: Uint8Array | undefined,
  fillValue: Uint8Array | undefined,
  start: number,
  target: Uint8Array,
): void {
  const { dims, chunkDims, elementSize } = geometry;
  const last = dims.length - 1;
  const end = start + target.length;
  const origin = dims.map((_, d) => (scaled[d] ?? 0) * (chunkDims[d] ?? 1));
  const extent = dims.map((dim, d) => Math.min(chunkDims[d] ?? 1, dim - (origin[d] ?? 0)));
  const stride = strides(dims, elementSize);
  const chunkStride = strides(chunkDims, elementSize);
  const rowBytes = (extent[last] ?? 1) * elementSize;

  const visit = (d: number, at: number, chunkAt: number): void => {
    if (d === last) {
      const row = at + (origin[last] ?? 0) * elementSize;
      const from = Math.max(row, start);
      const to = Math.min(row + rowBytes, end);
      if (from >= to) return;
      if (chunk === undefined) fill(target, from - start, to - start, fillValue, from);
      else copy(chunk, chunkAt + from - row, target, from - start, to - from);
      return;
    }
    const step = stride[d] ?? 1;
    const base = at + (origin[d] ?? 0) * step;
    // Only indexes whose bytes [base + i * step, base + (i + 1) * step) meet the range.
    const low = Math.max(0, Math.floor((start - base) / step));
    const high = Math.min((extent[d] ?? 1) - 1, Math.ceil((end - base) / step) - 1);
    for (let i = low; i <= high; i++) visit(d + 1, base + i * step, chunkAt + i * (chunkStride[d] ?? 1));
  };
  visit(0, 0, 0);
}

/** `subarray` and `set` cost about 100 ns; short rows are copied faster by hand. */
function copy(source: Uint8Array, from: number, target: Uint8Array, to: number, length: number): void {
  if (length > 48) {
    target.set(source.subarray(from, from + length), to);
    return;
  }
  for (let i = 0; i < length; i++) target[to + i] = source[from + i] ?? 0;
}

/**
 * Repeats the fill value over target[from, to). `phase` is the dataset's byte at `from`: its remainder by the element's
 * size says where in the fill value to begin.
 */
export function fill(target: Uint8Array, from: number, to: number, value: Uint8Array | undefined, phase: number): void {
  if (value === undefined || value.every((byte) => byte === 0)) {
    target.fill(0, from, to);
    return;
  }
  const size = value.length;
  const first = Math.min(to, from + size);
  for (let i = from; i < first; i++) target[i] = value[(phase + i - from) % size] ?? 0;
  for (let done = first - from; from + done < to; ) {
    const n = Math.min(done, to - from - done);
    target.copyWithin(from + done, from, from + n);
    done += n;
  }
}
