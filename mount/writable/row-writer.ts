import type { Dataset } from "../../src/object/dataset.ts";
import type { FileTransaction } from "../../src/object/writable-file.ts";
import { writeSelection } from "../../src/object/write-dataset.ts";
import { writeElements } from "./write-elements.ts";

/** Bytes of elements, and elements, that are written at a time. */
const BATCH = 2 ** 20;
const BATCH_ELEMENTS = 2 ** 16;

/** Collects rows of a dataset, and writes many at a time. */
export class RowWriter {
  readonly #transaction: FileTransaction;
  readonly #dataset: Dataset;
  readonly #dims: readonly number[];
  readonly #isScattered: boolean;
  #parts: Uint8Array[] = [];
  #size = 0;
  #first = 0;
  #numbers: number[] = [];

  constructor(transaction: FileTransaction, dataset: Dataset, dims: readonly number[], isScattered: boolean) {
    this.#transaction = transaction;
    this.#dataset = dataset;
    this.#dims = dims;
    this.#isScattered = isScattered;
  }

  /** Memory for a row's elements, all zero, which follow those of the run's row before. @param first number of the first */
  room(first: number, size: number): Uint8Array {
    if (this.#size >= BATCH || this.#numbers.length >= BATCH_ELEMENTS) this.#write();
    if (this.#size === 0) this.#first = first;
    const part = new Uint8Array(size);
    this.#parts.push(part);
    this.#size += size;
    if (this.#isScattered) {
      for (let i = 0; i < size / this.#dataset.elementSize; i++) this.#numbers.push(first + i);
    }
    return part;
  }

  endRun(): void {
    if (!this.#isScattered) this.#write();
  }

  end(): void {
    this.#write();
  }

  #write(): void {
    if (this.#size === 0) return;
    const bytes = Buffer.concat(this.#parts);
    const { address, elementSize } = this.#dataset;
    if (this.#isScattered) {
      writeSelection(this.#transaction, address, { elements: Float64Array.from(this.#numbers) }, bytes);
    } else {
      writeElements(this.#transaction, address, { dims: this.#dims, elementSize }, this.#first, bytes);
    }
    this.#parts = [];
    this.#numbers = [];
    this.#size = 0;
  }
}
