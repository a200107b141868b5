import { FormatError } from "../src/errors.ts";

const maxLength = 20;
/** Codes up to this length are found by one look at a table. */
const fastBits = 10;

function damaged(message: string): FormatError {
  return new FormatError(message, { structure: "bzip2 data" });
}

/** The bits of a bzip2 stream, the highest of each byte first. Behind the end stand zeros, until `checkEnd` looks. */
export class Bzip2Bits {
  readonly #input: Uint8Array;
  #from = 0;
  #bits = 0;
  #count = 0;

  constructor(input: Uint8Array) {
    this.#input = input;
  }

  /** The next `count` bits, 24 at most, without moving on. */
  peek(count: number): number {
    while (this.#count < count) {
      this.#bits = (this.#bits << 8) | (this.#input[this.#from++] ?? 0);
      this.#count += 8;
    }
    return (this.#bits >>> (this.#count - count)) & ((1 << count) - 1);
  }

  skip(count: number): void {
    this.#count -= count;
  }

  /** The next `count` bits, 24 at most; throws where the input has ended. */
  read(count: number): number {
    const value = this.peek(count);
    this.#count -= count;
    this.checkEnd();
    return value;
  }

  /** Throws if more bits have been taken than there are. */
  checkEnd(): void {
    if (this.#from - (this.#count >> 3) > this.#input.length) throw damaged("ends inside a block");
  }
}

/** One canonical Huffman code of up to 20 bits. */
export class Bzip2HuffmanTable {
  /** For each value of the next `fastBits` bits: symbol << 5 | length, or 0 where the code is longer. */
  readonly #fast = new Uint16Array(1 << fastBits);
  /** Per length: its first code, how many there are, and where their symbols begin. */
  readonly #firsts = new Uint32Array(maxLength + 1);
  readonly #counts = new Uint32Array(maxLength + 1);
  readonly #starts = new Uint32Array(maxLength + 1);
  readonly #symbols: Uint16Array;

  constructor(lengths: Uint8Array) {
    this.#symbols = new Uint16Array(lengths.length);
    let code = 0;
    let start = 0;
    for (let length = 1; length <= maxLength; length++) {
      code *= 2;
      this.#firsts[length] = code;
      this.#starts[length] = start;
      for (let symbol = 0; symbol < lengths.length; symbol++) {
        if (lengths[symbol] !== length) continue;
        if (code >= 1 << length) throw damaged("a Huffman table has more codes than there can be");
        if (length <= fastBits) {
          const spread = 1 << (fastBits - length);
          this.#fast.fill((symbol << 5) | length, code * spread, (code + 1) * spread);
        }
        this.#symbols[start++] = symbol;
        code++;
      }
      this.#counts[length] = start - (this.#starts[length] as number);
    }
  }

  /** The next symbol; throws where the bits are no code. */
  read(bits: Bzip2Bits): number {
    const next = bits.peek(maxLength);
    const fast = this.#fast[next >>> (maxLength - fastBits)] as number;
    if (fast !== 0) {
      bits.skip(fast & 31);
      return fast >> 5;
    }
    for (let length = fastBits + 1; length <= maxLength; length++) {
      const index = (next >>> (maxLength - length)) - (this.#firsts[length] as number);
      if (index >= 0 && index < (this.#counts[length] as number)) {
        bits.skip(length);
        return this.#symbols[(this.#starts[length] as number) + index] as number;
      }
    }
    throw damaged("bits that are no Huffman code");
  }
}

/** Reads a table for `alphabet` symbols: each code's length as its difference to the one before. */
export function readHuffmanTable(bits: Bzip2Bits, alphabet: number): Bzip2HuffmanTable {
  const lengths = new Uint8Array(alphabet);
  let length = bits.read(5);
  for (let symbol = 0; symbol < alphabet; symbol++) {
    for (;;) {
      if (length < 1 || length > maxLength) throw damaged(`a Huffman code has ${length} bits, expected 1 to 20`);
      if (bits.read(1) === 0) break;
      length += bits.read(1) === 0 ? 1 : -1;
    }
    lengths[symbol] = length;
  }
  return new Bzip2HuffmanTable(lengths);
}
