import type { Extent } from "../format/extent.ts";

/** Where one chunk is stored. */
export interface ChunkRecord {
  readonly address: number;
  /** Bytes as stored, after the filters. */
  readonly storedSize: number;
  /** Bit i set: filter i of the pipeline was not applied to this chunk. */
  readonly filterMask: number;
}

/** Finds the chunks of one dataset. Scaled coordinates: the chunk's offset divided by the chunk's dimensions. */
export interface ChunkIndex {
  /** No chunk was ever written: there is nothing to look for, whatever number of chunks the dataset has. */
  readonly isEmpty: boolean;
  /** `undefined`: the chunk was never written, and is the fill value. */
  find(scaled: readonly number[]): ChunkRecord | undefined;
  /** Every stored chunk, in the index's own order. */
  entries(): Iterable<{ readonly scaled: readonly number[]; readonly record: ChunkRecord }>;
  /** What the index itself occupies, without the chunks. @param owner the dataset's address */
  extents(owner: number): Iterable<Extent>;
}
