import { Errno, ErrnoError } from "./errno.ts";

/** lseek(2) for SEEK_DATA and SEEK_HOLE in a file of `size` bytes. All of it counts as data, as it may. */
export function seek(size: number, offset: number, whence: number): number {
  const SEEK_DATA = 3;
  const SEEK_HOLE = 4;
  if (whence !== SEEK_DATA && whence !== SEEK_HOLE) throw new ErrnoError(Errno.EINVAL);
  if (offset >= size) throw new ErrnoError(Errno.ENXIO);
  return whence === SEEK_DATA ? offset : size;
}
