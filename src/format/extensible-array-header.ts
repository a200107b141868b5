import { floorLog2, isPowerOfTwo } from "./log2.ts";
import type { Reader, Sizes } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** Extensible array header (Specification III.C.4, "Extensible Array Index", "Extensible Array Header"). */
export interface ExtensibleArrayHeader {
  /** 0: chunks without filters; 1: chunks with filters. */
  readonly clientId: number;
  readonly elementSize: number;
  /** Bits of the number of elements that the array can have. */
  readonly maxElementsBits: number;
  readonly indexBlockElements: number;
  readonly dataBlockMinElements: number;
  readonly superBlockMinDataPointers: number;
  /** 2 to the power of this is the number of elements in a page of a data block. (1 byte: the text has it wider.) */
  readonly pageBits: number;
  readonly superBlocksCreated: number;
  /** Bytes. */
  readonly sizeOfSuperBlocks: number;
  readonly dataBlocksCreated: number;
  /** Bytes. */
  readonly sizeOfDataBlocks: number;
  /** One more than the largest index that was ever set. */
  readonly maxIndexSet: number;
  readonly elementsRealized: number;
  /** `undefined`: no element was ever set. */
  readonly indexBlockAddress: number | undefined;
}

export function extensibleArrayHeaderSize(sizes: Sizes): number {
  return 4 + 1 + 1 + 6 + 6 * sizes.sizeOfLengths + sizes.sizeOfOffsets + 4;
}

export function decodeExtensibleArrayHeader(r: Reader): ExtensibleArrayHeader {
  r.signature("EAHD");
  r.version(0);
  const clientId = r.u8();
  const elementSize = r.u8();
  const maxElementsBits = r.u8();
  const indexBlockElements = r.u8();
  const dataBlockMinElements = r.u8();
  const superBlockMinDataPointers = r.u8();
  const pageBits = r.u8();
  const superBlocksCreated = r.length();
  const sizeOfSuperBlocks = r.length();
  const dataBlocksCreated = r.length();
  const sizeOfDataBlocks = r.length();
  const maxIndexSet = r.length();
  const elementsRealized = r.length();
  const indexBlockAddress = r.offset();
  r.checksum();
  if (elementSize === 0) r.fail("element size is 0");
  if (!isPowerOfTwo(dataBlockMinElements)) {
    r.fail(`minimum elements of a data block are ${dataBlockMinElements}, expected a power of two`);
  }
  if (!isPowerOfTwo(superBlockMinDataPointers) || superBlockMinDataPointers < 2) {
    r.fail(`minimum data block pointers of a secondary block are ${superBlockMinDataPointers}, expected 2, 4, 8...`);
  }
  const superBlocks = 1 + maxElementsBits - floorLog2(dataBlockMinElements);
  if (maxElementsBits > 64 || superBlocks < 2 * floorLog2(superBlockMinDataPointers)) {
    r.fail(`2^${maxElementsBits} elements are not divided into blocks from ${dataBlockMinElements} elements on`);
  }
  // The library pages only the data blocks of secondary blocks: those of the index block must be no larger than a page.
  const largestInIndexBlock = dataBlockMinElements * superBlockMinDataPointers;
  if (pageBits > 52 || 2 ** pageBits < largestInIndexBlock) {
    r.fail(`pages of 2^${pageBits} elements, expected ${largestInIndexBlock} or more`);
  }
  return {
    clientId,
    elementSize,
    maxElementsBits,
    indexBlockElements,
    dataBlockMinElements,
    superBlockMinDataPointers,
    pageBits,
    superBlocksCreated,
    sizeOfSuperBlocks,
    dataBlocksCreated,
    sizeOfDataBlocks,
    maxIndexSet,
    elementsRealized,
    indexBlockAddress,
  };
}

export function encodeExtensibleArrayHeader(w: Writer, header: ExtensibleArrayHeader): void {
  const start = w.position;
  w.signature("EAHD");
  w.u8(0);
  w.u8(header.clientId);
  w.u8(header.elementSize);
  w.u8(header.maxElementsBits);
  w.u8(header.indexBlockElements);
  w.u8(header.dataBlockMinElements);
  w.u8(header.superBlockMinDataPointers);
  w.u8(header.pageBits);
  w.length(header.superBlocksCreated);
  w.length(header.sizeOfSuperBlocks);
  w.length(header.dataBlocksCreated);
  w.length(header.sizeOfDataBlocks);
  w.length(header.maxIndexSet);
  w.length(header.elementsRealized);
  w.offset(header.indexBlockAddress);
  w.checksum(start);
}

/** How the array is divided into blocks. */
export interface ExtensibleArrayGeometry {
  /** Super blocks from this on exist in the file; the index block points to the data blocks of those before. */
  readonly firstSuperBlock: number;
  readonly superBlocks: number;
  /** Data blocks that the index block points to. */
  readonly directDataBlocks: number;
  /** Bytes of a block's "Block Offset". */
  readonly offsetWidth: number;
}

export function extensibleArrayGeometry(header: ExtensibleArrayHeader): ExtensibleArrayGeometry {
  return {
    firstSuperBlock: 2 * floorLog2(header.superBlockMinDataPointers),
    superBlocks: 1 + header.maxElementsBits - floorLog2(header.dataBlockMinElements),
    directDataBlocks: 2 * (header.superBlockMinDataPointers - 1),
    offsetWidth: Math.ceil(header.maxElementsBits / 8),
  };
}

/** How one super block's share of the elements is divided (III.C.4; the first super blocks exist only in the index block). */
export interface SuperBlockGeometry {
  /** The first element, not counting those in the index block. */
  readonly start: number;
  /** The number of its first data block among all data blocks. */
  readonly startDataBlock: number;
  readonly dataBlocks: number;
  /** Elements of each data block. */
  readonly dataBlockElements: number;
}

/** Super blocks are counted from 0. */
export function superBlockGeometry(header: ExtensibleArrayHeader, superBlock: number): SuperBlockGeometry {
  const half = Math.floor(superBlock / 2);
  return {
    start: header.dataBlockMinElements * (2 ** superBlock - 1),
    startDataBlock: 2 * (2 ** half - 1) + (superBlock % 2) * 2 ** half,
    dataBlocks: 2 ** half,
    dataBlockElements: header.dataBlockMinElements * 2 ** Math.floor((superBlock + 1) / 2),
  };
}
