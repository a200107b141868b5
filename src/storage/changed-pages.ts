import type { ChangedPages, Piece } from "./storage.ts";

/**
 * Bytes [offset, offset + length) of a file with changed pages over it.
 * @param fd of the file itself
 */
export function piecesOver(fd: number, changed: ChangedPages, offset: number, length: number): Piece[] {
  const { pageSize, numbers, bytes } = changed;
  const pieces: Piece[] = [];
  const end = offset + length;
  let at = offset;
  for (let i = firstFrom(numbers, Math.floor(offset / pageSize)); at < end; i++) {
    const page = numbers[i];
    const start = page === undefined ? end : Math.min(end, Math.max(at, page * pageSize));
    pieces.push(...piecesOfFile(fd, changed.fileSize, at, start - at));
    at = start;
    if (page === undefined || at === end) break;
    const stop = Math.min(end, (page + 1) * pageSize);
    const from = i * pageSize + (at - page * pageSize);
    pieces.push({ bytes: bytes.subarray(from, from + stop - at) });
    at = stop;
  }
  return pieces;
}

/** Bytes [offset, offset + length) of a file that has `size` bytes: zeros past its end, where something was allocated and not written yet. */
export function piecesOfFile(fd: number, size: number, offset: number, length: number): Piece[] {
  const pieces: Piece[] = [];
  const inside = Math.max(0, Math.min(length, size - offset));
  if (inside > 0) pieces.push({ fd, offset, length: inside });
  if (length > inside) pieces.push({ bytes: new Uint8Array(length - inside) });
  return pieces;
}

/** Index of the first number that is not less than `least`. */
function firstFrom(numbers: Float64Array, least: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] ?? 0) < least) low = middle + 1;
    else high = middle;
  }
  return low;
}
