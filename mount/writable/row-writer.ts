import type { Dataset } from "../../src/object/dataset.ts";
import { type ElementBytes, elementBytes } from "../../src/object/value-bytes.ts";
import type { FileTransaction } from "../../src/object/writable-file.ts";
import { writeSelection } from "../../src/object/write-dataset.ts";
import { writeElements } from "../../src/object/write-elements.ts";

/** Bytes of elements, and elements, that are written at a time. */
const BATCH = 2 ** 20;
const BATCH_ELEMENTS = 2 ** 16;

/** What rows are written to. */
export interface RowTarget {
  readonly dataset: Dataset;
  readonly dims: readonly number[];
  /** Bytes of a row's elements. */
  readonly rowSize: number;
  /** They lie here and there: each element is written by its number. */
  readonly isScattered: boolean;
}

/** Collects rows of a dataset, and writes many at a time. */
export class RowWriter {
  readonly #transaction: FileTransaction;
  readonly #target: RowTarget;
  readonly #most: number;
  #bytes: ElementBytes | undefined;
  #size = 0;
  #first = 0;
  #numbers: number[] = [];

  constructor(transaction: FileTransaction, target: RowTarget) {
    const { rowSize, isScattered, dataset } = target;
    this.#transaction = transaction;
    this.#target = target;
    const most = isScattered ? Math.min(BATCH, BATCH_ELEMENTS * dataset.elementSize) : BATCH;
    this.#most = Math.max(1, Math.floor(most / Math.max(1, rowSize))) * rowSize;
  }

  /** Where the rows' elements are collected. */
  get bytes(): ElementBytes {
    this.#bytes ??= elementBytes(new Uint8Array(this.#most));
    return this.#bytes;
  }

  /** A place in `bytes` for a row's elements, all zero, which follow those of the run's row before. @param first number of the first */
  room(first: number): number {
    const { dataset, rowSize, isScattered } = this.#target;
    if (this.#size === this.#most) this.#write();
    if (this.#size === 0) this.#first = first;
    if (isScattered) for (let i = 0; i < rowSize / dataset.elementSize; i++) this.#numbers.push(first + i);
    const at = this.#size;
    this.#size += rowSize;
    return at;
  }

  /** Rows' elements, which follow those of the run's row before. @param first number of the first @param elements are not written to any more */
  add(first: number, elements: Uint8Array): void {
    const { dataset, isScattered } = this.#target;
    if (!isScattered && this.#size === 0) {
      this.#writeRun(first, elements);
      return;
    }
    for (let at = 0; at < elements.length; ) {
      if (this.#size === this.#most) this.#write();
      const number = first + at / dataset.elementSize;
      if (this.#size === 0) this.#first = number;
      const part = elements.subarray(at, at + this.#most - this.#size);
      if (isScattered) for (let i = 0; i < part.length / dataset.elementSize; i++) this.#numbers.push(number + i);
      this.bytes.bytes.set(part, this.#size);
      this.#size += part.length;
      at += part.length;
    }
  }

  endRun(): void {
    if (!this.#target.isScattered) this.#write();
  }

  end(): void {
    this.#write();
  }

  #write(): void {
    if (this.#size === 0) return;
    const bytes = this.bytes.bytes.subarray(0, this.#size);
    const { dataset, isScattered } = this.#target;
    if (isScattered) {
      writeSelection(this.#transaction, dataset.address, { elements: Float64Array.from(this.#numbers) }, bytes);
    } else this.#writeRun(this.#first, bytes);
    // What was written may be kept until the transaction ends.
    this.#bytes = undefined;
    this.#numbers = [];
    this.#size = 0;
  }

  /** Elements that follow each other. */
  #writeRun(first: number, bytes: Uint8Array): void {
    const { dataset, dims } = this.#target;
    const { address, elementSize } = dataset;
    writeElements(this.#transaction, address, { dims, elementSize }, first, bytes);
  }
}
