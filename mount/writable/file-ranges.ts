import { Errno, ErrnoError } from "../errno.ts";
import { BLOCK } from "./block-memory.ts";
import type { FileBuffer } from "./file-buffer.ts";

/** FALLOC_FL_* of linux/falloc.h. */
const KEEP_SIZE = 0x01;
const PUNCH_HOLE = 0x02;
const ZERO_RANGE = 0x10;

/** The largest offset that a file may have: 2^53 - 1, which is more than any disk has. */
export const MAX_SIZE = Number.MAX_SAFE_INTEGER;

/** Bytes that are made zeros at a time. */
const STEP = 2 ** 22;

/** Bytes of a hole that are noted at a time: each block of them takes memory. */
const HOLE_STEP = 2 ** 18 * BLOCK;

/** What is buffered of a file; another buffer after it was stored. */
export interface Buffered {
  readonly buffer: FileBuffer;
  /** Whether it can have holes; elements of a dataset are written as zeros. */
  readonly isFileNode: boolean;
}

/**
 * fallocate(2). Space is not set aside: what is not written is a hole, and reads as zeros; but what there is no room for is refused.
 * @param free bytes that the disk has left
 * @param changed called after each step of a large change, so that the buffer can be kept small
 */
export function fallocate(
  file: Buffered,
  offset: number,
  length: number,
  mode: number,
  free: number,
  changed: () => void,
): void {
  if (length <= 0 || offset < 0) throw new ErrnoError(Errno.EINVAL);
  if (offset + length > MAX_SIZE) throw new ErrnoError(Errno.EFBIG);
  const end = offset + length;
  const zero = (): void => {
    const last = Math.min(end, file.buffer.size);
    const step = file.isFileNode ? HOLE_STEP : STEP;
    for (let at = offset; at < last; at += step) {
      const count = Math.min(step, last - at);
      if (file.isFileNode) file.buffer.punch(at, count);
      else file.buffer.zero(at, count);
      changed();
    }
  };
  const isAllocating = (mode & ~KEEP_SIZE) === 0 || (mode & ~KEEP_SIZE) === ZERO_RANGE;
  if (isAllocating && end - Math.max(offset, file.buffer.size) > free) throw new ErrnoError(Errno.ENOSPC);
  switch (mode & ~KEEP_SIZE) {
    case 0:
      break;
    case PUNCH_HOLE:
      if ((mode & KEEP_SIZE) === 0) throw new ErrnoError(Errno.EOPNOTSUPP);
      zero();
      return;
    case ZERO_RANGE:
      zero();
      break;
    default:
      throw new ErrnoError(Errno.EOPNOTSUPP);
  }
  if ((mode & KEEP_SIZE) === 0 && end > file.buffer.size) file.buffer.truncate(end);
}
