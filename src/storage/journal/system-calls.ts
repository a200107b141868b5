import { createRequire } from "node:module";
import { getSystemErrorName } from "node:util";

type Koffi = typeof import("koffi");

/** Modes of fallocate(2). */
export const KEEP_SIZE = 1;
export const PUNCH_HOLE = 2;

const require = createRequire(import.meta.url);
let bound: ReturnType<typeof bind> | undefined;

/** The calls, bound when the first one is made: who only reads files makes none, and need not wait for koffi. */
function calls(): ReturnType<typeof bind> {
  bound ??= bind();
  return bound;
}

function bind() {
  const koffi = require("koffi") as Koffi;
  const libc = koffi.load(null);
  return {
    errno: () => koffi.errno(),
    fallocate: libc.func("int fallocate(int fd, int mode, int64_t offset, int64_t length)"),
    flock: libc.func("int flock(int fd, int operation)"),
    fadvise: libc.func("int posix_fadvise(int fd, int64_t offset, int64_t length, int advice)"),
  };
}

const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;

const EINTR = 4;
const EWOULDBLOCK = 11;
const ENOSYS = 38;
const EOPNOTSUPP = 95;

/** False: the file system cannot do that. @throws an Error with the system's `code`, such as ENOSPC */
export function tryFallocate(fd: number, mode: number, offset: number, length: number): boolean {
  const { fallocate, errno: lastErrno } = calls();
  for (;;) {
    if (fallocate(fd, mode, offset, length) === 0) return true;
    const errno = lastErrno();
    if (errno === ENOSYS || errno === EOPNOTSUPP) return false;
    if (errno === EINTR) continue;
    const code = getSystemErrorName(-errno);
    throw Object.assign(new Error(`${code}: fallocate`), { code, errno: -errno });
  }
}

/** What the kernel has cached of a file and the disk has, too, is read from there again. It is advice: a failure means nothing. */
export function dropCachedPages(fd: number): void {
  const POSIX_FADV_DONTNEED = 4;
  calls().fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
}

/**
 * Takes the lock that libhdf5 takes on a file it writes. False: another process has the file locked.
 * A file system without locks has none to respect.
 */
export function lockExclusive(fd: number): boolean {
  return lock(fd, LOCK_EX);
}

/** Takes the lock that libhdf5 takes on a file it reads: no other program opens it for writing meanwhile. False: one has it open so. */
export function lockShared(fd: number): boolean {
  return lock(fd, LOCK_SH);
}

/** Takes the exclusive lock. False: it cannot be had, or the file system has no locks, so that it would tell nothing. */
export function lockSurely(fd: number): boolean {
  return calls().flock(fd, LOCK_EX | LOCK_NB) === 0;
}

function lock(fd: number, operation: number): boolean {
  const { flock, errno } = calls();
  if (flock(fd, operation | LOCK_NB) === 0) return true;
  return errno() !== EWOULDBLOCK;
}
