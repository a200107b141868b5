import type { FormatContext } from "./context.ts";
import { type Extent, metadata } from "./extent.ts";
import { widthOfCount } from "./log2.ts";
import type { Reader, Sizes } from "./reader.ts";
import type { Writer } from "./writer.ts";

const STRUCTURE = "free-space manager";
const LIST = "free-space section list";

/** Free-space manager header (Specification III.H, "Free-space Manager"). */
export interface FreeSpaceManager {
  /** 0: a fractal heap; 1: the file. */
  readonly clientId: number;
  /** Bytes. */
  readonly totalSpace: number;
  readonly sections: number;
  /** Those in the section list; the others follow from them. */
  readonly serializedSections: number;
  readonly ghostSections: number;
  readonly sectionClasses: number;
  readonly shrinkPercent: number;
  readonly expandPercent: number;
  /** Bits of an offset. */
  readonly addressBits: number;
  /** No section is larger. */
  readonly maxSectionSize: number | bigint;
  /** `undefined`: no section is stored. */
  readonly listAddress: number | undefined;
  /** Bytes. */
  readonly listUsed: number;
  readonly listAllocated: number;
}

export function freeSpaceManagerSize(sizes: Sizes): number {
  return (
    4 + 1 + 1 + 4 * sizes.sizeOfLengths + 8 + sizes.sizeOfLengths + sizes.sizeOfOffsets + 2 * sizes.sizeOfLengths + 4
  );
}

export function decodeFreeSpaceManager(r: Reader): FreeSpaceManager {
  r.signature("FSHD");
  r.version(0);
  const clientId = r.u8();
  const totalSpace = r.length();
  const sections = r.length();
  const serializedSections = r.length();
  const ghostSections = r.length();
  const sectionClasses = r.u16();
  const shrinkPercent = r.u16();
  const expandPercent = r.u16();
  const addressBits = r.u16();
  const maxSectionSize = bigLength(r);
  const listAddress = r.offset();
  const listUsed = r.length();
  const listAllocated = r.length();
  r.checksum();
  if (listUsed > listAllocated) r.fail(`uses ${listUsed} bytes of a section list of ${listAllocated}`);
  if (addressBits > 64) r.fail(`addresses have ${addressBits} bits, expected at most 64`);
  return {
    clientId,
    totalSpace,
    sections,
    serializedSections,
    ghostSections,
    sectionClasses,
    shrinkPercent,
    expandPercent,
    addressBits,
    maxSectionSize,
    listAddress,
    listUsed,
    listAllocated,
  };
}

/** The file's own manager bounds sections by the largest signed number, which is above 2^53. */
function bigLength(r: Reader): number | bigint {
  let value = 0n;
  for (const byte of r.take(r.sizes.sizeOfLengths).toReversed()) value = value * 256n + BigInt(byte);
  return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

function putBigLength(w: Writer, value: number | bigint): void {
  const { sizeOfLengths } = w.sizes;
  if (typeof value === "number") w.length(value);
  else w.put(Uint8Array.from({ length: sizeOfLengths }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn)));
}

export function encodeFreeSpaceManager(w: Writer, manager: FreeSpaceManager): void {
  const start = w.position;
  w.signature("FSHD");
  w.u8(0);
  w.u8(manager.clientId);
  w.length(manager.totalSpace);
  w.length(manager.sections);
  w.length(manager.serializedSections);
  w.length(manager.ghostSections);
  w.u16(manager.sectionClasses);
  w.u16(manager.shrinkPercent);
  w.u16(manager.expandPercent);
  w.u16(manager.addressBits);
  putBigLength(w, manager.maxSectionSize);
  w.offset(manager.listAddress);
  w.length(manager.listUsed);
  w.length(manager.listAllocated);
  w.checksum(start);
}

/** What a manager occupies. @param owner the address of the heap, or of the superblock */
export function extentsOfFreeSpaceManager(context: FormatContext, address: number, owner: number): Extent[] {
  const size = freeSpaceManagerSize(context);
  const { listAddress, listAllocated } = decodeFreeSpaceManager(context.reader(address, size, STRUCTURE));
  const header = metadata(STRUCTURE, address, size, owner);
  if (listAddress === undefined) return [header];
  return [header, metadata(LIST, listAddress, listAllocated, owner)];
}

/** A run of free bytes. */
export interface FreeSection {
  readonly offset: number;
  /** Bytes; of a row of a heap's blocks, those of one of them. */
  readonly size: number;
  /** Of a heap: 0 in a direct block, 1 rows of blocks that are not there yet. Of a file: 0 to 2, simple, small, large. */
  readonly type: number;
  /** What else a heap says of rows of blocks (III.H, "Indirect Section Data Record"); [] for other types. */
  readonly data: Uint8Array;
}

/** Type 1 of a heap's sections. */
const HEAP_ROWS = 1;

