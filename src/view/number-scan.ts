import { shape } from "./value-kind.ts";

const LOWER = 0x20;

/** All that is noted of numbers while they go by, so that they can be written again as they are. */
export class NumberScan {
  #low = 0;
  #high = 0;
  #lowest = 0n;
  #highest = 0n;
  /** Of numbers with a point or a whole number, none of which has an exponent. */
  leastDecimals = Number.POSITIVE_INFINITY;
  mostDecimals = 0;
  /** Decimals of numbers with an exponent. */
  leastMantissa = Number.POSITIVE_INFINITY;
  mostMantissa = 0;
  #letter = 0;
  /** The points that were seen: `.`, `,`. */
  readonly points = new Set<number>();
  /** Exponents with fewer than two digits were seen. */
  shortExponent = false;
  /** The `pointAt` of numbers without an exponent, and with one: of large ones (above 0) and of small ones. */
  largestPlain = 1;
  smallestPlain = 1;
  smallestLarge = Number.POSITIVE_INFINITY;
  largestSmall = Number.NEGATIVE_INFINITY;
  /** Lines on which these were seen first; 0: they were not. */
  readonly seen = {
    /** `5` and `5.0`, `1.50`, with and without an exponent. */
    whole: 0,
    point: 0,
    trailingZero: 0,
    exponent: 0,
    plain: 0,
  };

  /** Takes note of the number that `kindOf` found in [from, to). */
  add(bytes: Uint8Array, from: number, to: number, line: number): void {
    if (shape.isInteger) this.#addInteger(bytes, from, to);
    const { decimals, digits, pointAt, letter } = shape;
    if (shape.point !== 0) this.points.add(shape.point);
    if (letter !== 0) {
      this.leastMantissa = Math.min(this.leastMantissa, decimals);
      this.mostMantissa = Math.max(this.mostMantissa, decimals);
      this.#see("exponent", line);
      this.#letter = letter;
      if (shape.exponentDigits < 2) this.shortExponent = true;
      if (pointAt > 0) this.smallestLarge = Math.min(this.smallestLarge, pointAt);
      else this.largestSmall = Math.max(this.largestSmall, pointAt);
      if (shape.endsWithZero) this.#see("trailingZero", line);
      return;
    }
    this.#see("plain", line);
    this.leastDecimals = Math.min(this.leastDecimals, decimals);
    this.mostDecimals = Math.max(this.mostDecimals, decimals);
    this.largestPlain = Math.max(this.largestPlain, pointAt);
    if (digits > 0) this.smallestPlain = Math.min(this.smallestPlain, pointAt);
    if (decimals === 0) this.#see("whole", line);
    else if (decimals === 1 && shape.endsWithZero) this.#see("point", line);
    else if (shape.endsWithZero) this.#see("trailingZero", line);
  }

  /** The least integer, or 0. */
  get least(): bigint {
    const low = BigInt(this.#low);
    return low < this.#lowest ? low : this.#lowest;
  }

  /** The greatest integer, or 0. */
  get greatest(): bigint {
    const high = BigInt(this.#high);
    return high > this.#highest ? high : this.#highest;
  }

  /** The letter of exponents. */
  get letter(): "e" | "E" {
    return (this.#letter & LOWER) !== 0 || this.#letter === 0 ? "e" : "E";
  }

  #see(what: keyof NumberScan["seen"], line: number): void {
    if (this.seen[what] === 0) this.seen[what] = line;
  }

  #addInteger(bytes: Uint8Array, from: number, to: number): void {
    if (shape.pointAt <= 15) {
      let value = 0;
      for (let i = shape.negative ? from + 1 : from; i < to; i++) value = value * 10 + (bytes[i] ?? 0) - 0x30;
      if (shape.negative) value = -value;
      if (value < this.#low) this.#low = value;
      if (value > this.#high) this.#high = value;
      return;
    }
    const value = BigInt(Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString("latin1"));
    if (value < this.#lowest) this.#lowest = value;
    if (value > this.#highest) this.#highest = value;
  }
}
