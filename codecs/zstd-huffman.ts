import { FormatError } from "../src/errors.ts";
import { BackwardBits, readFseTable } from "./zstd-fse.ts";

function damaged(message: string): FormatError {
  return new FormatError(message, { structure: "zstd frame" });
}

const maxCodeLength = 11;
const maxWeightLog = 6;

/** A Huffman decoding table: for each value of the next `maxBits` bits, the symbol and, from bit 8 on, its code's length. */
export interface HuffmanTable {
  readonly maxBits: number;
  readonly entries: Uint16Array;
}

/** Reads the tree's description from the start of `bytes` (RFC 8878, 4.2.1); returns the table and the bytes it took. */
export function readHuffmanTree(bytes: Uint8Array): { table: HuffmanTable; size: number } {
  const header = bytes[0];
  if (header === undefined) throw damaged("ends before a Huffman tree");
  const size = 1 + (header < 128 ? header : (header - 126) >> 1);
  if (size > bytes.length) throw damaged("ends inside a Huffman tree");
  const description = bytes.subarray(1, size);
  const weights = header < 128 ? readCompressedWeights(description) : readDirectWeights(description, header - 127);
  return { table: buildHuffmanTable(weights), size };
}

function readDirectWeights(bytes: Uint8Array, count: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    const pair = bytes[i >> 1] as number;
    return i % 2 === 0 ? pair >> 4 : pair & 15;
  });
}

/** The weights as two interleaved streams of entropy-coded symbols, which end where the bits do. */
function readCompressedWeights(bytes: Uint8Array): number[] {
  const { table, size } = readFseTable(bytes, maxWeightLog, maxCodeLength + 1);
  const bits = new BackwardBits(bytes.subarray(size));
  const weights: number[] = [];
  const states: [number, number] = [bits.read(table.accuracyLog), bits.read(table.accuracyLog)];
  for (let turn: 0 | 1 = 0; ; turn = turn === 0 ? 1 : 0) {
    if (weights.length > 254) throw damaged("a Huffman tree has more than 256 symbols");
    const entry = table.states[states[turn]] as number;
    weights.push(entry & 0xff);
    states[turn] = (entry >>> 16) + bits.read((entry >>> 8) & 0xff);
    if (bits.left < 0) {
      weights.push((table.states[states[turn === 0 ? 1 : 0]] as number) & 0xff);
      return weights;
    }
  }
}

/** The last symbol's weight is not stored: it completes the sum of 2^(weight - 1) to a power of two. */
function buildHuffmanTable(weights: number[]): HuffmanTable {
  if (weights.length > 255) throw damaged("a Huffman tree has more than 256 symbols");
  let sum = 0;
  for (const weight of weights) {
    if (weight > maxCodeLength) throw damaged(`a Huffman code has weight ${weight}, expected at most ${maxCodeLength}`);
    if (weight > 0) sum += 1 << (weight - 1);
  }
  const maxBits = 32 - Math.clz32(sum);
  const left = 2 ** maxBits - sum;
  if (sum === 0 || maxBits > maxCodeLength || (left & (left - 1)) !== 0)
    throw damaged("a Huffman tree is not complete");
  const all = [...weights, 32 - Math.clz32(left)];
  const entries = new Uint16Array(1 << maxBits);
  let at = 0;
  for (let weight = 1; weight <= maxBits; weight++) {
    for (let symbol = 0; symbol < all.length; symbol++) {
      if (all[symbol] !== weight) continue;
      const end = at + (1 << (weight - 1));
      entries.fill(symbol | ((maxBits + 1 - weight) << 8), at, end);
      at = end;
    }
  }
  return { maxBits, entries };
}

/** Decodes one stream of literals, which must give exactly the bytes of `output` (RFC 8878, 4.2.2). */
export function decodeHuffmanStream(bytes: Uint8Array, table: HuffmanTable, output: Uint8Array): void {
  const { maxBits, entries } = table;
  const bits = new BackwardBits(bytes);
  const mask = (1 << maxBits) - 1;
  let left = bits.left;
  let at = 0;
  // Two symbols of 11 bits at most from each word of 32, of which 7 may be behind the place that it is read from.
  while (left >= 32 && at + 2 <= output.length) {
    const from = (left - 25) >> 3;
    const word =
      (bytes[from] as number) |
      ((bytes[from + 1] as number) << 8) |
      ((bytes[from + 2] as number) << 16) |
      ((bytes[from + 3] as number) << 24);
    const start = left - from * 8;
    const first = entries[(word >>> (start - maxBits)) & mask] as number;
    const used = first >>> 8;
    const second = entries[(word >>> (start - used - maxBits)) & mask] as number;
    output[at] = first;
    output[at + 1] = second;
    at += 2;
    left -= used + (second >>> 8);
  }
  bits.left = left;
  while (at < output.length) {
    const entry = entries[bits.read(maxBits)] as number;
    bits.left += maxBits - (entry >>> 8);
    if (bits.left < 0) throw damaged("ends inside the literals");
    output[at++] = entry;
  }
  if (bits.left !== 0) throw damaged(`literals leave ${bits.left} bits over`);
}
