import { H5Error } from "../errors.ts";
import type { EditContext } from "../format/edit-context.ts";
import { ChunkGrid, type IndexedDataset } from "./chunk-grid.ts";
import type { ChunkRecord } from "./chunk-index.ts";
import type { ChunkIndexEditor, IndexedChunk } from "./chunk-index-editor.ts";
import { chunkSize } from "./geometry.ts";
import { ImplicitIndex } from "./implicit-index.ts";

/**
 * Chunks without an index (Specification VIII.B): space for all that there may ever be is allocated at once, for the
 * first. A chunk has its place for good: it is written where it is, and stays allocated when it is removed.
 */
export class ImplicitEditor implements ChunkIndexEditor {
  readonly #edit: EditContext;
  readonly #dataset: IndexedDataset;
  readonly #grid: ChunkGrid;
  readonly #chunkSize: number;
  #address: number | undefined;

  /** @param address of the first chunk; `undefined`: nothing is allocated yet */
  constructor(edit: EditContext, dataset: IndexedDataset, address: number | undefined) {
    this.#edit = edit;
    this.#dataset = dataset;
    this.#grid = new ChunkGrid(dataset);
    this.#chunkSize = chunkSize(dataset);
    this.#address = address;
  }

  get address(): number | undefined {
    return this.#address;
  }

  /** Allocates all chunks, where that was not done yet. Their bytes are undefined. */
  allocate(): void {
    this.#address ??= this.#edit.allocate(this.#grid.size * this.#chunkSize, "raw");
  }

  find(scaled: readonly number[]): ChunkRecord | undefined {
    if (this.#address === undefined) return undefined;
    const address = this.#address + this.#grid.number(scaled) * this.#chunkSize;
    return { address, storedSize: this.#chunkSize, filterMask: 0 };
  }

  /** @throws H5Error where the chunk is to be elsewhere than its number says */
  set(scaled: readonly number[], record: ChunkRecord): void {
    if (this.find(scaled)?.address === record.address) return;
    throw new H5Error("argument", `chunk [${scaled.join(", ")}] of a dataset without a chunk index cannot be moved`);
  }

  remove(): void {
    return;
  }

  entries(): Iterable<IndexedChunk> {
    return new ImplicitIndex(this.#dataset, this.#address).entries();
  }

  flush(): void {
    return;
  }
}
