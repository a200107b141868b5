/** So few bytes are copied one by one: a view of them would take longer to make. */
const FEW = 128;

/** Puts `length` bytes of `source`, from byte `from` on, into `target` from byte `at` on; they are not the same memory. */
export function copyBytes(source: Uint8Array, from: number, target: Uint8Array, at: number, length: number): void {
  if (length > FEW) {
    target.set(length === source.length ? source : source.subarray(from, from + length), at);
    return;
  }
  for (let i = 0; i < length; i++) target[at + i] = source[from + i] ?? 0;
}
