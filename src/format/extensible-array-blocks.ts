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

function headSize(sizes: Sizes): number {
  return 4 + 1 + 1 + sizes.sizeOfOffsets;
}

/** Pages of each data block of a super block; 0: its elements are in no pages. */
export function pagesOfDataBlock(header: ExtensibleArrayHeader, dataBlockElements: number): number {
  const pageElements = 2 ** header.pageBits;
  return dataBlockElements > pageElements ? dataBlockElements / pageElements : 0;
}

export function extensibleArrayIndexBlockSize(header: ExtensibleArrayHeader, sizes: Sizes): number {
  const { directDataBlocks, superBlocks, firstSuperBlock } = extensibleArrayGeometry(header);
  const pointers = directDataBlocks + superBlocks - firstSuperBlock;
  return headSize(sizes) + header.indexBlockElements * header.elementSize + pointers * sizes.sizeOfOffsets + 4;
}

function bitmapSize(header: ExtensibleArrayHeader, geometry: SuperBlockGeometry): number {
  return geometry.dataBlocks * Math.ceil(pagesOfDataBlock(header, geometry.dataBlockElements) / 8);
}

export function extensibleArraySuperBlockSize(
  header: ExtensibleArrayHeader,
  geometry: SuperBlockGeometry,
  sizes: Sizes,
): number {
  const { offsetWidth } = extensibleArrayGeometry(header);
  const pointers = geometry.dataBlocks * sizes.sizeOfOffsets;
  return headSize(sizes) + offsetWidth + bitmapSize(header, geometry) + pointers + 4;
}

/** Bytes of a data block before its first page, checksum included. */
export function dataBlockPrefixSize(header: ExtensibleArrayHeader, sizes: Sizes): number {
  return headSize(sizes) + extensibleArrayGeometry(header).offsetWidth + 4;
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
  decodeHead(r, "EAIB", array);
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
  encodeHead(w, "EAIB", array);
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
  decodeHead(r, "EASB", array);
  const offset = r.uint(extensibleArrayGeometry(array.header).offsetWidth);
  const pageBitmap = r.take(bitmapSize(array.header, geometry));
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
  encodeHead(w, "EASB", array);
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
  decodeHead(r, "EADB", array);
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
  encodeHead(w, "EADB", array);
  w.uint(block.offset, extensibleArrayGeometry(array.header).offsetWidth);
  if (block.elements !== undefined) w.put(block.elements);
  w.checksum(start);
}

/** A page of a data block of either kind of array: elements, of `bytes` bytes in all, and their checksum. */
export function decodeArrayPage(r: Reader, bytes: number): Uint8Array {
  const start = r.position;
  const elements = r.take(bytes);
  r.checksum(start);
  return elements;
}

export function encodeArrayPage(w: Writer, elements: Uint8Array): void {
  const start = w.position;
  w.put(elements);
  w.checksum(start);
}

function offsets(r: Reader, count: number): (number | undefined)[] {
  return Array.from({ length: count }, () => r.offset());
}

function decodeHead(r: Reader, signature: string, { header, address }: ExtensibleArrayPlace): void {
  r.signature(signature);
  r.version(0);
  const clientId = r.u8();
  if (clientId !== header.clientId) r.fail(`client id is ${clientId}, expected ${header.clientId}`);
  const owner = r.definedOffset("the header's address");
  if (owner !== address) r.fail(`belongs to the array at 0x${owner.toString(16)}, expected 0x${address.toString(16)}`);
}

function encodeHead(w: Writer, signature: string, { header, address }: ExtensibleArrayPlace): void {
  w.signature(signature);
  w.u8(0);
  w.u8(header.clientId);
  w.offset(address);
}
