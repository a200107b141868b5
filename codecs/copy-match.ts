/**
 * The two copies that every LZ77 format is made of. Both trust their caller: it has checked that what is read and written
 * lies inside the arrays. Short copies run as loops, as a call costs more than they do.
 */

const shortCopy = 24;

/** Appends `length` bytes of `input`, from `from` on, to `output` at `at`. */
export function copyLiterals(input: Uint8Array, from: number, output: Uint8Array, at: number, length: number): void {
  if (length > shortCopy * 2) {
    output.set(input.subarray(from, from + length), at);
    return;
  }
  for (let i = 0; i < length; i++) output[at + i] = input[from + i] as number;
}

/** Repeats at `at` the `length` bytes that begin `distance` bytes before; they may reach into what is being written. */
export function copyMatch(output: Uint8Array, at: number, distance: number, length: number): void {
  const from = at - distance;
  if (length <= shortCopy) {
    for (let i = 0; i < length; i++) output[at + i] = output[from + i] as number;
  } else if (distance >= length) {
    output.copyWithin(at, from, from + length);
  } else if (distance === 1) {
    output.fill(output[from] as number, at, at + length);
  } else {
    // What has been written is a multiple of the period, so each copy may be twice as long as the one before.
    let written = 0;
    while (written < length) {
      const piece = Math.min(distance + written, length - written);
      output.copyWithin(at + written, from, from + piece);
      written += piece;
    }
  }
}
