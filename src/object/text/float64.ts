import { digitsAt, placePoint, withoutZeros } from "./digits.ts";
import { putAscii, putEightDigits, putUnsigned, putUnsigned31 } from "./integer.ts";
import { needPower, POWER_OFFSET, powerHigh, powerLow } from "./powers-of-ten.ts";

/**
 * float64 and float32 (float32.ts) in the fewest digits that read back as the same number (form: see digits.ts).
 * FLOAT_ROOM bytes must be free.
 *
 * How: the number is scaled to an integer part of all the digits that may be needed (17; 9 for float32), with an error
 * far below one unit. Of the numbers with 15, 16 and 17 digits (6 to 9) next to it, the first that lies nearer than half
 * the gap to the neighbouring floats is the answer. Where the error could decide, where a power of two's lower neighbour
 * is too near to tell, and at the ends of the exponent range, the exact and slow way is taken.
 *
 * Numbers stay inside of one function, for a double that is handed to another is allocated.
 */
export const FLOAT_ROOM = 32;

const MINUS = 0x2d;
const ZERO = 0x30;
const POINT = 0x2e;
const POINT_ZERO = 0x302e;

/** More than the error of a scaled number, and small against one unit of it. */
export const MARGIN = 1e-6;
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

  /** The finite number whose bytes begin at `from`. */
  put(data: DataView, from: number, little: boolean, out: DataView, at: number): number {
    let v = data.getFloat64(from, little);
    let to = at;
    if (v < 0 || Object.is(v, -0)) {
      out.setUint8(to++, MINUS);
      v = -v;
    }
    if (v >= 1e-3 && v < 1e9) {
      if (this.#misses < GIVE_UP) {
        // An integer below 10^15 divided by a power of ten is the double nearest to that decimal number, and no other
        // decimal number of at most 15 digits is read as that double.
        for (let decimals = this.#decimals, next = 1; ; decimals = next++) {
          const scale = TENS[decimals] ?? 1;
          const scaled = Math.floor(v * scale + 0.5);
          if (scaled / scale === v && scaled < 1e15) {
            this.#decimals = decimals;
            this.#misses = 0;
            const whole = Math.floor(v);
            to = putUnsigned31(out, to, whole | 0);
            if (whole === v) {
              out.setUint16(to, POINT_ZERO, true);
              return to + 2;
            }
            out.setUint8(to, POINT);
            putEightDigits(out, to + 1, ((scaled - whole * scale) * (TENS[MAX_DECIMALS - decimals] ?? 1)) | 0);
            return withoutZeros(out, to + 2, to + 1 + decimals);
          }
          if (next > MAX_DECIMALS) break;
        }
      } else if (this.#misses >= TRY_AGAIN) {
        this.#misses = 0;
      }
      this.#misses++;
    }
    if (v < 1e15 && v === Math.floor(v)) {
      to = v < 0x80000000 ? putUnsigned31(out, to, v | 0) : putUnsigned(out, to, v);
      out.setUint16(to, POINT_ZERO, true);
      return to + 2;
    }
    return putScaled(data, from, little, out, to);
  }
}

/** A number that is not zero, without its sign. */
function putScaled(data: DataView, from: number, little: boolean, out: DataView, at: number): number {
  const v = Math.abs(data.getFloat64(from, little));
  if (!(v > 1e-280 && v < 1e280)) return putExact(out, at, v);
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
    power--;
    needPower(power + POWER_OFFSET);
    p = powerHigh[power + POWER_OFFSET] ?? 0;
    high = v * p;
  }
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
  const sure = (isPowerOfTwo ? half * 0.5 : half) - MARGIN;
  let bottom = Math.floor(x * 0.01 + 0.5) * 100;
  let distance = Math.abs(bottom - x);
  let reach = 50;
  if (distance > half + MARGIN) {
    bottom = Math.floor(x * 0.1 + 0.5) * 10;
    distance = Math.abs(bottom - x);
    reach = 5;
    if (distance > half + MARGIN) {
      bottom = Math.floor(x + 0.5);
      distance = Math.abs(bottom - x);
      reach = 0.5;
    }
  }
  // A distance near to `reach` is a tie of two candidates.
  if (distance > sure || distance > reach - MARGIN) return putExact(out, at, v);
  if (bottom >= 1e8) {
    bottom -= 1e8;
    top++;
  }
  if (top < 1e8 || top >= 1e9) return putExact(out, at, v);
  const pointAt = 17 - power;
  const to = digitsAt(at, pointAt);
  const nine = top | 0;
  const leading = (nine / 100_000_000) | 0;
  out.setUint8(to, ZERO + leading);
  putEightDigits(out, to + 1, nine - leading * 100_000_000);
  putEightDigits(out, to + 9, bottom | 0);
  return placePoint(out, at, 17, pointAt);
}

/** By JavaScript's own shortest digits (ECMA-262, Number::toString). */
function putExact(out: DataView, at: number, v: number): number {
  const [mantissa = "", exponent = "0"] = v.toExponential().split("e");
  const pointAt = Number(exponent) + 1;
  const to = digitsAt(at, pointAt);
  return placePoint(out, at, putAscii(out, to, mantissa.replace(".", "")) - to, pointAt);
}
