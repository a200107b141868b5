import { H5Error } from "../errors.ts";
import type { FloatType } from "../format/datatype.ts";
import { datatypeName } from "./datatype-name.ts";
import { checkFloat } from "./value-float.ts";
import { paddingOf, writeBits } from "./value-integer.ts";

/** A number to be stored, exactly: numerator / denominator, both positive or the numerator zero. */
export type ExactNumber =
  | { readonly kind: "nan" }
  | { readonly kind: "infinity"; readonly negative: boolean }
  | {
      readonly kind: "finite";
      readonly negative: boolean;
      readonly numerator: bigint;
      readonly denominator: bigint;
    };

export function exactInteger(value: bigint): ExactNumber {
  const negative = value < 0n;
  return { kind: "finite", negative, numerator: negative ? -value : value, denominator: 1n };
}

const double = new Float64Array(1);
const doubleBits = new BigUint64Array(double.buffer);

export function exactDouble(value: number): ExactNumber {
  if (Number.isNaN(value)) return { kind: "nan" };
  const negative = value < 0 || Object.is(value, -0);
  if (!Number.isFinite(value)) return { kind: "infinity", negative };
  double[0] = value;
  const bits = doubleBits[0] ?? 0n;
  const biased = Number((bits >> 52n) & 0x7ffn);
  const fraction = BigInt.asUintN(52, bits);
  const mantissa = biased === 0 ? fraction : fraction | (1n << 52n);
  const exponent = Math.max(biased, 1) - 1075;
  return exponent >= 0
    ? { kind: "finite", negative, numerator: mantissa << BigInt(exponent), denominator: 1n }
    : { kind: "finite", negative, numerator: mantissa, denominator: 1n << BigInt(-exponent) };
}

/** Writes floats of one layout: the nearest to a number, ties to the even mantissa, as libhdf5 rounds. */
export class FloatEncoder {
  readonly #type: FloatType;
  readonly #padding: bigint;
  /** Bits of the mantissa, the hidden one included. */
  readonly #precision: number;
  readonly #topExponent: number;

  /** @throws UnsupportedError for a layout that is not read either */
  constructor(type: FloatType) {
    checkFloat(type);
    this.#type = type;
    const { signLocation, exponentLocation, exponentSize, mantissaLocation, mantissaSize } = type;
    const field = (location: number, size: number): bigint => ((1n << BigInt(size)) - 1n) << BigInt(location);
    const used = field(signLocation, 1) | field(exponentLocation, exponentSize) | field(mantissaLocation, mantissaSize);
    const internal = type.internalPadding === "one" ? field(type.bitOffset, type.precision) & ~used : 0n;
    this.#padding = paddingOf(type) | internal;
    this.#precision = type.normalization === "implied" ? mantissaSize + 1 : mantissaSize;
    this.#topExponent = 2 ** exponentSize - 1;
  }

  /** @throws H5Error "argument" where the number is too large for the layout */
  write(bytes: Uint8Array, at: number, value: ExactNumber): void {
    const { size, order } = this.#type;
    writeBits(bytes, at, size, order, this.#padding | this.#bits(value));
  }

  #bits(value: ExactNumber): bigint {
    if (value.kind === "nan") return this.#fields(false, this.#topExponent, this.#quiet());
    if (value.kind === "infinity") {
      return this.#fields(value.negative, this.#topExponent, this.#isImplied ? 0n : this.#hidden);
    }
    if (value.numerator === 0n) return this.#fields(value.negative, 0, 0n);
    const { mantissa, biased } = this.#round(value.numerator, value.denominator);
    if (biased >= this.#topExponent) {
      throw new H5Error("argument", `a number is too large for ${datatypeName(this.#type)}`);
    }
    return this.#fields(value.negative, biased, biased > 0 && this.#isImplied ? mantissa - this.#hidden : mantissa);
  }

  #round(numerator: bigint, denominator: bigint): { readonly mantissa: bigint; readonly biased: number } {
    const { exponentBias } = this.#type;
    const fractionBits = this.#precision - 1;
    // 2^top is at most the number, or twice as much.
    const top = bitLength(numerator) - bitLength(denominator);
    let unit = Math.max(top - this.#precision, 1 - exponentBias - fractionBits);
    let mantissa = roundedQuotient(numerator, denominator, unit);
    if (mantissa >> BigInt(this.#precision) !== 0n) {
      unit++;
      mantissa = roundedQuotient(numerator, denominator, unit);
    }
    if (mantissa >> BigInt(this.#precision) !== 0n) {
      unit++;
      mantissa >>= 1n;
    }
    return { mantissa, biased: mantissa < this.#hidden ? 0 : unit + exponentBias + fractionBits };
  }

  get #isImplied(): boolean {
    return this.#type.normalization === "implied";
  }

  /** The most significant bit of a normalised mantissa. */
  get #hidden(): bigint {
    return 1n << BigInt(this.#precision - 1);
  }

  /** The mantissa of a quiet NaN: the first bit of its fraction is set, and the leading one where it is stored. */
  #quiet(): bigint {
    const { mantissaSize } = this.#type;
    return this.#isImplied ? 1n << BigInt(mantissaSize - 1) : 3n << BigInt(mantissaSize - 2);
  }

  #fields(negative: boolean, biased: number, mantissa: bigint): bigint {
    const { signLocation, exponentLocation, mantissaLocation } = this.#type;
    return (
      (negative ? 1n << BigInt(signLocation) : 0n) |
      (BigInt(biased) << BigInt(exponentLocation)) |
      (mantissa << BigInt(mantissaLocation))
    );
  }
}

function bitLength(value: bigint): number {
  return value.toString(16).length * 4 - Math.clz32(Number.parseInt(value.toString(16).charAt(0), 16)) + 28;
}

/** numerator / (denominator * 2^unit), to the nearest integer, ties to even. */
function roundedQuotient(numerator: bigint, denominator: bigint, unit: number): bigint {
  const n = unit < 0 ? numerator << BigInt(-unit) : numerator;
  const d = unit > 0 ? denominator << BigInt(unit) : denominator;
  const quotient = n / d;
  const twiceRest = (n % d) * 2n;
  return twiceRest > d || (twiceRest === d && (quotient & 1n) === 1n) ? quotient + 1n : quotient;
}
