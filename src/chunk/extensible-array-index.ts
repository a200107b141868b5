import { FormatError } from "../errors.ts";
import { ExtensibleArray } from "../format/extensible-array.ts";
import type { Extent } from "../format/extent.ts";
import { ChunkElement } from "./chunk-element.ts";
import { ChunkGrid, type IndexedDataset } from "./chunk-grid.ts";
import type { ChunkIndex, ChunkRecord } from "./chunk-index.ts";

/**
 * The index of a dataset with one unlimited dimension (VIII.D, "The Extensible Array Index"): chunks are numbered with
 * that dimension put before the others, so that the array only ever grows at its end.
 */
export class ExtensibleArrayIndex implements ChunkIndex {
  readonly #dataset: IndexedDataset;
  readonly #address: number | undefined;
  readonly #grid: ChunkGrid;
  readonly #element: ChunkElement;
  #opened: ExtensibleArray | undefined;

  /** @param address of the array's header; `undefined`: no chunk was ever written */
  constructor(dataset: IndexedDataset, address: number | undefined) {
    const unlimited = dataset.maxDims.indexOf(undefined);
    if (unlimited < 0 || unlimited !== dataset.maxDims.lastIndexOf(undefined)) {
      throw new FormatError("indexes a dataset that has not exactly one unlimited dimension", {
        structure: "extensible array",
        ...(address === undefined ? {} : { address }),
      });
    }
    this.#dataset = dataset;
    this.#address = address;
    this.#grid = new ChunkGrid(dataset, unlimited);
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

  #array(): ExtensibleArray | undefined {
    if (this.#address === undefined) return undefined;
    const client = { clientId: this.#dataset.filtered ? 1 : 0, elementSize: this.#element.size };
    this.#opened ??= new ExtensibleArray(this.#dataset.context, this.#address, client);
    return this.#opened;
  }
}
