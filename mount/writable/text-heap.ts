import type { Dataset } from "../../src/object/dataset.ts";
import { referredObject } from "../../src/object/referred-object.ts";
import type { HeapWriter, ReferredObject } from "../../src/object/value-encode.ts";
import { type HeapResolver, heapBeside } from "../../src/object/value-heap.ts";

/** The only collection. */
const COLLECTION = 1;

/** A heap in memory for the values of one row, by which it is seen how a view would show them before they are in the file. */
export class TextHeap implements HeapWriter {
  readonly resolver: HeapResolver;
  readonly #dataset: Dataset;
  #values: Uint8Array[] = [];

  constructor(dataset: Dataset) {
    this.#dataset = dataset;
    this.resolver = heapBeside(dataset.file, (_, index) => {
      const value = this.#values[index - 1];
      if (value === undefined) throw new TypeError(`no value ${index} of ${this.#values.length}`);
      return value;
    });
  }

  get sizeOfOffsets(): number {
    return this.#dataset.file.context.sizeOfOffsets;
  }

  insert(bytes: Uint8Array): { readonly collection: number; readonly index: number } {
    return { collection: COLLECTION, index: this.#values.push(bytes.slice()) };
  }

  object(path: string): ReferredObject {
    return referredObject(this.#dataset.file, path);
  }

  /** The values are not asked for any more. */
  clear(): void {
    this.#values = [];
  }
}
