import { crc32 } from "node:zlib";
import type { Extent } from "./free-extents.ts";

/** Bytes that were written into the file: their CRC-32, or `undefined` where a part of them was written again. */
export interface WrittenExtent extends Extent {
  readonly checksum: number | undefined;
}

interface Direct extends Extent {
  written: WrittenExtent[];
  /** The end of what is written. */
  end: number;
}

/** The large raw data that one transaction has allocated: no other state has them, so they are written into the file at once. */
export class DirectExtents {
  /** By start. */
  readonly #extents = new Map<number, Direct>();

  add(offset: number, length: number): void {
    this.#extents.set(offset, { offset, length, written: [], end: offset });
  }

  /** What was written before the transaction. */
  adopt(extent: WrittenExtent): void {
    const { offset, length } = extent;
    this.#extents.set(offset, { offset, length, written: [extent], end: offset + length });
  }

  contains(offset: number, length: number): boolean {
    return this.#around(offset, length) !== undefined;
  }

  /** @param bytes what was written at `offset`, inside one extent */
  wrote(offset: number, bytes: Uint8Array): void {
    const extent = this.#around(offset, bytes.length);
    if (extent === undefined) throw new TypeError(`byte ${offset} lies in no extent of this transaction`);
    const end = offset + bytes.length;
    const overlaps = ({ offset: from, length }: Extent): boolean => from < end && offset < from + length;
    const again = offset < extent.end ? extent.written.filter(overlaps) : [];
    extent.end = Math.max(extent.end, end);
    if (again.length === 0) {
      extent.written.push({ offset, length: bytes.length, checksum: crc32(bytes) });
      return;
    }
    const from = Math.min(offset, ...again.map((piece) => piece.offset));
    const to = Math.max(end, ...again.map((piece) => piece.offset + piece.length));
    extent.written = extent.written.filter((piece) => !overlaps(piece));
    extent.written.push({ offset: from, length: to - from, checksum: undefined });
  }

  *written(): Generator<WrittenExtent> {
    for (const extent of this.#extents.values()) yield* extent.written;
  }

  #around(offset: number, length: number): Direct | undefined {
    const fits = (extent: Direct): boolean =>
      extent.offset <= offset && offset + length <= extent.offset + extent.length;
    const exact = this.#extents.get(offset);
    if (exact !== undefined && fits(exact)) return exact;
    for (const extent of this.#extents.values()) if (fits(extent)) return extent;
    return undefined;
  }
}
