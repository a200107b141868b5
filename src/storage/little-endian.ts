/** Integers of 64 bits are taken apart: a BigInt for each would take longer than all else, and 2^53 is more than any file has. */

export function getU64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
}

export function putU64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value % 2 ** 32, true);
  view.setUint32(at + 4, Math.floor(value / 2 ** 32), true);
}

export function getI64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getInt32(at + 4, true) * 2 ** 32;
}

/** The high half of what is negative, such as a time before 1970, must be, too. */
export function putI64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value % 2 ** 32, true);
  view.setInt32(at + 4, Math.floor(value / 2 ** 32), true);
}

/** An integer of `size` bytes. False: it is larger than that, and only its lowest bytes are there. */
export function putUint(bytes: Uint8Array, at: number, size: number, value: number): boolean {
  let rest = value;
  for (let i = 0; i < size; i++) {
    bytes[at + i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return !(rest > 0);
}
