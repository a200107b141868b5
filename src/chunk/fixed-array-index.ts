import type { Extent } from "../format/extent.ts";
import { FixedArray } from "../format/fixed-array.ts";
import { ChunkElement } from "./chunk-element.ts";
import { ChunkGrid, type IndexedDataset } from "./chunk-grid.ts";
import type { ChunkIndex, ChunkRecord } from "./chunk-index.ts";

/** The index of a dataset with a largest size: a slot for each chunk that it may ever have (VIII.C, "The Fixed Array Index"). */
export class FixedArrayIndex implements ChunkIndex {
  readonly #dataset: IndexedDataset;
  readonly #address: number | undefined;
  readonly #grid: ChunkGrid;
  readonly #element: ChunkElement;
  #opened: FixedArray | undefined;

  /** @param address of the array's header; `undefined`: no chunk was ever written */
  constructor(dataset: IndexedDataset, address: number | undefined) {
    this.#dataset = dataset;
    this.#address = address;
    this.#grid = new ChunkGrid(dataset);
    this.#element = new ChunkElement(dataset);
  }

  get isEmpty(): boolean {
    return this.#address === undefined;
  }

  find(scaled: readonly number[]): ChunkRecord | undefined {
    const number = this.#grid.number(scaled);
    const bytes = this.#array()?.element(number);
    return bytes === undefined ? undefined : this.#element.decode(bytes, 0);
  }

  *entries(): Generator<{ readonly scaled: readonly number[]; readonly record: ChunkRecord }> {
    for (const { index, bytes } of this.#array()?.elements() ?? []) {
      const record = this.#element.decode(bytes, 0);
      if (record !== undefined) yield { scaled: this.#grid.scaled(index), record };
    }
  }

  extents(owner: number): Iterable<Extent> {
    return this.#array()?.extents(owner) ?? [];
  }

  #array(): FixedArray | undefined {
    if (this.#address === undefined) return undefined;
    const client = { clientId: this.#dataset.filtered ? 1 : 0, elementSize: this.#element.size };
    this.#opened ??= new FixedArray(this.#dataset.context, this.#address, client, this.#grid.size);
    return this.#opened;
  }
}
