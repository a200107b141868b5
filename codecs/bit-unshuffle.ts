/**
 * Undoing the bit shuffle of one block: `input` holds, for each byte of an element and each of its bits from the lowest,
 * that bit of all elements, eight to a byte, the first in the lowest bit; `output` gets the elements whole again. The
 * number of elements must be a multiple of 8.
 */
export function bitUnshuffle(input: Uint8Array, output: Uint8Array, elementSize: number, count: number): void {
  const rowBytes = count >> 3;
  for (let byte = 0; byte < elementSize; byte++) {
    const rows = byte * 8 * rowBytes;
    let at = byte;
    for (let i = rows; i < rows + rowBytes; i++) {
      // The 8 by 8 bits of one byte of eight elements, rows 0 to 3 and 4 to 7, transposed by three exchanges.
      let low =
        (input[i] as number) |
        ((input[i + rowBytes] as number) << 8) |
        ((input[i + rowBytes * 2] as number) << 16) |
        ((input[i + rowBytes * 3] as number) << 24);
      let high =
        (input[i + rowBytes * 4] as number) |
        ((input[i + rowBytes * 5] as number) << 8) |
        ((input[i + rowBytes * 6] as number) << 16) |
        ((input[i + rowBytes * 7] as number) << 24);
      let exchange = (low ^ (low >>> 7)) & 0x00aa00aa;
      low ^= exchange ^ (exchange << 7);
      exchange = (high ^ (high >>> 7)) & 0x00aa00aa;
      high ^= exchange ^ (exchange << 7);
      exchange = (low ^ (low >>> 14)) & 0x0000cccc;
      low ^= exchange ^ (exchange << 14);
      exchange = (high ^ (high >>> 14)) & 0x0000cccc;
      high ^= exchange ^ (exchange << 14);
      const first = (low & 0x0f0f0f0f) | ((high & 0x0f0f0f0f) << 4);
      const second = ((low >>> 4) & 0x0f0f0f0f) | (high & 0xf0f0f0f0);
      output[at] = first;
      output[at + elementSize] = first >>> 8;
      output[at + elementSize * 2] = first >>> 16;
      output[at + elementSize * 3] = first >>> 24;
      output[at + elementSize * 4] = second;
      output[at + elementSize * 5] = second >>> 8;
      output[at + elementSize * 6] = second >>> 16;
      output[at + elementSize * 7] = second >>> 24;
      at += elementSize * 8;
    }
  }
}
