/** Reads unsigned integers of any number of bits that lie one behind the other, the highest bit of each first. */
export class PackedBits {
  readonly #input: Uint8Array;
  #at: number;
  /** The lowest `#count` bits are those that were taken from the input and not given yet. */
  #held = 0;
  #count = 0;

  /** @param at the byte where the first one begins */
  constructor(input: Uint8Array, at: number) {
    this.#input = input;
    this.#at = at;
  }

  /** Whether more was read than there is: what was read of that is zeros. */
  get isPastEnd(): boolean {
    return this.#at > this.#input.length;
  }

  /** The next `bits` bits, 0 to 24 of them. */
  read(bits: number): number {
    while (this.#count < bits) {
      this.#held = (this.#held << 8) | (this.#input[this.#at++] ?? 0);
      this.#count += 8;
    }
    this.#count -= bits;
    const value = this.#held >>> this.#count;
    this.#held &= (1 << this.#count) - 1;
    return value;
  }

  /** The next `bits` bits, 0 to 32 of them. */
  readLong(bits: number): number {
    if (bits <= 24) return this.read(bits);
    const high = this.read(bits - 16);
    return high * 65536 + this.read(16);
  }

  /** How many bits are 0 before the next one that is 1, which is taken, too: at most as many as the input has. */
  readZeros(): number {
    let zeros = 0;
    while (this.#held === 0) {
      zeros += this.#count;
      this.#count = 0;
      if (this.#at >= this.#input.length) {
        this.#at++;
        return zeros;
      }
      this.#held = this.#input[this.#at++] as number;
      this.#count = 8;
    }
    // The place of the highest 1, among 32 bits of which the first ones are not held.
    const place = Math.clz32(this.#held) - (32 - this.#count);
    this.#count -= place + 1;
    this.#held &= (1 << this.#count) - 1;
    return zeros + place;
  }
}
