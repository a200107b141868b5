import { EncodedChunks } from "../../src/chunk/encoded-chunks.ts";
import { coordinates, mergeTrailingDims, strides } from "../../src/chunk/geometry.ts";
import { H5Error } from "../../src/errors.ts";
import type { Dataset } from "../../src/object/dataset.ts";

/** Bytes of a chunk that is encoded between other requests. */
const MAX_CHUNK = 2 ** 26;

/** Of more chunks, or more rows in each, the chunks are too small to be looked at one by one. */
const MOST = 2 ** 17;

/** What a dataset's elements are going to be, as bytes in C order. */
export interface FutureElements {
  readonly dims: readonly number[];
  /** The bytes that will be others are between these two. */
  readonly range: readonly [from: number, to: number];
  /** Whether any of the bytes [from, to) will be others than they are. */
  changes(from: number, to: number): boolean;
  /** Fills `target` with the bytes from `from` on. @returns false: they are not known */
  read(from: number, target: Uint8Array): boolean;
}

/** Encodes the whole chunks that will be others, with a pause after each. Those at the edge of the dataset are few. */
export function* encodeAhead(dataset: Dataset, future: FutureElements): Generator<undefined, EncodedChunks> {
  const { layout, filters, elementSize } = dataset;
  const chunks = new EncodedChunks();
  if (layout.kind !== "chunked" || filters.length === 0 || future.dims.length !== dataset.dims.length) return chunks;
  const { dims, chunkDims } = mergeTrailingDims({ dims: future.dims, chunkDims: layout.chunkDims, elementSize });
  const size = chunkDims.reduce((product, dim) => product * dim, elementSize);
  const grid = dims.map((dim, d) => Math.floor(dim / (chunkDims[d] ?? 1)));
  const between = strides(dims, elementSize);
  const inner = chunkDims.slice(0, -1);
  const length = (chunkDims.at(-1) ?? 1) * elementSize;
  // Chunks side by side along the first dimension, and all that are at the same place of it.
  const [along = 0, ...others] = grid;
  const across = others.reduce((product, n) => product * n, 1);
  const depth = (between[0] ?? 0) * (chunkDims[0] ?? 0);
  const [from, to] = future.range;
  const start = Math.floor(from / depth) * across;
  const end = Math.min(along, Math.ceil(to / depth)) * across;
  if (size > MAX_CHUNK || size / length > MOST || end - start > MOST) return chunks;
  for (let i = start; i < end && !chunks.isFull; i++) {
    const first = sum(
      coordinates(i, grid).map((c, d) => c * (chunkDims[d] ?? 1)),
      between,
    );
    const rows = Array.from({ length: size / length }, (_, row) => first + sum(coordinates(row, inner), between));
    if (rows.some((at) => future.changes(at, at + length))) {
      const bytes = new Uint8Array(size);
      try {
        const isKnown = rows.every((at, row) => future.read(at, bytes.subarray(row * length, (row + 1) * length)));
        if (isKnown) chunks.add(bytes, filters);
      } catch (error) {
        // Whoever writes it finds the same.
        if (error instanceof H5Error) return chunks;
        throw error;
      }
    }
    yield;
  }
  return chunks;
}

function sum(coordinates: readonly number[], between: readonly number[]): number {
  return coordinates.reduce((total, c, d) => total + c * (between[d] ?? 0), 0);
}
