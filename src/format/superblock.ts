import { FormatError, H5Error, UnsupportedError } from "../errors.ts";
import { AddressSpace } from "../storage/address-space.ts";
import type { Snapshot } from "../storage/storage.ts";
import { FormatContext } from "./context.ts";
import { type DriverInfo, readDriverInfoBlock } from "./driver-info.ts";
import { type Extent, metadata } from "./extent.ts";
import { Reader, type Sizes } from "./reader.ts";
import {
  decodeSymbolTableEntry,
  encodeSymbolTableEntry,
  type SymbolTableEntry,
  symbolTableEntrySize,
} from "./symbol-table-entry.ts";
import type { Writer } from "./writer.ts";

const STRUCTURE = "superblock";
const SIGNATURE = "\x89HDF\r\n\x1a\n";

/** "File Consistency Flags" of superblock version 3. */
const WRITE_ACCESS = 0x01;
const SWMR_WRITE_ACCESS = 0x04;

/** Superblock (Specification II.A, "Disk Format: Level 0A"), all versions: where the file's structures begin and how wide they are. */
export interface Superblock {
  readonly version: 0 | 1 | 2 | 3;
  readonly sizeOfOffsets: number;
  readonly sizeOfLengths: number;
  readonly consistencyFlags: number;
  /** Offset of the signature in the file: the length of the user block. All addresses are relative to it. */
  readonly baseAddress: number;
  /** The base address as stored: another where a user block was put before the file, or taken away. */
  readonly storedBaseAddress: number;
  /** End of allocation as stored, relative to the base address. */
  readonly endOfFile: number;
  /** Address of the root group's object header. */
  readonly rootAddress: number;
  /** Versions 2 and 3. */
  readonly extensionAddress: number | undefined;
  /** Versions 0 and 1. */
  readonly driverInfoAddress: number | undefined;
  /** Versions 0 and 1: "Address of File Free space Info", which no library uses. */
  readonly freeSpaceInfoAddress: number | undefined;
  /** Versions 0 and 1. */
  readonly rootEntry: SymbolTableEntry | undefined;
  /** Half the number of entries of a symbol table node ("Group Leaf Node K"). Versions 2 and 3 have it in the extension, or the default. */
  readonly groupLeafNodeK: number;
  readonly groupInternalNodeK: number;
  readonly indexedStorageInternalNodeK: number;
}

/** The B-tree K values where neither superblock nor its extension has them. */
export const DEFAULT_K = { groupLeafNodeK: 4, groupInternalNodeK: 16, indexedStorageInternalNodeK: 32 };

/**
 * Finds the superblock at byte 0, 512, 1024, 2048... and reads it.
 * @throws FormatError where there is none, or it is damaged, or the file is shorter than its end of allocation
 */
export function readSuperblock(snapshot: Snapshot, name: string): Superblock {
  const superblock = readSuperblockAlone(snapshot, name);
  const allocated = superblock.endOfFile + superblock.baseAddress;
  if (allocated <= snapshot.size) return superblock;
  throw new FormatError(
    `${name}: truncated file: it has ${snapshot.size} bytes, but its superblock says that ${allocated} are allocated`,
    { address: 0 },
  );
}

/** The same of a file that may be shorter than its end of allocation. */
export function readSuperblockAlone(snapshot: Snapshot, name: string): Superblock {
  const base = findSuperblock(snapshot);
  if (base === undefined) throw new H5Error("not-hdf5", `${name}: not an HDF5 file: it has no superblock signature`);
  const space = new AddressSpace(snapshot, base);
  const sizes = peekSizes(space);
  const prefix = Math.min(space.end, 256);
  const r = new Reader(space.read(0, prefix, STRUCTURE), 0, STRUCTURE, sizes);
  // First, for what is one of several files may have addresses that no single file has.
  const driverInfoAddress = peekDriverInfoAddress(r);
  if (driverInfoAddress !== undefined) {
    checkDriver(readDriverInfoBlock(new FormatContext(space, sizes), driverInfoAddress), name);
  }
  return decodeSuperblock(r, base);
}

