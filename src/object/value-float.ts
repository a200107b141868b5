import { UnsupportedError } from "../errors.ts";
import type { FloatType } from "../format/datatype.ts";
import { readBits } from "./value-integer.ts";

/** Layouts that have a name: IEEE 754 binary16 to binary128, Intel's 80-bit extended precision, bfloat16. */
export type FloatFormat = "binary16" | "binary32" | "binary64" | "binary128" | "x87" | "bfloat16";

const FORMATS: readonly (readonly [FloatFormat, precision: number, exponentSize: number, mantissaSize: number])[] = [
  ["binary16", 16, 5, 10],
  ["binary32", 32, 8, 23],
  ["binary64", 64, 11, 52],
  ["binary128", 128, 15, 112],
  ["bfloat16", 16, 8, 7],
  ["x87", 80, 15, 64],
];

/** The format's name, if the bits lie as it says, from bit 0 on and in one of the two usual byte orders. */
export function floatFormat(type: FloatType): FloatFormat | undefined {
  const bias = 2 ** (type.exponentSize - 1) - 1;
  const usual =
    (type.order !== "vax" || type.size === 1) &&
    type.bitOffset === 0 &&
    type.mantissaLocation === 0 &&
    type.exponentLocation === type.mantissaSize &&
    type.signLocation === type.mantissaSize + type.exponentSize &&
    type.exponentBias === bias;
  if (!usual) return undefined;
  for (const [name, precision, exponentSize, mantissaSize] of FORMATS) {
    if (type.precision !== precision || type.exponentSize !== exponentSize || type.mantissaSize !== mantissaSize)
      continue;
    const hidesBit = type.normalization === "implied";
    if (name === "x87") return hidesBit ? undefined : name;
    return hidesBit && type.size * 8 === precision ? name : undefined;
  }
  return undefined;
}

/** No format in use has more; a number with an exponent of 100 bits would be endless text. */
const MAX_EXPONENT_SIZE = 15;
const MAX_SIZE = 64;

/** @throws UnsupportedError where `readFloat` cannot read such floats in bounded time */
export function checkFloat(type: FloatType): void {
  if (type.exponentSize > MAX_EXPONENT_SIZE || type.size > MAX_SIZE || type.exponentBias > 2 ** MAX_EXPONENT_SIZE) {
    throw new UnsupportedError(
      `a float of ${type.size} bytes with ${type.exponentSize} bits of exponent, bias ${type.exponentBias}, is not supported`,
    );
  }
}

/** A float of any layout, exactly. `mantissa` 0 is a zero. */
export type DecodedFloat =
  | { readonly kind: "nan" }
  | { readonly kind: "infinity"; readonly negative: boolean }
  | FiniteFloat;

interface FiniteFloat {
  readonly kind: "finite";
  readonly negative: boolean;
  /** The value is mantissa times 2^exponent. */
  readonly mantissa: bigint;
  readonly exponent: number;
  /** The mantissa is the smallest of its exponent: the next float below is half as far as the one above. */
  readonly closeBelow: boolean;
}

/**
 * Bits to value as libhdf5 converts floats (IV.A.2.d, "Class Bit Field Description: Floating-point"): an exponent with
 * all bits set is an infinity or NaN, and one of zero a denormalised number, in every layout. (FP8 E4M3 as others define
 * it has no infinity; libhdf5 has no such rule.)
 */
export function readFloat(bytes: Uint8Array, at: number, type: FloatType): DecodedFloat {
  const bits = readBits(bytes, at, type.size, type.order);
  const field = (location: number, size: number): bigint => BigInt.asUintN(size, bits >> BigInt(location));
  const negative = field(type.signLocation, 1) === 1n;
  const biased = Number(field(type.exponentLocation, type.exponentSize));
  const stored = field(type.mantissaLocation, type.mantissaSize);
  const hidesBit = type.normalization === "implied";
  if (biased === 2 ** type.exponentSize - 1) {
    const fraction = hidesBit ? stored : BigInt.asUintN(Math.max(type.mantissaSize - 1, 0), stored);
    return fraction === 0n ? { kind: "infinity", negative } : { kind: "nan" };
  }
  const fractionBits = hidesBit ? type.mantissaSize : type.mantissaSize - 1;
  const hidden = 1n << BigInt(fractionBits);
  const mantissa = hidesBit && biased !== 0 ? stored | hidden : stored;
  return {
    kind: "finite",
    negative,
    mantissa,
    exponent: Math.max(biased, 1) - type.exponentBias - fractionBits,
    closeBelow: mantissa === hidden && biased > 1,
  };
}

/** Formats that other programs have, too, and read from text. */
const WIDER = [
  { mantissaSize: 24, lowest: -149, top: 128 },
  { mantissaSize: 53, lowest: -1074, top: 1024 },
] as const;

/** The same number as a float32, else as a float64, if it is one. */
export function widened(float: FiniteFloat): FiniteFloat {
  let { mantissa, exponent } = float;
  if (mantissa === 0n) return float;
  while ((mantissa & 1n) === 0n) {
    mantissa >>= 1n;
    exponent++;
  }
  const bits = mantissa.toString(2).length;
  for (const { mantissaSize, lowest, top } of WIDER) {
    if (bits > mantissaSize || exponent < lowest || bits + exponent > top) continue;
    const unit = Math.max(bits + exponent - mantissaSize, lowest);
    const whole = mantissa << BigInt(exponent - unit);
    const closeBelow = whole === 1n << BigInt(mantissaSize - 1) && unit > lowest;
    return { kind: "finite", negative: float.negative, mantissa: whole, exponent: unit, closeBelow };
  }
  return float;
}

/** The double nearest to it (ties to even). */
export function toDouble(float: DecodedFloat): number {
  if (float.kind === "nan") return Number.NaN;
  const sign = float.negative ? -1 : 1;
  if (float.kind === "infinity") return sign * Number.POSITIVE_INFINITY;
  if (float.mantissa === 0n) return sign * 0;
  const bits = float.mantissa.toString(2).length;
  const top = bits + float.exponent;
  if (top > 1024) return sign * Number.POSITIVE_INFINITY;
  if (top < -1080) return sign * 0;
  // 2^unit is the last bit that a double of this size has.
  const unit = Math.max(top - 53, -1074);
  const shift = unit - float.exponent;
  const whole = shift > 0 ? roundedShift(float.mantissa, BigInt(shift)) : float.mantissa << BigInt(-shift);
  // Both factors and the product are exact: two steps where 2^unit alone is no normal number.
  return sign * (unit < -1000 ? Number(whole) * 2 ** -500 * 2 ** (unit + 500) : Number(whole) * 2 ** unit);
}

function roundedShift(value: bigint, shift: bigint): bigint {
  const quotient = value >> shift;
  const rest = value - (quotient << shift);
  const half = 1n << (shift - 1n);
  return rest > half || (rest === half && (quotient & 1n) === 1n) ? quotient + 1n : quotient;
}
