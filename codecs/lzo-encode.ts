const HASH_BITS = 14;
const MIN_MATCH = 4;
/** The farthest that an instruction of this kind (`001LLLLL`) refers back. */
const MAX_DISTANCE = 16_384;

/** Positions, plus one, of what had a hash last; kept for the next chunk. */
const table = new Int32Array(1 << HASH_BITS);

/** The most bytes that `length` bytes become. */
export function lzoBound(length: number): number {
  return length + Math.ceil(length / 16) + 67;
}

/**
 * Encodes `input` as an LZO1X stream at the start of `output`, which has room for `lzoBound` of it (Linux,
 * Documentation/staging/lzo.rst). Of the instructions it uses those for literals and for one kind of match. @returns its length
 */
export function encodeLzo1x(input: Uint8Array, output: Uint8Array): number {
  table.fill(0);
  const end = input.length;
  const stream = new Stream(input, output);
  let anchor = 0;
  for (let at = 0; at + MIN_MATCH <= end; ) {
    const word =
      (input[at] as number) |
      ((input[at + 1] as number) << 8) |
      ((input[at + 2] as number) << 16) |
      ((input[at + 3] as number) << 24);
    const hash = Math.imul(word, 2654435761) >>> (32 - HASH_BITS);
    const candidate = (table[hash] as number) - 1;
    table[hash] = at + 1;
    let length = 0;
    if (candidate >= 0 && at - candidate <= MAX_DISTANCE) {
      while (at + length < end && input[candidate + length] === input[at + length]) length++;
    }
    if (length < MIN_MATCH) {
      at++;
      continue;
    }
    stream.literals(anchor, at);
    stream.match(at - candidate, length);
    at += length;
    anchor = at;
  }
  stream.literals(anchor, end);
  return stream.finish();
}

class Stream {
  readonly #input: Uint8Array;
  readonly #output: Uint8Array;
  #to = 0;
  /** Where the last match says how many literals follow, up to three; none yet: the stream begins. */
  #stateAt: number | undefined;

  constructor(input: Uint8Array, output: Uint8Array) {
    this.#input = input;
    this.#output = output;
  }

  literals(from: number, end: number): void {
    const count = end - from;
    if (count === 0) return;
    const output = this.#output;
    if (this.#stateAt === undefined && count <= 238) {
      output[this.#to++] = count + 17;
    } else if (this.#stateAt !== undefined && count < 4) {
      output[this.#stateAt] = (output[this.#stateAt] as number) | count;
    } else if (count <= 18) {
      output[this.#to++] = count - 3;
    } else {
      output[this.#to++] = 0;
      this.#length(count - 18);
    }
    output.set(this.#input.subarray(from, end), this.#to);
    this.#to += count;
  }

  match(distance: number, length: number): void {
    const output = this.#output;
    if (length <= 33) {
      output[this.#to++] = 0x20 | (length - 2);
    } else {
      output[this.#to++] = 0x20;
      this.#length(length - 33);
    }
    this.#stateAt = this.#to;
    output[this.#to++] = ((distance - 1) << 2) & 0xff;
    output[this.#to++] = (distance - 1) >> 6;
  }

  /** The marker of the end: a match that refers back 16,384 bytes and has none. */
  finish(): number {
    this.#output.set([0x11, 0, 0], this.#to);
    return this.#to + 3;
  }

  /** 255 for each zero byte, and the rest, which is not zero. */
  #length(length: number): void {
    let rest = length;
    for (; rest > 255; rest -= 255) this.#output[this.#to++] = 0;
    this.#output[this.#to++] = rest;
  }
}