/** @throws UnsupportedError where a program has the file open for writing, or died so (libhdf5 refuses it, too) */
export function checkConsistencyFlags(superblock: Superblock, name: string): void {
  if (superblock.version < 3 || (superblock.consistencyFlags & (WRITE_ACCESS | SWMR_WRITE_ACCESS)) === 0) return;
  throw new UnsupportedError(
    `${name}: its superblock is marked as open for writing (consistency flags 0x${superblock.consistencyFlags.toString(16)}): ` +
      "a program has it open, or died while it had; `h5clear -s` clears the mark",
    { structure: STRUCTURE, address: 0 },
  );
}

const DRIVERS_OF_SEVERAL_FILES = new Map<string, SeveralFilesDriver>([
  ["NCSAfami", "family"],
  ["NCSAmult", "split or multi"],
  ["Subfilin", "subfiling"],
]);

/** libhdf5's drivers that spread one HDF5 file over several. */
export type SeveralFilesDriver = "family" | "split or multi" | "subfiling";

/** A file that is only one of several that are one HDF5 file together. */
export class SeveralFilesError extends UnsupportedError {
  readonly driver: SeveralFilesDriver;

  constructor(name: string, driver: SeveralFilesDriver) {
    super(`${name}: is one of several files that are one HDF5 file together (${driver} driver)`, {
      structure: "driver info",
    });
    this.driver = driver;
  }
}

/** @throws SeveralFilesError */
export function checkDriver({ driver }: DriverInfo, name: string): void {
  const kind = DRIVERS_OF_SEVERAL_FILES.get(driver);
  if (kind !== undefined) throw new SeveralFilesError(name, kind);
}

/** Where in the file the superblock's signature is; `undefined`: nowhere. */
export function findSuperblock(snapshot: Pick<Snapshot, "size" | "read">): number | undefined {
  for (let at = 0; at + SIGNATURE.length <= snapshot.size; at = at === 0 ? 512 : at * 2) {
    const bytes = snapshot.read(at, SIGNATURE.length);
    if (bytes.every((byte, i) => byte === SIGNATURE.charCodeAt(i))) return at;
  }
  return undefined;
}

function peekSizes(space: AddressSpace): { sizeOfOffsets: number; sizeOfLengths: number } {
  const r = new Reader(space.read(8, 1, STRUCTURE), 0, STRUCTURE, { sizeOfOffsets: 8, sizeOfLengths: 8 });
  const at = r.version(0, 1, 2, 3) < 2 ? 13 : 9;
  const [sizeOfOffsets = 0, sizeOfLengths = 0] = space.read(at, 2, STRUCTURE);
  if (![2, 4, 8, 16, 32].includes(sizeOfOffsets))
    r.fail(`size of offsets is ${sizeOfOffsets}, expected 2, 4, 8, 16 or 32`);
  if (![2, 4, 8, 16, 32].includes(sizeOfLengths))
    r.fail(`size of lengths is ${sizeOfLengths}, expected 2, 4, 8, 16 or 32`);
  if (sizeOfLengths > 8) {
    // libhdf5 2.0 makes such files, but does not write a single length into them: what is in their place means nothing.
    throw new UnsupportedError(`size of lengths is ${sizeOfLengths}: lengths of more than 8 bytes are not read`, {
      structure: STRUCTURE,
      address: 0,
    });
  }
  return { sizeOfOffsets, sizeOfLengths };
}

/** Versions 0 and 1: the last of the four addresses before the root group's symbol table entry. */
function peekDriverInfoAddress(r: Reader): number | undefined {
  r.position = SIGNATURE.length;
  const version = r.version(0, 1, 2, 3);
  if (version > 1) return undefined;
  r.position = (version === 0 ? 24 : 28) + 3 * r.sizes.sizeOfOffsets;
  return r.offset();
}

/** Bytes of a superblock. */
export function superblockSize(version: Superblock["version"], sizes: Sizes): number {
  if (version >= 2) return 12 + 4 * sizes.sizeOfOffsets + 4;
  return (version === 0 ? 24 : 28) + 4 * sizes.sizeOfOffsets + symbolTableEntrySize(sizes);
}

export function extentOfSuperblock(superblock: Superblock): Extent {
  return metadata(STRUCTURE, 0, superblockSize(superblock.version, superblock), 0);
}

/** @param base where in the file its signature is */
export function decodeSuperblock(r: Reader, base: number): Superblock {
  r.position = SIGNATURE.length;
  const version = r.version(0, 1, 2, 3);
  return version === 0 || version === 1
    ? decodeVersion01(r, version, base)
    : decodeVersion23(r, version === 2 ? 2 : 3, base);
}

