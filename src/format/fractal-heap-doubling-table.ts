import type { FractalHeapHeader } from "./fractal-heap-header.ts";
import { floorLog2 } from "./log2.ts";

/**
 * The geometry of a fractal heap's doubling table (Specification III.G): rows of `width` blocks each; the blocks of
 * rows 0 and 1 have the starting size, those of each further row twice the size of the row before. Blocks larger than
 * the largest direct block are indirect blocks, which have a table of the same kind inside.
 */
export class DoublingTable {
  readonly width: number;
  /** Rows from this on hold indirect blocks. */
  readonly directRows: number;
  /** Rows that the heap's address space has room for. */
  readonly maxRows: number;
  /** Bytes of a block's "Block Offset", and of an offset in a heap id. */
  readonly offsetWidth: number;
  /** Bytes of a length in a heap id. */
  readonly lengthWidth: number;
  readonly #startingBlockSize: number;
  readonly #firstRowBits: number;
  readonly #blockSizes: readonly number[];

  constructor(header: FractalHeapHeader) {
    const startBits = floorLog2(header.startingBlockSize);
    this.width = header.tableWidth;
    this.#startingBlockSize = header.startingBlockSize;
    this.#firstRowBits = startBits + floorLog2(header.tableWidth);
    this.directRows = floorLog2(header.maxDirectBlockSize) - startBits + 2;
    this.maxRows = header.offsetBits - this.#firstRowBits + 1;
    this.#blockSizes = Array.from(
      { length: this.maxRows },
      (_, row) => this.#startingBlockSize * 2 ** Math.max(0, row - 1),
    );
    this.offsetWidth = Math.ceil(header.offsetBits / 8);
    this.lengthWidth = Math.min(
      Math.ceil(floorLog2(header.maxDirectBlockSize) / 8),
      Math.floor(floorLog2(Math.max(1, header.maxManagedObjectSize)) / 8) + 1,
    );
  }

  /** Bytes of each block of a row. */
  blockSize(row: number): number {
    return this.#blockSizes[row] ?? this.#startingBlockSize * 2 ** Math.max(0, row - 1);
  }

  /** The offset of a row's first block in the table. */
  rowOffset(row: number): number {
    return row === 0 ? 0 : this.width * this.blockSize(row);
  }

  /** The row that an offset in the table lies in. */
  rowOf(offset: number): number {
    return offset < this.rowOffset(1) ? 0 : floorLog2(offset) - this.#firstRowBits + 1;
  }

  /** Rows of an indirect block that spans `size` bytes. */
  rowsInBlock(size: number): number {
    return floorLog2(size) - this.#firstRowBits + 1;
  }

  /** The first row whose blocks have that size, a power of two times the starting size. */
  rowOfSize(size: number): number {
    return size === this.#startingBlockSize ? 0 : floorLog2(size / this.#startingBlockSize) + 1;
  }

  /** Bytes for objects in a block of a row, or in all direct blocks below it. @param prefix bytes of a direct block before its objects */
  capacity(row: number, prefix: number): number {
    const size = this.blockSize(row);
    return row < this.directRows ? size - prefix : this.capacityOfRows(this.rowsInBlock(size), prefix);
  }

  /** Bytes for objects below an indirect block of `rows` rows. */
  capacityOfRows(rows: number, prefix: number): number {
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += this.width * this.capacity(row, prefix);
    return sum;
  }
}
