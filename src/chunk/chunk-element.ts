import { FormatError } from "../errors.ts";
import { floorLog2 } from "../format/log2.ts";
import type { Writer } from "../format/writer.ts";
import type { IndexedDataset } from "./chunk-grid.ts";
import type { ChunkRecord } from "./chunk-index.ts";
import { chunkSize } from "./geometry.ts";

/**
 * How an index stores where one chunk is: its address, and for datasets with filters its stored size and filter mask
 * (Specification, "Fixed Array Data Block", "Extensible Array Index Block", "Version 2 B-tree, Type 10, 11").
 */
export class ChunkElement {
  /** Bytes of an element of an array; a record of a B-tree begins with them. */
  readonly size: number;
  readonly #sizeOfOffsets: number;
  readonly #sizeWidth: number;
  readonly #unfilteredSize: number;

  constructor(dataset: IndexedDataset) {
    const { context, filtered, layoutVersion } = dataset;
    this.#sizeOfOffsets = context.sizeOfOffsets;
    this.#unfilteredSize = chunkSize(dataset);
    if (this.#unfilteredSize < 1 || this.#unfilteredSize > Number.MAX_SAFE_INTEGER) {
      throw new FormatError(`chunks have ${this.#unfilteredSize} bytes`, { structure: "chunked dataset" });
    }
    // Version 4 has one byte more than the size of a chunk without filters needs, version 5 the size of lengths.
    const narrow = Math.min(8, 1 + Math.floor((floorLog2(this.#unfilteredSize) + 8) / 8));
    this.#sizeWidth = !filtered ? 0 : layoutVersion > 4 ? context.sizeOfLengths : narrow;
    this.size = this.#sizeOfOffsets + (filtered ? this.#sizeWidth + 4 : 0);
  }

  /** The element at `at`; `undefined` where its address is: the chunk was never written. */
  decode(bytes: Uint8Array, at: number): ChunkRecord | undefined {
    const sizeAt = at + this.#sizeOfOffsets;
    if (allOnes(bytes, at, sizeAt)) return undefined;
    const address = littleEndian(bytes, at, sizeAt);
    if (this.#sizeWidth === 0) return { address, storedSize: this.#unfilteredSize, filterMask: 0 };
    const maskAt = sizeAt + this.#sizeWidth;
    return {
      address,
      storedSize: littleEndian(bytes, sizeAt, maskAt),
      filterMask: littleEndian(bytes, maskAt, maskAt + 4),
    };
  }

  /** Writes an element; `undefined`: a chunk that was never written. */
  encode(w: Writer, chunk: ChunkRecord | undefined): void {
    w.offset(chunk?.address);
    if (this.#sizeWidth === 0) return;
    w.uint(chunk?.storedSize ?? 0, this.#sizeWidth);
    w.u32(chunk?.filterMask ?? 0);
  }
}

function allOnes(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i] !== 0xff) return false;
  return true;
}

/** Values above 2^53 - 1 come out inexact, and lie past the end of any file. */
function littleEndian(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  for (let i = to - 1; i >= from; i--) value = value * 256 + (bytes[i] ?? 0);
  return value;
}
