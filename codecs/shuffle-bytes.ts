/**
 * The counterpart of `unshuffle`: the first bytes of all elements, then their second bytes, and so on. Bytes that are no
 * whole element stay at the end.
 */
export function shuffle(input: Uint8Array, output: Uint8Array, elementSize: number): void {
  const count = Math.floor(input.length / elementSize);
  if (elementSize === 1 || count < 2) {
    output.set(input);
    return;
  }
  // Four planes at a time: each byte of the input is met once, and four streams are written.
  let plane = 0;
  for (; plane + 4 <= elementSize; plane += 4) shuffleFour(input, output, elementSize, count, plane);
  for (; plane < elementSize; plane++) {
    for (let i = 0, from = plane, to = plane * count; i < count; i++, from += elementSize) {
      output[to + i] = input[from] as number;
    }
  }
  output.set(input.subarray(count * elementSize), count * elementSize);
}

function shuffleFour(input: Uint8Array, output: Uint8Array, elementSize: number, count: number, plane: number): void {
  const a = plane * count;
  const b = a + count;
  const c = b + count;
  const d = c + count;
  for (let i = 0, from = plane; i < count; i++, from += elementSize) {
    output[a + i] = input[from] as number;
    output[b + i] = input[from + 1] as number;
    output[c + i] = input[from + 2] as number;
    output[d + i] = input[from + 3] as number;
  }
}
