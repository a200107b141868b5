import { type ChunkGeometry, coordinates, gridDims } from "./geometry.ts";

/**
 * The scaled coordinates of the chunks that hold any byte of [start, start + length) of the dataset's elements in C
 * order, each once, in C order of the chunks. The range must lie inside the dataset.
 */
export function chunksOfByteRange(geometry: ChunkGeometry, start: number, length: number): number[][] {
  if (length <= 0) return [];
  const { dims, chunkDims, elementSize } = geometry;
  const grid = gridDims(geometry);
  const first = coordinates(Math.floor(start / elementSize), dims);
  const last = coordinates(Math.floor((start + length - 1) / elementSize), dims);
  const found = new Map<number, number[]>();

  // A lexicographic range: along a dimension the lower bound holds only while every coordinate before equals `first`'s,
  // the upper bound only while it equals `last`'s.
  const visit = (d: number, prefix: readonly number[], key: number, atFirst: boolean, atLast: boolean): void => {
    if (d === dims.length) {
      found.set(key, [...prefix]);
      return;
    }
    const chunkDim = chunkDims[d] ?? 1;
    const low = atFirst ? (first[d] ?? 0) : 0;
    const high = atLast ? (last[d] ?? 0) : (dims[d] ?? 1) - 1;
    for (let c = Math.floor(low / chunkDim); c <= Math.floor(high / chunkDim); c++) {
      const from = Math.max(low, c * chunkDim);
      const to = Math.min(high, (c + 1) * chunkDim - 1);
      const startsAtFirst = atFirst && from === low;
      const endsAtLast = atLast && to === high;
      const next = [...prefix, c];
      const nextKey = key * (grid[d] ?? 1) + c;
      const unbound = to - from + 1 - (startsAtFirst ? 1 : 0) - (endsAtLast ? 1 : 0);
      if (unbound > 0) {
        visit(d + 1, next, nextKey, false, false);
      } else if (from === to) {
        visit(d + 1, next, nextKey, startsAtFirst, endsAtLast);
      } else {
        visit(d + 1, next, nextKey, true, false);
        visit(d + 1, next, nextKey, false, true);
      }
    }
  };
  visit(0, [], 0, true, true);
  return [...found].sort(([a], [b]) => a - b).map(([, scaled]) => scaled);
}
