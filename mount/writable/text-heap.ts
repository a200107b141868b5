import type { Dataset } from "../../src/object/dataset.ts";
import type { HeapWriter } from "../../src/object/value-encode.ts";
import { type HeapResolver, heapOf } from "../../src/object/value-heap.ts";

/** A heap in memory for the values of one row, by which it is seen how a view would show them before they are in the file. */
export class TextHeap implements HeapWriter {
  readonly #dataset: Dataset;
  #values: Uint8Array[] = [];

  constructor(dataset: Dataset) {
    this.#dataset = dataset;
  }

  get sizeOfOffsets(): number {
    return this.#dataset.file.context.sizeOfOffsets;
  }

  insert(bytes: Uint8Array): { readonly collection: number; readonly index: number } {
    return { collection: 0, index: this.#values.push(bytes.slice()) };
  }

  address(path: string): number {
    return this.#dataset.file.resolve(path).address;
  }

  /** The values are not asked for any more. */
  clear(): void {
    this.#values = [];
  }

  readonly resolver: HeapResolver = {
    // Specification IV.B, "Variable-length".
    vlen: (stored) =>
      this.#values[new DataView(stored.buffer, stored.byteOffset).getUint32(4 + this.sizeOfOffsets, true) - 1],
    path: (stored, type) => heapOf(this.#dataset.file).path(stored, type),
  };
}
