/** The byte shuffle by its definition: byte b of element e goes to plane b, place e; bytes past the last element stay. */
export function naiveShuffle(bytes: Uint8Array, elementSize: number): Uint8Array {
  const count = Math.floor(bytes.length / elementSize);
  const shuffled = Uint8Array.from(bytes);
  for (let e = 0; e < count; e++) {
    for (let b = 0; b < elementSize; b++) shuffled[b * count + e] = bytes[e * elementSize + b] ?? 0;
  }
  return shuffled;
}
