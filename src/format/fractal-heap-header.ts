import { UnsupportedError } from "../errors.ts";
import { floorLog2, isPowerOfTwo } from "./log2.ts";
import type { Reader, Sizes } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** Fractal heap header (Specification III.G, "Fractal Heap"): where the blocks are and how their sizes double. */
export interface FractalHeapHeader {
  readonly address: number;
  readonly heapIdLength: number;
  /** Flags bit 1. */
  readonly checksummedDirectBlocks: boolean;
  /** Flags bit 0: huge objects' ids have wrapped around. */
  readonly hugeIdsWrapped: boolean;
  readonly maxManagedObjectSize: number;
  readonly nextHugeObjectId: number;
  /** Of huge objects that are accessed indirectly (or of all, to count them). */
  readonly hugeObjectsBTreeAddress: number | undefined;
  /** Bytes. */
  readonly freeSpaceInManagedBlocks: number;
  readonly freeSpaceManagerAddress: number | undefined;
  /** Bytes of the heap's address space that have blocks, and of those that are in the file. */
  readonly managedSpace: number;
  readonly allocatedManagedSpace: number;
  /** Where in the heap's address space the next direct block will be. */
  readonly iteratorOffset: number;
  readonly managedObjects: number;
  /** Bytes. */
  readonly sizeOfHugeObjects: number;
  readonly hugeObjects: number;
  /** Bytes. */
  readonly sizeOfTinyObjects: number;
  readonly tinyObjects: number;
  readonly tableWidth: number;
  readonly startingBlockSize: number;
  readonly maxDirectBlockSize: number;
  /** Bits of an offset in the heap's address space ("Maximum Heap Size"). */
  readonly offsetBits: number;
  readonly startingRowsInRootIndirectBlock: number;
  readonly rootBlockAddress: number | undefined;
  /** 0: the root block is a direct block. */
  readonly rowsInRootIndirectBlock: number;
}

/** The header of a heap that is being changed. */
export type EditedHeapHeader = { -readonly [K in keyof FractalHeapHeader]: FractalHeapHeader[K] };

/** Bytes of the header of a heap without filters. */
export function fractalHeapHeaderSize(sizes: Sizes): number {
  return 4 + 1 + 2 + 2 + 1 + 4 + 3 * sizes.sizeOfOffsets + 12 * sizes.sizeOfLengths + 2 + 2 + 2 + 2 + 4;
}

export function decodeFractalHeapHeader(r: Reader): FractalHeapHeader {
  r.signature("FRHP");
  r.version(0);
  const heapIdLength = r.u16();
  const filterLength = r.u16();
  if (filterLength !== 0) {
    throw new UnsupportedError("a fractal heap with a filter pipeline is not supported", {
      structure: r.structure,
      address: r.address,
    });
  }
  const flags = r.u8();
  const maxManagedObjectSize = r.u32();
  const nextHugeObjectId = r.length();
  const hugeObjectsBTreeAddress = r.offset();
  const freeSpaceInManagedBlocks = r.length();
  const freeSpaceManagerAddress = r.offset();
  const managedSpace = r.length();
  const allocatedManagedSpace = r.length();
  const iteratorOffset = r.length();
  const managedObjects = r.length();
  const sizeOfHugeObjects = r.length();
  const hugeObjects = r.length();
  const sizeOfTinyObjects = r.length();
  const tinyObjects = r.length();
  const tableWidth = r.u16();
  const startingBlockSize = r.length();
  const maxDirectBlockSize = r.length();
  const offsetBits = r.u16();
  const startingRowsInRootIndirectBlock = r.u16();
  const rootBlockAddress = r.offset();
  const rowsInRootIndirectBlock = r.u16();
  r.checksum();
  if (heapIdLength < 1) r.fail("heap id length is 0");
  for (const [name, value] of [
    ["table width", tableWidth],
    ["starting block size", startingBlockSize],
    ["maximum direct block size", maxDirectBlockSize],
  ] as const) {
    if (!isPowerOfTwo(value)) r.fail(`${name} is ${value}, expected a power of two`);
  }
  if (maxDirectBlockSize < startingBlockSize) {
    r.fail(`maximum direct block size ${maxDirectBlockSize} is below the starting block size ${startingBlockSize}`);
  }
  if (offsetBits > 64 || offsetBits < floorLog2(startingBlockSize) + floorLog2(tableWidth)) {
    r.fail(`maximum heap size is 2^${offsetBits}, which does not fit blocks from ${startingBlockSize} bytes on`);
  }
  return {
    address: r.address,
    heapIdLength,
    checksummedDirectBlocks: (flags & 2) !== 0,
    hugeIdsWrapped: (flags & 1) !== 0,
    maxManagedObjectSize,
    nextHugeObjectId,
    hugeObjectsBTreeAddress,
    freeSpaceInManagedBlocks,
    freeSpaceManagerAddress,
    managedSpace,
    allocatedManagedSpace,
    iteratorOffset,
    managedObjects,
    sizeOfHugeObjects,
    hugeObjects,
    sizeOfTinyObjects,
    tinyObjects,
    tableWidth,
    startingBlockSize,
    maxDirectBlockSize,
    offsetBits,
    startingRowsInRootIndirectBlock,
    rootBlockAddress,
    rowsInRootIndirectBlock,
  };
}

export function encodeFractalHeapHeader(w: Writer, header: FractalHeapHeader): void {
  const start = w.position;
  w.signature("FRHP");
  w.u8(0);
  w.u16(header.heapIdLength);
  w.u16(0); // size of the filters
  w.u8((header.hugeIdsWrapped ? 1 : 0) | (header.checksummedDirectBlocks ? 2 : 0));
  w.u32(header.maxManagedObjectSize);
  w.length(header.nextHugeObjectId);
  w.offset(header.hugeObjectsBTreeAddress);
  w.length(header.freeSpaceInManagedBlocks);
  w.offset(header.freeSpaceManagerAddress);
  w.length(header.managedSpace);
  w.length(header.allocatedManagedSpace);
  w.length(header.iteratorOffset);
  w.length(header.managedObjects);
  w.length(header.sizeOfHugeObjects);
  w.length(header.hugeObjects);
  w.length(header.sizeOfTinyObjects);
  w.length(header.tinyObjects);
  w.u16(header.tableWidth);
  w.length(header.startingBlockSize);
  w.length(header.maxDirectBlockSize);
  w.u16(header.offsetBits);
  w.u16(header.startingRowsInRootIndirectBlock);
  w.offset(header.rootBlockAddress);
  w.u16(header.rowsInRootIndirectBlock);
  w.checksum(start);
}
