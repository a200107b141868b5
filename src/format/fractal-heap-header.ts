import { UnsupportedError } from "../errors.ts";
import { floorLog2, isPowerOfTwo } from "./log2.ts";
import type { Reader, Sizes } from "./reader.ts";

/** Fractal heap header (Specification III.G, "Fractal Heap"): where the blocks are and how their sizes double. */
export interface FractalHeapHeader {
  readonly address: number;
  readonly heapIdLength: number;
  /** Flags bit 1. */
  readonly checksummedDirectBlocks: boolean;
  readonly maxManagedObjectSize: number;
  /** Of huge objects that are accessed indirectly (or of all, to count them). */
  readonly hugeObjectsBTreeAddress: number | undefined;
  readonly managedObjects: number;
  readonly hugeObjects: number;
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
  r.skip(r.sizes.sizeOfLengths); // Next Huge Object ID
  const hugeObjectsBTreeAddress = r.offset();
  r.skip(r.sizes.sizeOfLengths); // Amount of Free Space in Managed Blocks
  r.skip(r.sizes.sizeOfOffsets); // Address of Managed Block Free Space Manager
  r.skip(r.sizes.sizeOfLengths); // Amount of Managed Space in Heap
  r.skip(r.sizes.sizeOfLengths); // Amount of Allocated Managed Space in Heap
  r.skip(r.sizes.sizeOfLengths); // Offset of Direct Block Allocation Iterator
  const managedObjects = r.length();
  r.skip(r.sizes.sizeOfLengths); // Size of Huge Objects
  const hugeObjects = r.length();
  r.skip(r.sizes.sizeOfLengths); // Size of Tiny Objects
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
    maxManagedObjectSize,
    hugeObjectsBTreeAddress,
    managedObjects,
    hugeObjects,
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
