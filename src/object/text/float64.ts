import { digitsAt, placePoint, withoutZeros } from "./digits.ts";
import { putAscii, putEightDigits, putUnsigned } from "./integer.ts";
import { needPower, POWER_OFFSET, powerHigh, powerLow } from "./powers-of-ten.ts";

/**
 * float64 and float32 (float32.ts) in the fewest digits that read back as the same number (form: see digits.ts), and
 * `nan`, `inf`, `-inf`. `put` writes at `at` and returns the position after; FLOAT_ROOM bytes must be free.
 *
 * How: the number is scaled to an integer part of all the digits that may be needed (17; 9 for float32), with an error
 * far below one unit. Of the numbers with 15, 16 and 17 digits (6 to 9) next to it, the first that lies nearer than half
 * the gap to the neighbouring floats is the answer. Where the error could decide, where a power of two's lower neighbour
 * is too near to tell, and at the ends of the exponent range, the exact and slow way is taken.
 */
export const FLOAT_ROOM = 32;

const MINUS = 0x2d;
const ZERO = 0x30;
const POINT = 0x2e;
const POINT_ZERO = 0x302e;

/** More than the error of a scaled number, and small against one unit of it. */
const MARGIN = 1e-6;
/** 2^27 + 1 splits a double into two of 26 bits (Dekker 1971). */
const SPLITTER = 134217729;
const LOG10_OF_2 = Math.LOG10E * Math.LN2;

const double = new Float64Array(1);
const doubleWords = new Uint32Array(double.buffer);
const HIGH_WORD = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0;
const LOW_WORD = 1 - HIGH_WORD;
const TENS = Float64Array.from({ length: 9 }, (_, i) => 10 ** i);

/** Decimals are tried up to this many, which are written at once. */
const MAX_DECIMALS = 8;
/** After so many values without few decimals in a row, decimals are not tried for a while. */
const GIVE_UP = 64;
const TRY_AGAIN = 1024;

/** Numbers of one column: the next mostly has no more decimals than the last, and is tried with these first. */
export class Float64Text {
  #decimals = 1;
  #misses = 0;

