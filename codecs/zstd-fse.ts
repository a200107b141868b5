import { FormatError } from "../src/errors.ts";

function damaged(message: string): FormatError {
  return new FormatError(message, { structure: "zstd frame" });
}

/** The bits of a zstd bitstream that is read from its end to its beginning (RFC 8878, 4.1). */
export class BackwardBits {
  readonly #bytes: Uint8Array;
  /** Bits not yet read; negative when more were taken than there are. */
  left: number;

  /** All of `bytes`, whose last byte's highest set bit marks the end. */
  constructor(bytes: Uint8Array) {
    const last = bytes.length === 0 ? 0 : (bytes[bytes.length - 1] as number);
    if (last === 0) throw damaged("a bitstream has no end mark");
    this.#bytes = bytes;
    this.left = bytes.length * 8 - (Math.clz32(last) - 24) - 1;
  }

  /** The next `count` bits, 25 at most, zeros behind the end. */
  read(count: number): number {
    this.left -= count;
    if (this.left < 0) return this.#readPastEnd(count);
    const at = this.left >> 3;
    const bytes = this.#bytes;
    const word =
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24);
    return (word >>> (this.left & 7)) & ((1 << count) - 1);
  }

  #readPastEnd(count: number): number {
    const missing = -this.left;
    if (missing >= count) return 0;
    const bytes = this.#bytes;
    const word = (bytes[0] as number) | ((bytes[1] ?? 0) << 8) | ((bytes[2] ?? 0) << 16) | ((bytes[3] ?? 0) << 24);
    return (word & ((1 << (count - missing)) - 1)) << missing;
  }
}

/**
 * A finite state entropy decoding table: for each state its symbol, how many bits to read for the next state (from bit 8
 * on), and what to add them to (from bit 16 on).
 */
export interface FseTable {
  readonly accuracyLog: number;
  readonly states: Uint32Array;
}

/** The table whose only symbol is `symbol`, which takes no bits. */
export function singleSymbolTable(symbol: number): FseTable {
  return { accuracyLog: 0, states: Uint32Array.of(symbol) };
}

/** Builds the table from the symbols' probabilities (RFC 8878, 4.1.1), which add up; -1 is "less than one". */
export function buildFseTable(probabilities: readonly number[], accuracyLog: number): FseTable {
  const size = 1 << accuracyLog;
  const symbols = new Uint8Array(size);
  const next = new Uint16Array(probabilities.length);
  let high = size;
  probabilities.forEach((probability, symbol) => {
    if (probability === -1) symbols[--high] = symbol;
    next[symbol] = Math.abs(probability);
  });
  const step = (size >> 1) + (size >> 3) + 3;
  let place = 0;
  probabilities.forEach((probability, symbol) => {
    for (let i = 0; i < probability; i++) {
      symbols[place] = symbol;
      do place = (place + step) & (size - 1);
      while (place >= high);
    }
  });
  const states = new Uint32Array(size);
  for (let state = 0; state < size; state++) {
    const symbol = symbols[state] as number;
    const x = next[symbol] as number;
    next[symbol] = x + 1;
    const bits = accuracyLog - (31 - Math.clz32(x));
    states[state] = symbol | (bits << 8) | (((x << bits) - size) << 16);
  }
  return { accuracyLog, states };
}

/**
 * Reads a table's description from the start of `bytes` (RFC 8878, 4.1.1): at most `maxLog` accuracy and `maxSymbol` as
 * the last symbol. Returns the table and the bytes that it took.
 */
export function readFseTable(bytes: Uint8Array, maxLog: number, maxSymbol: number): { table: FseTable; size: number } {
  let position = 0;
  const peek = (count: number): number => {
    const at = position >> 3;
    const word = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
    return (word >>> (position & 7)) & ((1 << count) - 1);
  };
  const accuracyLog = peek(4) + 5;
  position += 4;
  if (accuracyLog > maxLog) throw damaged(`an entropy table has accuracy ${accuracyLog}, expected at most ${maxLog}`);
  const probabilities: number[] = [];
  let remaining = 1 << accuracyLog;
  while (remaining > 0) {
    if (probabilities.length > maxSymbol) throw damaged(`an entropy table has symbols above ${maxSymbol}`);
    const bits = 32 - Math.clz32(remaining + 1);
    const lowMask = (1 << (bits - 1)) - 1;
    const threshold = (1 << bits) - 1 - (remaining + 1);
    let value = peek(bits);
    if ((value & lowMask) < threshold) {
      value &= lowMask;
      position += bits - 1;
    } else {
      if (value > lowMask) value -= threshold;
      position += bits;
    }
    const probability = value - 1;
    remaining -= Math.abs(probability);
    probabilities.push(probability);
    if (probability !== 0) continue;
    for (let repeat = 3; repeat === 3; ) {
      repeat = peek(2);
      position += 2;
      for (let i = 0; i < repeat; i++) probabilities.push(0);
      if (probabilities.length > maxSymbol + 1) throw damaged(`an entropy table has symbols above ${maxSymbol}`);
    }
  }
  const size = (position + 7) >> 3;
  if (remaining < 0 || size > bytes.length) throw damaged("an entropy table is cut short or adds up to too much");
  return { table: buildFseTable(probabilities, accuracyLog), size };
}