/** Bytes of a section list. @param sections those of one size one after another */
export function freeSectionListSize(
  manager: Pick<FreeSpaceManager, "clientId" | "serializedSections" | "addressBits" | "maxSectionSize">,
  sections: readonly FreeSection[],
  sizes: Sizes,
): number {
  const widths = listWidths(manager);
  let bytes = 4 + 1 + sizes.sizeOfOffsets + 4;
  for (const [i, { size, type }] of sections.entries()) {
    if (i === 0 || size !== sections[i - 1]?.size) bytes += widths.count + widths.size;
    bytes += widths.offset + 1 + dataSize(manager, type, widths);
  }
  return bytes;
}

/** How wide the fields of a section list are. */
export interface ListWidths {
  readonly count: number;
  readonly size: number;
  readonly offset: number;
}

export function listWidths(
  manager: Pick<FreeSpaceManager, "serializedSections" | "addressBits" | "maxSectionSize">,
): ListWidths {
  return {
    count: widthOfCount(Math.max(1, manager.serializedSections)),
    size: widthOfCount(manager.maxSectionSize),
    offset: Math.ceil(manager.addressBits / 8),
  };
}

/** Bytes of a section's data: the heap offset of the indirect block, then its first row, first column and entries. */
function dataSize(manager: Pick<FreeSpaceManager, "clientId">, type: number, { offset }: ListWidths): number {
  return manager.clientId === 0 && type === HEAP_ROWS ? offset + 2 + 2 + 2 : 0;
}

/**
 * Free-space section list (III.H, "Free-space Section List"), its first `listUsed` bytes. Sections of one size are stored together.
 * @param managerAddress of the manager's header, which the list must name
 */
export function decodeFreeSections(r: Reader, manager: FreeSpaceManager, managerAddress: number): FreeSection[] {
  const widths = listWidths(manager);
  r.signature("FSSE");
  r.version(0);
  const owner = r.definedOffset("the manager's address");
  if (owner !== managerAddress) {
    r.fail(`belongs to the manager at 0x${owner.toString(16)}, expected 0x${managerAddress.toString(16)}`);
  }
  const sections: FreeSection[] = [];
  // libhdf5 may leave room between the last section and the checksum.
  while (r.remaining > 4 && sections.length < manager.serializedSections) {
    const count = r.uint(widths.count);
    if (count === 0) {
      // libhdf5 may have reserved more than it needed, where the list's own place was one of its sections.
      if (r.take(r.remaining - 4).some((byte) => byte !== 0)) r.fail("has an entry for no sections");
      break;
    }
    const size = r.uint(widths.size);
    for (let i = 0; i < count; i++) {
      const offset = r.uint(widths.offset);
      const type = r.u8();
      sections.push({ offset, size, type, data: r.take(dataSize(manager, type, widths)) });
    }
  }
  r.skip(Math.max(0, r.remaining - 4));
  r.checksum();
  if (sections.length !== manager.serializedSections) {
    r.fail(`has ${sections.length} sections, expected ${manager.serializedSections}`);
  }
  return sections;
}

/** @param sections those of one size one after another */
export function encodeFreeSections(
  w: Writer,
  manager: FreeSpaceManager,
  managerAddress: number,
  sections: readonly FreeSection[],
): void {
  const start = w.position;
  encodeSectionListHead(w, managerAddress);
  encodeSectionGroups(w, listWidths(manager), sections, 0);
  w.checksum(start);
}

export function encodeSectionListHead(w: Writer, managerAddress: number): void {
  w.signature("FSSE");
  w.u8(0);
  w.offset(managerAddress);
}

/**
 * Writes sections from number `first` on, which has another size than the one before it.
 * @param starts gets, by the number of the first section of each group, where it begins
 */
export function encodeSectionGroups(
  w: Writer,
  widths: ListWidths,
  sections: readonly FreeSection[],
  first: number,
  starts: number[] = [],
): void {
  for (let i = first; i < sections.length; ) {
    const size = sections[i]?.size ?? 0;
    let end = i;
    while (end < sections.length && sections[end]?.size === size) end++;
    starts[i] = w.position;
    w.uint(end - i, widths.count);
    w.uint(size, widths.size);
    for (; i < end; i++) {
      const { offset = 0, type = 0, data } = sections[i] ?? {};
      w.uint(offset, widths.offset);
      w.u8(type);
      if (data !== undefined) w.put(data);
    }
  }
}

/** A manager and its sections, as they are in the file. @throws FormatError */
export function readFreeSections(
  context: FormatContext,
  address: number,
): { readonly manager: FreeSpaceManager; readonly sections: readonly FreeSection[] } {
  const manager = decodeFreeSpaceManager(context.reader(address, freeSpaceManagerSize(context), STRUCTURE));
  const { listAddress, listUsed } = manager;
  if (listAddress === undefined) return { manager, sections: [] };
  return { manager, sections: decodeFreeSections(context.reader(listAddress, listUsed, LIST), manager, address) };
}
