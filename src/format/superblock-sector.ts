import { FormatError, H5Error } from "../errors.ts";
import type { DiskFile } from "../storage/journal/disk.ts";
import type { Mark, SuperblockSector } from "../storage/journal/superblock-sector.ts";
import { putUint } from "../storage/little-endian.ts";
import { lookup3 } from "./lookup3.ts";
import { findSuperblock } from "./superblock.ts";

const VERSION_AT = 8;

/** Where the checksum ends at the latest: addresses have 32 bytes at most. */
const END_LENGTH = 12 + 4 * 32 + 4;

/** The version byte's upper half, by mark: no version has it, so libhdf5 refuses the file. */
const MARK_BITS: Record<Mark, number> = { unmarked: 0, pending: 0xe0, checkpointing: 0xf0 };

/**
 * The sector of a superblock (Specification II.A), for the journal: where it says that the file ends, and the mark in its
 * version byte (docs/writing.md, section 3).
 * @param offset where the superblock is in the file, in bytes
 */
export function superblockSector(offset: number): SuperblockSector {
  return {
    offset,
    markOf,
    withMark: (sector, mark) =>
      changed(sector, (copy) => {
        copy[VERSION_AT] = versionOf(sector) | MARK_BITS[mark];
      }),
    endLength: END_LENGTH,
    endOf(sector) {
      const { baseAt, endAt, size } = fieldsOf(sector);
      return uint(sector, endAt, size) - uint(sector, baseAt, size) + offset;
    },
    withEnd: (sector, end) =>
      changed(sector, (copy) => {
        const { baseAt, endAt, size } = fieldsOf(sector);
        putAddress(copy, endAt, size, end - offset + uint(sector, baseAt, size));
      }),
  };
}

/**
 * The sector of a file's superblock.
 * @throws H5Error where there is none
 */
export function findSuperblockSector(file: DiskFile): SuperblockSector {
  const read = (at: number, length: number): Uint8Array => {
    const bytes = new Uint8Array(length);
    file.read(bytes, at);
    return bytes;
  };
  const offset = findSuperblock({ size: file.size(), read });
  if (offset !== undefined) return superblockSector(offset);
  throw new H5Error("not-hdf5", `${file.name}: not an HDF5 file: it has no superblock signature`);
}

function markOf(sector: Uint8Array): Mark {
  const bits = (sector[VERSION_AT] ?? 0) & 0xf0;
  if (bits === MARK_BITS.pending) return "pending";
  if (bits === MARK_BITS.checkpointing) return "checkpointing";
  return "unmarked";
}

function versionOf(sector: Uint8Array): number {
  const version = sector[VERSION_AT] ?? 0;
  return markOf(sector) === "unmarked" ? version : version & 0x0f;
}

/** Where the base address, the end of file address and, from version 2 on, the checksum are. */
function fieldsOf(sector: Uint8Array): { baseAt: number; endAt: number; size: number; checksumAt: number | undefined } {
  const version = versionOf(sector);
  if (version > 3) {
    throw new FormatError(`version is ${sector[VERSION_AT]}, expected 0 to 3`, { structure: "superblock", address: 0 });
  }
  if (version < 2) {
    const size = sector[13] ?? 0;
    const baseAt = version === 0 ? 24 : 28;
    return { baseAt, endAt: baseAt + 2 * size, size, checksumAt: undefined };
  }
  const size = sector[9] ?? 0;
  return { baseAt: 12, endAt: 12 + 2 * size, size, checksumAt: 12 + 4 * size };
}

/** A copy with `change` made to it, and the checksum set right. */
function changed(sector: Uint8Array, change: (copy: Uint8Array) => void): Uint8Array {
  const copy = sector.slice();
  change(copy);
  const { checksumAt } = fieldsOf(copy);
  if (checksumAt !== undefined) {
    new DataView(copy.buffer).setUint32(checksumAt, lookup3(copy.subarray(0, checksumAt)), true);
  }
  return copy;
}

function uint(bytes: Uint8Array, at: number, size: number): number {
  let value = 0;
  for (let i = size - 1; i >= 0; i--) value = value * 256 + (bytes[at + i] ?? 0);
  return value;
}

function putAddress(bytes: Uint8Array, at: number, size: number, value: number): void {
  if (!putUint(bytes, at, size, value)) {
    throw new FormatError(`the file grows past what addresses of ${size} bytes reach`, {
      structure: "superblock",
      address: 0,
    });
  }
}
