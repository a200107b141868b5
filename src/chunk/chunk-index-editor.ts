import type { ChunkRecord } from "./chunk-index.ts";

/** A chunk and its place in the dataset. */
export interface IndexedChunk {
  /** The chunk's offset divided by the chunk's dimensions. */
  readonly scaled: readonly number[];
  readonly record: ChunkRecord;
}

/**
 * The chunk index of one dataset, being changed: the same for all indexes. What was changed is written by `flush`; until
 * then only the editor knows it. The chunks' own space is the caller's.
 */
export interface ChunkIndexEditor {
  /** Of the index, as the data layout message is to have it; `undefined`: there is none yet. */
  readonly address: number | undefined;
  /** `undefined`: the chunk was never written. */
  find(scaled: readonly number[]): ChunkRecord | undefined;
  /** Adds a chunk, or says where it is now. @throws H5Error "limit" where the index has no place for it */
  set(scaled: readonly number[], record: ChunkRecord): void;
  /** Forgets a chunk; one that is not there is no error. */
  remove(scaled: readonly number[]): void;
  /** Every chunk, in the index's own order. Nothing may be changed meanwhile. */
  entries(): Iterable<IndexedChunk>;
  flush(): void;
}
