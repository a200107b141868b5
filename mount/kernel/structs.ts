import { putI64, putU64 } from "../../src/storage/little-endian.ts";
import type { Timestamp } from "../../src/tree/posix-metadata.ts";
import { Errno, ErrnoError } from "../errno.ts";
import type { Attributes, AttributesReply, Entry, FilesystemStatistics, OpenReply } from "../filesystem.ts";

/**
 * The structures of replies, at their offsets in linux/fuse.h. Each function writes one at `at` and returns the offset
 * after it. Integers are little-endian: Node.js runs on no other machine that has FUSE.
 */

export const IN_HEADER_SIZE = 40;
export const OUT_HEADER_SIZE = 16;
export const ENTRY_SIZE = 128;
const NANOSECONDS = 1e9;

/** `struct fuse_out_header` */
export function putOutHeader(view: DataView, length: number, errno: number, unique: number): number {
  view.setUint32(0, length, true);
  view.setInt32(4, -errno, true);
  putU64(view, 8, unique);
  return OUT_HEADER_SIZE;
}

/** `struct fuse_attr` */
export function putAttributes(view: DataView, at: number, a: Attributes): number {
  putU64(view, at, a.ino);
  putU64(view, at + 8, a.size);
  putU64(view, at + 16, a.blocks);
  putI64(view, at + 24, a.atime.seconds);
  putI64(view, at + 32, a.mtime.seconds);
  putI64(view, at + 40, a.ctime.seconds);
  view.setUint32(at + 48, a.atime.nanoseconds, true);
  view.setUint32(at + 52, a.mtime.nanoseconds, true);
  view.setUint32(at + 56, a.ctime.nanoseconds, true);
  view.setUint32(at + 60, a.mode, true);
  view.setUint32(at + 64, a.nlink, true);
  view.setUint32(at + 68, a.uid, true);
  view.setUint32(at + 72, a.gid, true);
  view.setUint32(at + 76, a.rdev, true);
  view.setUint32(at + 80, a.blksize, true);
  view.setUint32(at + 84, 0, true); // flags
  return at + 88;
}

/** `struct fuse_entry_out` */
export function putEntry(view: DataView, at: number, entry: Entry): number {
  putU64(view, at, entry.nodeid);
  putU64(view, at + 8, entry.generation);
  putValidity(view, at + 16, at + 32, entry.entryValid);
  putValidity(view, at + 24, at + 36, entry.attributesValid);
  return putAttributes(view, at + 40, entry.attributes);
}

/** `struct fuse_attr_out` */
export function putAttributesReply(view: DataView, at: number, reply: AttributesReply): number {
  putValidity(view, at, at + 8, reply.valid);
  view.setUint32(at + 12, 0, true);
  return putAttributes(view, at + 16, reply.attributes);
}

/** `struct fuse_statx_out`: STATX_BASIC_STATS, which is all that there is to tell. */
export function putStatxReply(view: DataView, at: number, reply: AttributesReply): number {
  const STATX_BASIC_STATS = 0x7ff;
  const a = reply.attributes;
  const statx = at + 32;
  new Uint8Array(view.buffer, view.byteOffset + at, 288).fill(0);
  putValidity(view, at, at + 8, reply.valid);
  view.setUint32(statx, STATX_BASIC_STATS, true);
  view.setUint32(statx + 4, a.blksize, true);
  view.setUint32(statx + 16, a.nlink, true);
  view.setUint32(statx + 20, a.uid, true);
  view.setUint32(statx + 24, a.gid, true);
  view.setUint16(statx + 28, a.mode, true);
  putU64(view, statx + 32, a.ino);
  putU64(view, statx + 40, a.size);
  putU64(view, statx + 48, a.blocks);
  putStatxTime(view, statx + 64, a.atime);
  putStatxTime(view, statx + 96, a.ctime);
  putStatxTime(view, statx + 112, a.mtime);
  // The kernel's encoding, taken apart (linux/kdev_t.h, new_decode_dev).
  view.setUint32(statx + 128, (a.rdev >>> 8) & 0xfff, true);
  view.setUint32(statx + 132, (a.rdev & 0xff) | ((a.rdev >>> 12) & 0xfff00), true);
  return at + 288;
}

/** `struct fuse_kstatfs` */
export function putStatistics(view: DataView, at: number, s: FilesystemStatistics): number {
  putU64(view, at, s.blocks);
  putU64(view, at + 8, s.bfree);
  putU64(view, at + 16, s.bavail);
  putU64(view, at + 24, s.files);
  putU64(view, at + 32, s.ffree);
  view.setUint32(at + 40, s.bsize, true);
  view.setUint32(at + 44, s.namelen, true);
  view.setUint32(at + 48, s.frsize, true);
  new Uint8Array(view.buffer, view.byteOffset + at + 52, 28).fill(0);
  return at + 80;
}

/** `struct fuse_dirent`, its name padded to a multiple of 8. */
export function putDirent(
  view: DataView,
  at: number,
  dirent: { readonly ino: number; readonly offset: number; readonly type: number; readonly name: Uint8Array },
): number {
  const end = at + direntSize(dirent.name.length);
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  putU64(view, at, dirent.ino);
  putU64(view, at + 8, dirent.offset);
  view.setUint32(at + 16, dirent.name.length, true);
  view.setUint32(at + 20, dirent.type, true);
  bytes.set(dirent.name, at + 24);
  bytes.fill(0, at + 24 + dirent.name.length, end);
  return end;
}

export function direntSize(nameLength: number): number {
  return 24 + Math.ceil(nameLength / 8) * 8;
}

function putValidity(view: DataView, secondsAt: number, nanosecondsAt: number, seconds: number): void {
  const whole = Math.floor(seconds);
  putU64(view, secondsAt, whole);
  view.setUint32(nanosecondsAt, Math.floor((seconds - whole) * NANOSECONDS), true);
}

function putStatxTime(view: DataView, at: number, time: Timestamp): void {
  putI64(view, at, time.seconds);
  view.setUint32(at + 8, time.nanoseconds, true);
}

/** `struct fuse_open_out` */
export function putOpened(view: DataView, at: number, reply: OpenReply): number {
  putU64(view, at, reply.handle);
  view.setUint32(at + 8, reply.flags, true);
  view.setUint32(at + 12, 0, true);
  return at + 16;
}

/** A name in a request: a copy, for the request's buffer is used again. */
export function nulTerminated(view: DataView, at: number): Uint8Array {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const end = bytes.indexOf(0, at);
  if (end < 0) throw new ErrnoError(Errno.EINVAL);
  return bytes.slice(at, end);
}