  put(out: DataView, at: number, value: number): number {
    let to = at;
    let v = value;
    if (v < 0) {
      out.setUint8(to++, MINUS);
      v = -v;
    }
    if (v >= 1e-3 && v < 1e9) {
      if (this.#misses < GIVE_UP) {
        // An integer below 10^15 divided by a power of ten is the double nearest to that decimal number, and no other
        // decimal number of at most 15 digits is read as that double.
        const scale = TENS[this.#decimals] ?? 1;
        const scaled = Math.floor(v * scale + 0.5);
        if (scaled / scale === v && scaled < 1e15) return putDecimal(out, to, v, scaled, this.#decimals);
        if (this.#findDecimals(v)) {
          const scale = TENS[this.#decimals] ?? 1;
          return putDecimal(out, to, v, Math.floor(v * scale + 0.5), this.#decimals);
        }
      } else if (this.#misses >= TRY_AGAIN) {
        this.#misses = 0;
      }
      this.#misses++;
      if (v === Math.floor(v)) return putWhole(out, to, v);
      return putScaled(out, to, v);
    }
    if (v < 1e15 && v === Math.floor(v)) {
      if (Object.is(value, -0)) out.setUint8(to++, MINUS);
      return putWhole(out, to, v);
    }
    return v > 1e-280 && v < 1e280 ? putScaled(out, to, v) : putExtreme(out, to, v);
  }

  #findDecimals(v: number): boolean {
    for (let decimals = 1; decimals <= MAX_DECIMALS; decimals++) {
      const scale = TENS[decimals] ?? 1;
      const scaled = Math.floor(v * scale + 0.5);
      if (scaled >= 1e15) return false;
      if (scaled / scale !== v) continue;
      this.#decimals = decimals;
      this.#misses = 0;
      return true;
    }
    return false;
  }
}

/** An integer from 0 to 2^53 - 1. */
export function putWhole(out: DataView, at: number, v: number): number {
  const to = putUnsigned(out, at, v);
  out.setUint16(to, POINT_ZERO, true);
  return to + 2;
}

/** `scaled` / 10^`decimals`, which is `v`, without the zeros at the end. */
function putDecimal(out: DataView, at: number, v: number, scaled: number, decimals: number): number {
  const whole = Math.floor(v);
  if (whole === v) return putWhole(out, at, v);
  const to = putUnsigned(out, at, whole);
  out.setUint8(to, POINT);
  putEightDigits(out, to + 1, (scaled - whole * (TENS[decimals] ?? 1)) * (TENS[MAX_DECIMALS - decimals] ?? 1));
  return withoutZeros(out, to + 2, to + 1 + decimals);
}

/** v in (1e-280, 1e280). */
function putScaled(out: DataView, at: number, v: number): number {
  double[0] = v;
  const word = doubleWords[HIGH_WORD] ?? 0;
  const isPowerOfTwo = doubleWords[LOW_WORD] === 0 && (word & 0xfffff) === 0;
  doubleWords[HIGH_WORD] = word & 0x7ff00000;
  doubleWords[LOW_WORD] = 0;
  // Exponent and mantissa as one number: log2, at most 0.09 too low and never too high.
  let power = 16 - Math.floor((word - 0x3ff00000) * (LOG10_OF_2 / 0x100000));
  needPower(power + POWER_OFFSET);
  let p = powerHigh[power + POWER_OFFSET] ?? 0;
  let high = v * p;
  if (high >= 1e17) {
    needPower(--power + POWER_OFFSET);
    p = powerHigh[power + POWER_OFFSET] ?? 0;
    high = v * p;
  }
  if (!(high >= 1e16 && high < 1e17)) return putExact(out, at, v);
  // What rounding took from `high` (Dekker's product), and the product with the rest of the power.
  const t = SPLITTER * v;
  const v1 = t - (t - v);
  const v2 = v - v1;
  const u = SPLITTER * p;
  const p1 = u - (u - p);
  const p2 = p - p1;
  const low = v1 * p1 - high + v1 * p2 + v2 * p1 + v2 * p2 + v * (powerLow[power + POWER_OFFSET] ?? 0);

  // 17 digits: nine in `top`, eight and a fraction in `x`.
  let top = Math.floor(high * 1e-8);
  let x = high - top * 1e8 + low;
  if (x < 0) {
    x += 1e8;
    top--;
  } else if (x >= 1e8) {
    x -= 1e8;
    top++;
  }
  const half = (double[0] ?? 0) * 2 ** -53 * p;
  let bottom = nearest(x, half, isPowerOfTwo ? half / 2 : half, 100);
  if (bottom >= 1e8) {
    bottom -= 1e8;
    top++;
  }
  if (bottom < 0 || top < 1e8 || top >= 1e9) return putExact(out, at, v);
  const pointAt = 17 - power;
  const to = digitsAt(at, pointAt);
  const leading = (top / 1e8) | 0;
  out.setUint8(to, ZERO + leading);
  putEightDigits(out, to + 1, top - leading * 1e8);
  putEightDigits(out, to + 9, bottom);
  return placePoint(out, at, 17, pointAt);
}

/** No answer without exact arithmetic. */
const UNSURE = -1;

/**
 * The multiple of `unit` next to `x`, or else of a tenth of it, a hundredth..., that lies within `half` of `x`.
 * @param sure within this distance, a number is sure to be read as the float
 */
export function nearest(x: number, half: number, sure: number, largestUnit: number): number {
  for (let unit = largestUnit; unit >= 1; unit /= 10) {
    const rounded = Math.floor(x / unit + 0.5) * unit;
    const distance = Math.abs(rounded - x);
    if (distance > half + MARGIN) continue;
    return distance > sure - MARGIN || unit * 0.5 - distance < MARGIN ? UNSURE : rounded;
  }
  return UNSURE;
}

function putExtreme(out: DataView, at: number, v: number): number {
  if (Number.isNaN(v)) return putAscii(out, at, "nan");
  return v === Number.POSITIVE_INFINITY ? putAscii(out, at, "inf") : putExact(out, at, v);
}

/** By JavaScript's own shortest digits (ECMA-262, Number::toString). */
function putExact(out: DataView, at: number, v: number): number {
  const [mantissa = "", exponent = "0"] = v.toExponential().split("e");
  const pointAt = Number(exponent) + 1;
  const to = digitsAt(at, pointAt);
  return placePoint(out, at, putAscii(out, to, mantissa.replace(".", "")) - to, pointAt);
}
