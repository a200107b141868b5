import { type ElementBytes, elementBytes } from "../object/value-bytes.ts";

/** Consecutive elements, as they are stored, in C order. */
export interface ParsedElements {
  readonly first: number;
  readonly count: number;
  readonly bytes: Uint8Array;
}

/** Bytes of elements that are handed over at a time, about. */
const BATCH_SIZE = 1 << 18;

/** Collects the elements of a text's rows, until there are enough of them to be handed over. */
export class ParsedRows {
  readonly #elementsPerRow: number;
  readonly #rowSize: number;
  readonly #perBatch: number;
  /** Where the next row's elements are written to, from `at` on; all bytes there are zero. */
  out: ElementBytes;
  /** Rows that were added. */
  count = 0;
  #inBatch = 0;

  /** @param rowSize bytes of the elements of a row */
  constructor(elementsPerRow: number, rowSize: number) {
    this.#elementsPerRow = elementsPerRow;
    this.#rowSize = rowSize;
    this.#perBatch = Math.max(1, Math.floor(BATCH_SIZE / Math.max(1, rowSize)));
    this.out = this.#fresh();
  }

  get at(): number {
    return this.#inBatch * this.#rowSize;
  }

  /** After a row was written. */
  add(): void {
    this.count++;
    this.#inBatch++;
  }

  /** Before a row is written: those before it, if there are enough. */
  *whenFull(): Generator<ParsedElements> {
    if (this.#inBatch < this.#perBatch) return;
    yield* this.rest();
    this.out = this.#fresh();
    this.#inBatch = 0;
  }

  /** What is left at the end. */
  *rest(): Generator<ParsedElements> {
    if (this.#inBatch === 0) return;
    const first = (this.count - this.#inBatch) * this.#elementsPerRow;
    yield { first, count: this.#inBatch * this.#elementsPerRow, bytes: this.out.bytes.subarray(0, this.at) };
  }

  #fresh(): ElementBytes {
    return elementBytes(new Uint8Array(this.#perBatch * this.#rowSize));
  }
}
