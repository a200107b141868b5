import { arrayBlockHeadSize, decodeArrayBlockHead, encodeArrayBlockHead } from "./array-block.ts";
import type { FixedArrayHeader } from "./fixed-array-header.ts";
import type { Reader, Sizes } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** The signature of a data block. */
export const FIXED_ARRAY_BLOCK = "FADB";

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
  return arrayBlockHeadSize(sizes) + (pages === 0 ? 0 : Math.ceil(pages / 8) + 4);
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
  decodeArrayBlockHead(r, FIXED_ARRAY_BLOCK, { header, address: headerAddress });
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
  encodeArrayBlockHead(w, FIXED_ARRAY_BLOCK, { header, address: headerAddress });
  w.put(block.paged ? block.pageBitmap : block.elements);
  w.checksum(start);
}
