import type { ChunkRecord } from "./chunk-index.ts";
import type { ChunkIndexEditor, IndexedChunk } from "./chunk-index-editor.ts";

/** The one chunk of a dataset, being changed (Specification VIII.A): the data layout message has all of it. */
export class SingleChunkEditor implements ChunkIndexEditor {
  readonly #rank: number;
  #record: ChunkRecord | undefined;

  constructor(rank: number, record: ChunkRecord | undefined) {
    this.#rank = rank;
    this.#record = record;
  }

  get address(): number | undefined {
    return this.#record?.address;
  }

  find(): ChunkRecord | undefined {
    return this.#record;
  }

  set(_scaled: readonly number[], record: ChunkRecord): void {
    this.#record = record;
  }

  remove(): void {
    this.#record = undefined;
  }

  entries(): IndexedChunk[] {
    return this.#record === undefined ? [] : [{ scaled: new Array<number>(this.#rank).fill(0), record: this.#record }];
  }

  /** Nothing: the layout message is the caller's. */
  flush(): void {
    return;
  }
}
