import type { Extent } from "../format/extent.ts";
import { checkInside, type IndexedDataset, maxChunkCounts } from "./chunk-grid.ts";
import type { ChunkIndex, ChunkRecord } from "./chunk-index.ts";
import { chunkSize } from "./geometry.ts";

/** The index of a dataset that is one chunk (Specification VIII.A, "The Single Chunk Index"). */
export class SingleChunkIndex implements ChunkIndex {
  readonly #counts: readonly number[];
  readonly #record: ChunkRecord | undefined;

  /**
   * @param address `undefined`: the chunk was never written
   * @param filtered from the data layout message, where the chunk is filtered
   */
  constructor(
    dataset: IndexedDataset,
    address: number | undefined,
    filtered?: { readonly storedSize: number; readonly filterMask: number },
  ) {
    this.#counts = maxChunkCounts(dataset).map(() => 1);
    const { storedSize, filterMask } = filtered ?? { storedSize: chunkSize(dataset), filterMask: 0 };
    this.#record = address === undefined ? undefined : { address, storedSize, filterMask };
  }

  get isEmpty(): boolean {
    return this.#record === undefined;
  }

  find(scaled: readonly number[]): ChunkRecord | undefined {
    checkInside(this.#counts, scaled);
    return this.#record;
  }

  *entries(): Generator<{ readonly scaled: readonly number[]; readonly record: ChunkRecord }> {
    if (this.#record !== undefined) yield { scaled: this.#counts.map(() => 0), record: this.#record };
  }

  /** None: the data layout message has the chunk. */
  extents(): Extent[] {
    return [];
  }
}