function decodeVersion01(r: Reader, version: 0 | 1, base: number): Superblock {
  r.version(0); // free-space storage
  r.version(0); // root group symbol table entry
  r.skip(1);
  r.version(0); // shared header message format
  r.skip(3); // sizes, read before; reserved
  const groupLeafNodeK = r.u16();
  const groupInternalNodeK = r.u16();
  const consistencyFlags = r.u32();
  let indexedStorageInternalNodeK = DEFAULT_K.indexedStorageInternalNodeK;
  if (version === 1) {
    indexedStorageInternalNodeK = r.u16();
    r.skip(2);
  }
  if (groupLeafNodeK === 0 || groupInternalNodeK === 0 || indexedStorageInternalNodeK === 0)
    r.fail("a B-tree K value is 0");
  const storedBase = r.definedOffset("base address");
  const freeSpaceInfoAddress = r.offset();
  const storedEnd = r.definedOffset("end of file address");
  const driverInfoAddress = r.offset();
  if (r.remaining < symbolTableEntrySize(r.sizes)) r.fail("ends within the root group's symbol table entry");
  const root = decodeSymbolTableEntry(r);
  return {
    version,
    ...r.sizes,
    consistencyFlags,
    baseAddress: base,
    storedBaseAddress: storedBase,
    endOfFile: storedEnd - storedBase,
    rootAddress: root.objectHeaderAddress ?? r.fail("the root group's address is undefined"),
    extensionAddress: undefined,
    driverInfoAddress,
    freeSpaceInfoAddress,
    rootEntry: root,
    groupLeafNodeK,
    groupInternalNodeK,
    indexedStorageInternalNodeK,
  };
}

function decodeVersion23(r: Reader, version: 2 | 3, base: number): Superblock {
  r.skip(2);
  const consistencyFlags = r.u8();
  const storedBase = r.definedOffset("base address");
  const extensionAddress = r.offset();
  const storedEnd = r.definedOffset("end of file address");
  const rootAddress = r.definedOffset("root group's address");
  r.checksum();
  return {
    version,
    ...r.sizes,
    consistencyFlags,
    baseAddress: base,
    storedBaseAddress: storedBase,
    // The stored end counts from the start of the file; a user block may have been put before the file, or taken away.
    endOfFile: storedEnd - storedBase,
    rootAddress,
    extensionAddress,
    driverInfoAddress: undefined,
    freeSpaceInfoAddress: undefined,
    rootEntry: undefined,
    ...DEFAULT_K,
  };
}

export function encodeSuperblock(w: Writer, superblock: Superblock): void {
  const start = w.position;
  w.signature(SIGNATURE);
  w.u8(superblock.version);
  if (superblock.version < 2) {
    encodeVersion01(w, superblock);
  } else {
    encodeVersion23(w, superblock);
    w.checksum(start);
  }
}

function encodeVersion01(w: Writer, superblock: Superblock): void {
  const { rootEntry, storedBaseAddress } = superblock;
  if (rootEntry === undefined) throw new TypeError("a superblock of version 0 or 1 has the root group's entry");
  w.zeros(4); // versions of free-space storage and root entry, reserved, version of shared header messages
  w.u8(superblock.sizeOfOffsets);
  w.u8(superblock.sizeOfLengths);
  w.zeros(1);
  w.u16(superblock.groupLeafNodeK);
  w.u16(superblock.groupInternalNodeK);
  w.u32(superblock.consistencyFlags);
  if (superblock.version === 1) {
    w.u16(superblock.indexedStorageInternalNodeK);
    w.zeros(2);
  }
  w.offset(storedBaseAddress);
  w.offset(superblock.freeSpaceInfoAddress);
  w.offset(superblock.endOfFile + storedBaseAddress);
  w.offset(superblock.driverInfoAddress);
  encodeSymbolTableEntry(w, rootEntry);
}

function encodeVersion23(w: Writer, superblock: Superblock): void {
  const { storedBaseAddress } = superblock;
  w.u8(superblock.sizeOfOffsets);
  w.u8(superblock.sizeOfLengths);
  w.u8(superblock.consistencyFlags);
  w.offset(storedBaseAddress);
  w.offset(superblock.extensionAddress);
  w.offset(superblock.endOfFile + storedBaseAddress);
  w.offset(superblock.rootAddress);
}
