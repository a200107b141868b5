import { arrayBlockHeadSize, decodeArrayBlockHead, encodeArrayBlockHead } from "./array-block.ts";
import {
  type ExtensibleArrayHeader,
  extensibleArrayGeometry,
  type SuperBlockGeometry,
} from "./extensible-array-header.ts";
import type { Reader, Sizes } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** An array of that header, which is at that address. */
export interface ExtensibleArrayPlace {
  readonly header: ExtensibleArrayHeader;
  readonly address: number;
}

/** Index block (Specification III.C.4, "Extensible Array Index Block"). */
export interface ExtensibleArrayIndexBlock {
  /** The first elements, one after another. */
  readonly elements: Uint8Array;
  /** Of the first super blocks, which have no block of their own. */
  readonly dataBlockAddresses: readonly (number | undefined)[];
  readonly superBlockAddresses: readonly (number | undefined)[];
}

/** Secondary ("super") block (III.C.4, "Extensible Array Secondary Block"). */
export interface ExtensibleArraySuperBlock {
  /** The first element of its data blocks, not counting those in the index block. */
  readonly offset: number;
  /** A bit for each page of each data block, the highest of a byte first; [] where they have no pages. */
  readonly pageBitmap: Uint8Array;
  readonly dataBlockAddresses: readonly (number | undefined)[];
}

/** Data block (III.C.4, "Extensible Array Data Block"). */
export interface ExtensibleArrayDataBlock {
  /** The first element, not counting those in the index block. */
  readonly offset: number;
  /** One after another; `undefined`: they are in pages, which follow. */
  readonly elements: Uint8Array | undefined;
}

/** Pages of each data block of a super block; 0: its elements are in no pages. */
export function pagesOfDataBlock(header: ExtensibleArrayHeader, dataBlockElements: number): number {
  const pageElements = 2 ** header.pageBits;
  return dataBlockElements > pageElements ? dataBlockElements / pageElements : 0;
}

export function extensibleArrayIndexBlockSize(header: ExtensibleArrayHeader, sizes: Sizes): number {
  const { directDataBlocks, superBlocks, firstSuperBlock } = extensibleArrayGeometry(header);
  const pointers = directDataBlocks + superBlocks - firstSuperBlock;
  return (
    arrayBlockHeadSize(sizes) + header.indexBlockElements * header.elementSize + pointers * sizes.sizeOfOffsets + 4
  );
}

/** Bytes of a secondary block's page bitmap. */
export function pageBitmapSize(header: ExtensibleArrayHeader, geometry: SuperBlockGeometry): number {
  return geometry.dataBlocks * Math.ceil(pagesOfDataBlock(header, geometry.dataBlockElements) / 8);
}

export function extensibleArraySuperBlockSize(
  header: ExtensibleArrayHeader,
  geometry: SuperBlockGeometry,
  sizes: Sizes,
): number {
  const { offsetWidth } = extensibleArrayGeometry(header);
  const pointers = geometry.dataBlocks * sizes.sizeOfOffsets;
  return arrayBlockHeadSize(sizes) + offsetWidth + pageBitmapSize(header, geometry) + pointers + 4;
}

/** Bytes of a data block before its first page, checksum included. */
export function dataBlockPrefixSize(header: ExtensibleArrayHeader, sizes: Sizes): number {
  return arrayBlockHeadSize(sizes) + extensibleArrayGeometry(header).offsetWidth + 4;
}

/** Bytes of a data block, its pages included. */
export function extensibleArrayDataBlockSize(
  header: ExtensibleArrayHeader,
  dataBlockElements: number,
  sizes: Sizes,
): number {
  const pages = pagesOfDataBlock(header, dataBlockElements);
  return dataBlockPrefixSize(header, sizes) + dataBlockElements * header.elementSize + 4 * pages;
}

/** Bytes of a page, checksum included. */
export function dataBlockPageSize(header: ExtensibleArrayHeader): number {
  return 2 ** header.pageBits * header.elementSize + 4;
}

export function decodeExtensibleArrayIndexBlock(r: Reader, array: ExtensibleArrayPlace): ExtensibleArrayIndexBlock {
  const { header } = array;
  const { directDataBlocks, superBlocks, firstSuperBlock } = extensibleArrayGeometry(header);
  decodeArrayBlockHead(r, "EAIB", array);
  const elements = r.take(header.indexBlockElements * header.elementSize);
  const dataBlockAddresses = offsets(r, directDataBlocks);
  const superBlockAddresses = offsets(r, superBlocks - firstSuperBlock);
  r.checksum();
  return { elements, dataBlockAddresses, superBlockAddresses };
}

export function encodeExtensibleArrayIndexBlock(
  w: Writer,
  array: ExtensibleArrayPlace,
  block: ExtensibleArrayIndexBlock,
): void {
  const start = w.position;
  encodeArrayBlockHead(w, "EAIB", array);
  w.put(block.elements);
  for (const address of block.dataBlockAddresses) w.offset(address);
  for (const address of block.superBlockAddresses) w.offset(address);
  w.checksum(start);
}

export function decodeExtensibleArraySuperBlock(
  r: Reader,
  array: ExtensibleArrayPlace,
  geometry: SuperBlockGeometry,
): ExtensibleArraySuperBlock {
  decodeArrayBlockHead(r, "EASB", array);
  const offset = r.uint(extensibleArrayGeometry(array.header).offsetWidth);
  const pageBitmap = r.take(pageBitmapSize(array.header, geometry));
  const dataBlockAddresses = offsets(r, geometry.dataBlocks);
  r.checksum();
  return { offset, pageBitmap, dataBlockAddresses };
}

export function encodeExtensibleArraySuperBlock(
  w: Writer,
  array: ExtensibleArrayPlace,
  block: ExtensibleArraySuperBlock,
): void {
  const start = w.position;
  encodeArrayBlockHead(w, "EASB", array);
  w.uint(block.offset, extensibleArrayGeometry(array.header).offsetWidth);
  w.put(block.pageBitmap);
  for (const address of block.dataBlockAddresses) w.offset(address);
  w.checksum(start);
}

/** Reads a data block up to its first page, where it has any. */
export function decodeExtensibleArrayDataBlock(
  r: Reader,
  array: ExtensibleArrayPlace,
  dataBlockElements: number,
): ExtensibleArrayDataBlock {
  const { header } = array;
  decodeArrayBlockHead(r, "EADB", array);
  const offset = r.uint(extensibleArrayGeometry(header).offsetWidth);
  const paged = pagesOfDataBlock(header, dataBlockElements) > 0;
  const elements = paged ? undefined : r.take(dataBlockElements * header.elementSize);
  r.checksum();
  return { offset, elements };
}

export function encodeExtensibleArrayDataBlock(
  w: Writer,
  array: ExtensibleArrayPlace,
  block: ExtensibleArrayDataBlock,
): void {
  const start = w.position;
  encodeArrayBlockHead(w, "EADB", array);
  w.uint(block.offset, extensibleArrayGeometry(array.header).offsetWidth);
  if (block.elements !== undefined) w.put(block.elements);
  w.checksum(start);
}

function offsets(r: Reader, count: number): (number | undefined)[] {
  return Array.from({ length: count }, () => r.offset());
}
