import type { StoredData } from "./stored-data.ts";

/** Bytes [from, to). */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/** A dataset of more chunks is not looked through: everybody would wait. */
const MAX_CHUNKS = 2 ** 16;

/**
 * Where something of a dataset's elements, in C order, is stored: in order, and apart from one another. What is between the ranges was
 * never written and reads as zeros; what is in them may, too.
 */
export function storedRanges({ storage, dims, elementSize, fillValue }: StoredData): readonly ByteRange[] {
  const size = dims.reduce((product, dim) => product * dim, elementSize);
  const all = size === 0 ? [] : [{ from: 0, to: size }];
  if (size === 0 || fillValue?.some((byte) => byte !== 0) === true) return all;
  if (storage.kind === "contiguous" && storage.address === undefined) return [];
  if (storage.kind !== "chunked" || dims.length === 0) return all;
  if (storage.index.isEmpty) return [];
  // Inside a row of chunks, those of one chunk do not lie one after the other.
  const row = (storage.geometry.chunkDims[0] ?? 1) * (size / (dims[0] ?? 1));
  const rows = new Set<number>();
  let count = 0;
  for (const { scaled } of storage.index.entries()) {
    if (++count > MAX_CHUNKS) return all;
    rows.add(scaled[0] ?? 0);
  }
  return joined([...rows].sort((a, b) => a - b).map((at) => ({ from: at * row, to: Math.min(size, (at + 1) * row) })));
}

/** Of ranges in order, those that touch become one; what is empty goes. */
export function joined(ranges: readonly ByteRange[]): ByteRange[] {
  const found: { from: number; to: number }[] = [];
  for (const { from, to } of ranges) {
    const last = found.at(-1);
    if (from >= to) continue;
    if (last?.to === from) last.to = to;
    else found.push({ from, to });
  }
  return found;
}
