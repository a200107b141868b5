import type { ByteRange } from "../src/chunk/stored-ranges.ts";
import { Errno, ErrnoError } from "./errno.ts";

/**
 * lseek(2) for SEEK_DATA and SEEK_HOLE in a file of `size` bytes.
 * @param data what is no hole, in order and apart from one another; by default all of it
 */
export function seek(
  size: number,
  offset: number,
  whence: number,
  data: readonly ByteRange[] = [{ from: 0, to: size }],
): number {
  const SEEK_DATA = 3;
  const SEEK_HOLE = 4;
  if (whence !== SEEK_DATA && whence !== SEEK_HOLE) throw new ErrnoError(Errno.EINVAL);
  if (offset >= size) throw new ErrnoError(Errno.ENXIO);
  const range = data.find(({ to }) => to > offset);
  if (whence === SEEK_HOLE) return range === undefined || range.from > offset ? offset : range.to;
  if (range === undefined) throw new ErrnoError(Errno.ENXIO);
  return Math.max(offset, range.from);
}
