import { FormatError, H5Error } from "../errors.ts";
import type { FormatContext } from "../format/context.ts";

/** What a chunk index needs to know of its dataset. All arrays have the dataset's rank, at least 1. */
export interface IndexedDataset {
  readonly context: FormatContext;
  readonly dims: readonly number[];
  /** `undefined` is unlimited. */
  readonly maxDims: readonly (number | undefined)[];
  /** Elements of a chunk along each dimension, without the element size that the layout message has after them. */
  readonly chunkDims: readonly number[];
  /** Bytes of one element. */
  readonly elementSize: number;
  /** Whether the dataset has a filter pipeline with any filter in it. */
  readonly filtered: boolean;
  /** Of the data layout message: it decides how wide the stored sizes of filtered chunks are. */
  readonly layoutVersion: number;
}

/**
 * Chunks along each dimension of a dataset as large as it may ever become; Infinity along an unlimited one.
 * @throws FormatError where the dataset's parts do not fit each other
 */
export function maxChunkCounts({ dims, maxDims, chunkDims }: IndexedDataset): number[] {
  const where = { structure: "chunked dataset" };
  const rank = dims.length;
  if (rank === 0 || chunkDims.length !== rank || maxDims.length !== rank) {
    throw new FormatError(`chunks have ${chunkDims.length} dimensions, the dataset ${rank}`, where);
  }
  return dims.map((dim, d) => {
    const max = maxDims[d];
    const chunk = chunkDims[d] ?? 0;
    if (!Number.isInteger(chunk) || chunk < 1 || (max !== undefined && max < dim)) {
      throw new FormatError(`dimension ${d} is ${dim} (at most ${max ?? "unlimited"}) in chunks of ${chunk}`, where);
    }
    return max === undefined ? Infinity : Math.ceil(max / chunk);
  });
}

/** @throws H5Error "argument" where the chunk lies outside the largest dataset */
export function checkInside(counts: readonly number[], scaled: readonly number[]): void {
  for (let d = 0; d < counts.length; d++) {
    const at = scaled[d] ?? -1;
    if (!(at >= 0 && at < (counts[d] ?? 0))) {
      throw new H5Error("argument", `chunk [${scaled.join(", ")}] lies outside the dataset`);
    }
  }
}

/**
 * The grid of chunks of a dataset as large as it may ever become: chunks are numbered over it, so that they keep their
 * numbers when the dataset grows (the slots of fixed and extensible arrays and of the implicit index).
 */
export class ChunkGrid {
  readonly #counts: readonly number[];
  /** Dimensions from the slowest to the fastest: their own order, but the unlimited one first. */
  readonly #order: readonly number[];
  /** How far apart neighbours along a dimension are, by dimension. */
  readonly #strides: readonly number[];

  /** @param slowest the dimension to put first, the only one that may be unlimited */
  constructor(dataset: IndexedDataset, slowest = 0) {
    this.#counts = maxChunkCounts(dataset);
    this.#order = [slowest, ...this.#counts.keys()].filter((d, i) => i === 0 || d !== slowest);
    const strides = this.#counts.map(() => 0);
    let stride = 1;
    for (const d of this.#order.toReversed()) {
      if (stride > Number.MAX_SAFE_INTEGER) {
        throw new H5Error("limit", "a dataset of more than 2^53 chunks", { structure: "chunked dataset" });
      }
      strides[d] = stride;
      stride *= this.#counts[d] ?? 0;
    }
    this.#strides = strides;
  }

  /** Chunks in the whole grid; Infinity where a dimension is unlimited. */
  get size(): number {
    return this.#counts.reduce((product, count) => product * count, 1);
  }

  /** The number of a chunk. @throws H5Error "argument" where it lies outside the grid */
  number(scaled: readonly number[]): number {
    checkInside(this.#counts, scaled);
    let number = 0;
    for (let d = 0; d < this.#strides.length; d++) number += (scaled[d] ?? 0) * (this.#strides[d] ?? 0);
    return number;
  }

  /** The chunk of that number. */
  scaled(number: number): number[] {
    const scaled = this.#counts.map(() => 0);
    let rest = number;
    for (const d of this.#order) {
      const stride = this.#strides[d] ?? 1;
      scaled[d] = Math.floor(rest / stride);
      rest %= stride;
    }
    return scaled;
  }
}
