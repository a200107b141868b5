import { UnsupportedError } from "../../src/errors.ts";
import { putU64 } from "../../src/storage/little-endian.ts";
import { pageSize } from "../native.ts";

/** The protocol that this transport speaks at most, and needs at least (READDIRPLUS came with 7.21, 64 byte INIT with 7.23). */
const MAJOR = 7;
const MINOR = 45;
const MINIMUM_MINOR = 23;

/** `struct fuse_init_out` */
const INIT_OUT_SIZE = 64;

export const MAX_WRITE = 2 ** 20;
const MAX_BACKGROUND = 64;
const CONGESTION_THRESHOLD = 48;

/**
 * What is asked for where the kernel offers it, by bit. Not asked for: READDIRPLUS_AUTO, with which a cold `ls -l` is
 * slower; AUTO_INVAL_DATA, because the file does not change; POSIX_LOCKS and FLOCK_LOCKS, because the kernel's own do;
 * EXPORT_SUPPORT, because a forgotten nodeid is found by its name only. HANDLE_KILLPRIV_V2, without which the kernel asks
 * for the attributes before each chown(2), counts where something can be changed at all.
 */
const FLAG = {
  ASYNC_READ: 0,
  ATOMIC_O_TRUNC: 3,
  BIG_WRITES: 5,
  DO_READDIRPLUS: 13,
  ASYNC_DIO: 15,
  PARALLEL_DIROPS: 18,
  MAX_PAGES: 22,
  CACHE_SYMLINKS: 23,
  HANDLE_KILLPRIV_V2: 28,
  INIT_EXT: 30,
  DIRECT_IO_ALLOW_MMAP: 36,
  NO_EXPORT_SUPPORT: 38,
} as const;

/** What kernel and file system have agreed on. */
export interface Protocol {
  readonly major: number;
  readonly minor: number;
}

/** What was put at `at`, and the offset after it; without a protocol where the kernel shall offer an older major version. */
export interface InitReply {
  readonly protocol?: Protocol;
  readonly end: number;
}

/**
 * Answers INIT (`struct fuse_init_in` at `inAt`) by writing `struct fuse_init_out` at `at`. A kernel with a newer major
 * version is told ours, and asks again.
 * @throws UnsupportedError where the kernel is too old
 */
export function answerInit(request: DataView, inAt: number, reply: DataView, at: number): InitReply {
  const major = request.getUint32(inAt, true);
  const minor = request.getUint32(inAt + 4, true);
  new Uint8Array(reply.buffer, reply.byteOffset + at, INIT_OUT_SIZE).fill(0);
  if (major > MAJOR) {
    putVersion(reply, at, MINOR);
    return { end: at + INIT_OUT_SIZE };
  }
  if (major < MAJOR || minor < MINIMUM_MINOR) {
    throw new UnsupportedError(
      `the kernel speaks FUSE ${major}.${minor}; at least ${MAJOR}.${MINIMUM_MINOR} (Linux 3.15) is needed`,
    );
  }
  const protocol = { major, minor: Math.min(minor, MINOR) };
  const { flags, flags2 } = agreedFlags(request, inAt);
  putVersion(reply, at, protocol.minor);
  // The kernel takes the smaller of this and its own; without INIT's part it would never read ahead further.
  reply.setUint32(at + 8, Math.max(request.getUint32(inAt + 8, true), MAX_WRITE), true);
  reply.setUint32(at + 12, flags, true);
  reply.setUint16(at + 16, MAX_BACKGROUND, true);
  reply.setUint16(at + 18, CONGESTION_THRESHOLD, true);
  reply.setUint32(at + 20, MAX_WRITE, true);
  reply.setUint32(at + 24, 1, true); // time granularity in nanoseconds
  reply.setUint16(at + 28, Math.ceil(MAX_WRITE / pageSize()), true);
  reply.setUint32(at + 32, flags2, true);
  return { protocol, end: at + INIT_OUT_SIZE };
}

function agreedFlags(request: DataView, inAt: number): { readonly flags: number; readonly flags2: number } {
  const offered = request.getUint32(inAt + 12, true);
  // Bits 32 and above have a field of their own, which older kernels do not have.
  const hasSecond = (offered & (1 << FLAG.INIT_EXT)) !== 0;
  const offered2 = hasSecond ? request.getUint32(inAt + 16, true) : 0;
  let flags = 0;
  let flags2 = 0;
  for (const bit of Object.values(FLAG)) {
    if (bit < 32) flags |= offered & (1 << bit);
    else flags2 |= offered2 & (1 << (bit - 32));
  }
  return { flags, flags2 };
}

function putVersion(view: DataView, at: number, minor: number): void {
  putU64(view, at, MAJOR + minor * 2 ** 32);
}
