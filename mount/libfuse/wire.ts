import type { Timestamp } from "../../src/tree/posix-metadata.ts";
import type { Attributes, FilesystemStatistics } from "../filesystem.ts";

/** `struct stat` and `struct statvfs` as fuse-native takes them (populate_stat, populate_statvfs): 32-bit numbers. */
const STAT_LENGTH = 18;
const U32 = 2 ** 32;

/** What is answered along with an error. */
export const NO_STAT: Uint32Array = new Uint32Array(STAT_LENGTH);
export const NO_STATVFS: Uint32Array = new Uint32Array(11);

export function encodeStat(attributes: Attributes, ino: number): Uint32Array {
  const { size, blocks } = attributes;
  const atime = milliseconds(attributes.atime);
  const mtime = milliseconds(attributes.mtime);
  const ctime = milliseconds(attributes.ctime);
  return Uint32Array.of(
    attributes.mode,
    attributes.uid,
    attributes.gid,
    size,
    size / U32,
    0, // dev
    attributes.nlink,
    ino,
    attributes.rdev,
    attributes.blksize,
    blocks,
    blocks / U32,
    atime,
    atime / U32,
    mtime,
    mtime / U32,
    ctime,
    ctime / U32,
  );
}

/** What READDIR tells of an entry: its type (DT_*) and its number. */
export function encodeEntry(type: number, ino: number): Uint32Array {
  const out = new Uint32Array(STAT_LENGTH);
  out[0] = type << 12;
  out[7] = ino;
  return out;
}

/** Counts of blocks that need more than 32 bits are told in larger blocks. */
export function encodeStatvfs(statistics: FilesystemStatistics): Uint32Array {
  const { blocks, bfree, bavail, files, ffree, bsize, namelen, frsize } = statistics;
  let unit = 1;
  while (blocks / unit >= U32) unit *= 2;
  const count = (n: number): number => Math.ceil(n / unit);
  return Uint32Array.of(
    bsize * unit,
    frsize * unit,
    count(blocks),
    count(bfree),
    count(bavail),
    files,
    ffree,
    ffree, // favail
    0, // fsid
    0, // flag
    namelen,
  );
}

/** Unsigned: times before 1970 cannot be told. */
function milliseconds({ seconds, nanoseconds }: Timestamp): number {
  return Math.max(0, seconds * 1000 + Math.floor(nanoseconds / 1e6));
}
