import type { FixedArrayHeader } from "./fixed-array-header.ts";
import type { Reader, Sizes } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** Data block (Specification III.C.3, "Fixed Array Data Block"), up to its first page where it has pages. */
export type FixedArrayDataBlock =
  | { readonly paged: false; readonly elements: Uint8Array }
  /** A bit for each page, the highest of a byte first: whether it was ever set. */
  | { readonly paged: true; readonly pageBitmap: Uint8Array };

/** Pages of the data block; 0: its elements are in no pages. */
export function fixedArrayPages({ maxEntries, pageBits }: FixedArrayHeader): number {
  return maxEntries > 2 ** pageBits ? Math.ceil(maxEntries / 2 ** pageBits) : 0;
}

/** Bytes of a data block before its elements, or before its first page. */
export function fixedArrayPrefixSize(header: FixedArrayHeader, sizes: Sizes): number {
  const pages = fixedArrayPages(header);
  return 4 + 1 + 1 + sizes.sizeOfOffsets + (pages === 0 ? 0 : Math.ceil(pages / 8) + 4);
}

/** Bytes of a data block, its pages included. */
export function fixedArrayDataBlockSize(header: FixedArrayHeader, sizes: Sizes): number {
  const elements = header.maxEntries * header.entrySize;
  return fixedArrayPrefixSize(header, sizes) + elements + 4 * Math.max(1, fixedArrayPages(header));
}

/** Where in the data block a page begins, and the bytes of its elements; a checksum follows them. */
export function fixedArrayPage(
  header: FixedArrayHeader,
  page: number,
  sizes: Sizes,
): { readonly at: number; readonly bytes: number } {
  const entries = 2 ** header.pageBits;
  return {
    at: fixedArrayPrefixSize(header, sizes) + page * (entries * header.entrySize + 4),
    bytes: Math.min(entries, header.maxEntries - page * entries) * header.entrySize,
  };
}

/** @param headerAddress of the array's header, which the block must name */
export function decodeFixedArrayDataBlock(
  r: Reader,
  header: FixedArrayHeader,
  headerAddress: number,
): FixedArrayDataBlock {
  r.signature("FADB");
  r.version(0);
  const clientId = r.u8();
  if (clientId !== header.clientId) r.fail(`client id is ${clientId}, expected ${header.clientId}`);
  const owner = r.definedOffset("the header's address");
  if (owner !== headerAddress) {
    r.fail(`belongs to the array at 0x${owner.toString(16)}, expected 0x${headerAddress.toString(16)}`);
  }
  const pages = fixedArrayPages(header);
  const block: FixedArrayDataBlock =
    pages === 0
      ? { paged: false, elements: r.take(header.maxEntries * header.entrySize) }
      : { paged: true, pageBitmap: r.take(Math.ceil(pages / 8)) };
  r.checksum();
  return block;
}

export function encodeFixedArrayDataBlock(
  w: Writer,
  header: FixedArrayHeader,
  headerAddress: number,
  block: FixedArrayDataBlock,
): void {
  const start = w.position;
  w.signature("FADB");
  w.u8(0);
  w.u8(header.clientId);
  w.offset(headerAddress);
  w.put(block.paged ? block.pageBitmap : block.elements);
  w.checksum(start);
}
