import { FormatError } from "../errors.ts";
import type { Extent } from "../format/extent.ts";
import { ChunkGrid, type IndexedDataset } from "./chunk-grid.ts";
import type { ChunkIndex, ChunkRecord } from "./chunk-index.ts";
import { chunkSize } from "./geometry.ts";

/** No index at all: every chunk was allocated when the dataset was made, one after another (VIII.B, "The Implicit Index"). */
export class ImplicitIndex implements ChunkIndex {
  readonly #grid: ChunkGrid;
  readonly #address: number | undefined;
  readonly #chunkSize: number;

  /** @param address of the first chunk; `undefined`: nothing was ever allocated */
  constructor(dataset: IndexedDataset, address: number | undefined) {
    const where = { structure: "implicit chunk index", ...(address === undefined ? {} : { address }) };
    this.#grid = new ChunkGrid(dataset);
    this.#address = address;
    this.#chunkSize = chunkSize(dataset);
    if (dataset.filtered) throw new FormatError("the dataset has filters, but its chunks no stored sizes", where);
    if (address === undefined) return;
    const bytes = this.#grid.size * this.#chunkSize;
    if (!(bytes <= dataset.context.space.end - address)) {
      throw new FormatError(`${this.#grid.size} chunks of ${this.#chunkSize} bytes do not fit into the file`, where);
    }
  }

  get isEmpty(): boolean {
    return this.#address === undefined;
  }

  find(scaled: readonly number[]): ChunkRecord | undefined {
    const number = this.#grid.number(scaled);
    return this.#address === undefined ? undefined : this.#record(this.#address, number);
  }

  *entries(): Generator<{ readonly scaled: readonly number[]; readonly record: ChunkRecord }> {
    if (this.#address === undefined) return;
    for (let number = 0; number < this.#grid.size; number++) {
      yield { scaled: this.#grid.scaled(number), record: this.#record(this.#address, number) };
    }
  }

  /** None: there is no index. */
  extents(): Extent[] {
    return [];
  }

  #record(address: number, number: number): ChunkRecord {
    return { address: address + number * this.#chunkSize, storedSize: this.#chunkSize, filterMask: 0 };
  }
}
