import { crc32 } from "node:zlib";
import type { WrittenExtent } from "./direct-extents.ts";
import { PAGE_SIZE } from "./page-overlay.ts";
import type { TransactionSetup } from "./transaction.ts";

/**
 * Space for large raw data that are written into the file, in order, before the transaction that is to have them. Until that adopts it,
 * it is nobody's: it must be adopted, or dropped, before a checkpoint is made or free space is looked for.
 */
export class EarlyExtent {
  readonly offset: number;
  readonly length: number;
  readonly #work: TransactionSetup;
  #filled = 0;
  #checksum = 0;

  private constructor(work: TransactionSetup, offset: number, length: number) {
    this.#work = work;
    this.offset = offset;
    this.length = length;
  }

  /** @returns `undefined`: there is no place for so many bytes that they share with nothing */
  static reserve(work: TransactionSetup, length: number): EarlyExtent | undefined {
    const { allocator, overlay } = work;
    work.prepare();
    const offset = allocator.allocate(length, "raw");
    // No transaction takes it back.
    allocator.takeSteps();
    const extent = new EarlyExtent(work, offset, length);
    const isAlone = offset % PAGE_SIZE === 0 && length % PAGE_SIZE === 0 && !overlay.touches(offset, length);
    if (isAlone) return extent;
    extent.free();
    return undefined;
  }

  /** Bytes that it has. */
  get filled(): number {
    return this.#filled;
  }

  /** Adds bytes, for which there must be room. @throws H5Error: they are not in it */
  append(bytes: Uint8Array): void {
    const { length } = bytes;
    const at = this.offset + this.#filled;
    this.#work.writeThrough(bytes, at);
    this.#work.changed(at, length);
    this.#checksum = crc32(bytes, this.#checksum);
    this.#filled += length;
  }

  /** What the log is to say of it. */
  get written(): WrittenExtent {
    if (this.#filled !== this.length) throw new TypeError("an extent is not full");
    return { offset: this.offset, length: this.length, checksum: this.#checksum };
  }

  /** Its bytes are in the file no longer, for no transaction has adopted it. @returns them @throws H5Error, or the system's error, where they cannot be read */
  drop(): Uint8Array {
    try {
      return this.#work.read(this.offset, this.#filled);
    } finally {
      this.free();
    }
  }

  /** As `drop`, of bytes that nobody needs. */
  free(): void {
    this.#work.allocator.addFree(this.offset, this.length);
  }
}
