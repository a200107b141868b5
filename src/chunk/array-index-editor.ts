import type { ArrayEditor, NewArray } from "../format/array-editor.ts";
import type { EditContext } from "../format/edit-context.ts";
import { ExtensibleArrayEditor, type ExtensibleArrayParameters } from "../format/extensible-array-edit.ts";
import { FixedArrayEditor } from "../format/fixed-array-edit.ts";
import { ChunkElement } from "./chunk-element.ts";
import { ChunkGrid, type IndexedDataset } from "./chunk-grid.ts";
import type { ChunkIndex, ChunkRecord } from "./chunk-index.ts";
import type { ChunkIndexEditor, IndexedChunk } from "./chunk-index-editor.ts";
import { ExtensibleArrayIndex } from "./extensible-array-index.ts";
import { FixedArrayIndex } from "./fixed-array-index.ts";

/** How an array comes to be, and is read. */
interface ArraySource {
  readonly grid: ChunkGrid;
  open(address: number): ArrayEditor;
  create(): ArrayEditor;
  read(address: number): ChunkIndex;
}

/**
 * A fixed or extensible array of a dataset's chunks, being changed (Specification VIII.C, VIII.D). It is made for the first chunk. A
 * chunk that is removed leaves its element, as in libhdf5.
 */
export class ArrayIndexEditor implements ChunkIndexEditor {
  readonly #edit: EditContext;
  readonly #element: ChunkElement;
  readonly #empty: Uint8Array;
  readonly #source: ArraySource;
  #array: ArrayEditor | undefined;

  private constructor(
    edit: EditContext,
    dataset: IndexedDataset,
    address: number | undefined,
    source: (array: NewArray) => ArraySource,
  ) {
    this.#edit = edit;
    this.#element = new ChunkElement(dataset);
    this.#empty = this.#encode(undefined);
    this.#source = source({ clientId: dataset.filtered ? 1 : 0, empty: this.#empty });
    this.#array = address === undefined ? undefined : this.#source.open(address);
  }

  /** @param address of the array's header; `undefined`: there is none yet */
  static fixed(edit: EditContext, dataset: IndexedDataset, address: number | undefined, pageBits: number) {
    const grid = new ChunkGrid(dataset);
    return new ArrayIndexEditor(edit, dataset, address, (array) => ({
      grid,
      open: (at) => FixedArrayEditor.open(edit, at, array, grid.size),
      create: () => FixedArrayEditor.create(edit, array, { pageBits, count: grid.size }),
      read: (at) => new FixedArrayIndex(dataset, at),
    }));
  }

  /** @param address of the array's header; `undefined`: there is none yet */
  static extensible(
    edit: EditContext,
    dataset: IndexedDataset,
    address: number | undefined,
    parameters: ExtensibleArrayParameters,
  ) {
    return new ArrayIndexEditor(edit, dataset, address, (array) => ({
      grid: new ChunkGrid(dataset, dataset.maxDims.indexOf(undefined)),
      open: (at) => ExtensibleArrayEditor.open(edit, at, array),
      create: () => ExtensibleArrayEditor.create(edit, array, parameters),
      read: (at) => new ExtensibleArrayIndex(dataset, at),
    }));
  }

  get address(): number | undefined {
    return this.#array?.address;
  }

  find(scaled: readonly number[]): ChunkRecord | undefined {
    const element = this.#array?.get(this.#source.grid.number(scaled));
    return element === undefined ? undefined : this.#element.decode(element, 0);
  }

  set(scaled: readonly number[], record: ChunkRecord): void {
    const number = this.#source.grid.number(scaled);
    this.#array ??= this.#source.create();
    this.#array.set(number, this.#encode(record));
  }

  remove(scaled: readonly number[]): void {
    if (this.find(scaled) !== undefined) this.#array?.set(this.#source.grid.number(scaled), this.#empty);
  }

  entries(): Iterable<IndexedChunk> {
    if (this.#array === undefined) return [];
    this.flush();
    return this.#source.read(this.#array.address).entries();
  }

  flush(): void {
    this.#array?.flush();
  }

  #encode(record: ChunkRecord | undefined): Uint8Array {
    const w = this.#edit.writer();
    this.#element.encode(w, record);
    return w.bytes;
  }
}
