import { Errno } from "../errno.ts";
import { OPCODE } from "./opcode.ts";

/** The errno by which an operation is refused that the file system does not have. */
export function refusal(opcode: number): number {
  return REFUSALS.get(opcode) ?? Errno.ENOSYS;
}

/**
 * What is not an operation of a read-only file system, and the errno that says so best. ENOSYS means more than it says: the
 * kernel never asks again on this mount and takes a way of its own, which is right only where the comment tells it. An
 * opcode that is not here and not handled came after protocol 7.45, and is not sent to those who agreed on that.
 */
const REFUSALS: ReadonlyMap<number, number> = new Map([
  // Changes. The mount is "ro", so most of these never come; the errno is the one that a read-only disk would give.
  [OPCODE.SETATTR, Errno.EROFS],
  [OPCODE.SYMLINK, Errno.EROFS],
  [OPCODE.MKNOD, Errno.EROFS],
  [OPCODE.MKDIR, Errno.EROFS],
  [OPCODE.UNLINK, Errno.EROFS],
  [OPCODE.RMDIR, Errno.EROFS],
  [OPCODE.RENAME, Errno.EROFS],
  [OPCODE.LINK, Errno.EROFS],
  [OPCODE.WRITE, Errno.EROFS],
  // ENOSYS would make the kernel do without: MKNOD and OPEN for CREATE, RENAME for RENAME2 without flags, EOPNOTSUPP for
  // TMPFILE, FALLOCATE and the extended attributes (on a later writable mount of this connection, too), read and write for
  // COPY_FILE_RANGE.
  [OPCODE.CREATE, Errno.EROFS],
  [OPCODE.RENAME2, Errno.EROFS],
  [OPCODE.TMPFILE, Errno.EROFS],
  [OPCODE.FALLOCATE, Errno.EROFS],
  [OPCODE.SETXATTR, Errno.EROFS],
  [OPCODE.REMOVEXATTR, Errno.EROFS],
  [OPCODE.COPY_FILE_RANGE, Errno.EROFS],
  [OPCODE.COPY_FILE_RANGE_64, Errno.EROFS],
  // ENOSYS: the kernel keeps locks itself, which is all that one machine needs. INIT does not ask for them, so none come.
  [OPCODE.GETLK, Errno.ENOSYS],
  [OPCODE.SETLK, Errno.ENOSYS],
  [OPCODE.SETLKW, Errno.ENOSYS],
  // ENOSYS: the kernel says "always ready", as of any regular file.
  [OPCODE.POLL, Errno.ENOSYS],
  // ENOSYS: there are no blocks of a device to tell; the kernel says block 0, as of a file that has none.
  [OPCODE.BMAP, Errno.ENOSYS],
  // 0: nothing is ever left to be written. It comes to fuseblk and virtiofs only.
  [OPCODE.SYNCFS, 0],
  // ENOSYS: memory shared with a virtual machine (virtiofs), which there is not.
  [OPCODE.SETUPMAPPING, Errno.ENOSYS],
  [OPCODE.REMOVEMAPPING, Errno.ENOSYS],
  // ENOTTY is what ioctl(2) says of a request that a file does not know: programs try some on any file (FICLONE, lsattr).
  [OPCODE.IOCTL, Errno.ENOTTY],
]);
