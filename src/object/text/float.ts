import { putDigits } from "./digits.ts";
import { putAscii, putEightDigits, putUnsigned } from "./integer.ts";
import { needPower, POWER_OFFSET, powerHigh, powerLow } from "./powers-of-ten.ts";
import { type ExactFloat, shortestDigits } from "./shortest.ts";

/**
 * float64 and float32 in the fewest digits that read back as the same number (form: see `putDigits`), and `nan`, `inf`,
 * `-inf`. `put` writes at `at`, returns the position after, and takes at most FLOAT_TEXT_SIZE bytes.
 *
 * How: the number is scaled to an integer part of all the digits that may be needed (17; 9 for float32), with an error
 * far below one unit. Of the numbers with 15, 16 and 17 digits (6 to 9) next to it, the first that lies nearer than half
 * the gap to the neighbouring floats is the answer. Where the error could decide, at powers of two (whose neighbours are
 * not equally far) and at the ends of the exponent range, the exact and slow way is taken.
 */
export const FLOAT_TEXT_SIZE = 32;

const MINUS = 0x2d;
const ZERO = 0x30;
const POINT = 0x2e;
const NAN_TEXT = "nan";
const INFINITY_TEXT = "inf";

/** More than the error of a scaled number, and small against one unit of it. */
const MARGIN = 1e-6;
/** 2^27 + 1 splits a double into two of 26 bits (Dekker 1971). */
const SPLITTER = 134217729;
const LOG10_OF_2 = Math.LOG10E * Math.LN2;

const double = new Float64Array(1);
const doubleWords = new Uint32Array(double.buffer);
const HIGH_WORD = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0;
const LOW_WORD = 1 - HIGH_WORD;
const single = new Float32Array(1);
const singleWord = new Uint32Array(single.buffer);
const digits = new Uint8Array(24);
const TENS = Float64Array.from({ length: 23 }, (_, i) => 10 ** i);

/** Numbers of one column: the next mostly has as many decimals as the last, and is tried with these first. */
export class Float64Text {
  #decimals = 1;
  #misses = 0;

  put(out: Uint8Array, at: number, value: number): number {
    let to = at;
    let v = value;
    if (v < 0) {
      out[to++] = MINUS;
      v = -v;
    }
    if (v >= 1e-3 && v < 1e9 && this.#misses < 64) {
      // An integer below 10^15 divided by a power of ten is the double nearest to that decimal number, and no other
      // decimal number of at most 15 digits is read as that double.
      const scale = TENS[this.#decimals] ?? 1;
      const scaled = Math.round(v * scale);
      if (scaled / scale === v && scaled < 1e15) return putDecimal(out, to, v, scaled, this.#decimals);
    } else if (v === 0) {
      return putAscii(out, to, Object.is(value, -0) ? "-0.0" : "0.0");
    } else if (!(v > 1e-280 && v < 1e280)) {
      return putExtreme(out, to, v);
    }
    to = putScaledDouble(out, to, v);
    const decimals = writtenDigits - writtenPoint;
    if (decimals > 0 && decimals <= 9) {
      this.#decimals = decimals;
      this.#misses = 0;
    } else if (++this.#misses === 1024) {
      this.#misses = 0;
    }
    return to;
  }
}

/** `scaled` / 10^`decimals`, which is `v`, without the zeros at the end; at most 9 decimals. */
function putDecimal(out: Uint8Array, at: number, v: number, scaled: number, decimals: number): number {
  const whole = Math.floor(v);
  const to = putUnsigned(out, at, whole);
  out[to] = POINT;
  let rest = (scaled - whole * (TENS[decimals] ?? 1)) | 0;
  let end = to + decimals;
  for (let i = end; i > to; i--) {
    const tenth = (rest / 10) | 0;
    out[i] = ZERO + rest - tenth * 10;
    rest = tenth;
  }
  while (end > to + 1 && out[end] === ZERO) end--;
  return end + 1;
}

function putExtreme(out: Uint8Array, at: number, v: number): number {
  if (Number.isNaN(v)) return putAscii(out, at, NAN_TEXT);
  if (v === Number.POSITIVE_INFINITY) return putAscii(out, at, INFINITY_TEXT);
  return putExactDouble(out, at, v);
}

/** By JavaScript's own shortest digits (ECMA-262, Number::toString). */
function putExactDouble(out: Uint8Array, at: number, v: number): number {
  const [mantissa = "", exponent = "0"] = v.toExponential().split("e");
  const count = putAscii(digits, 0, mantissa.replace(".", ""));
  return putNoting(out, at, count, Number(exponent) + 1);
}

let writtenDigits = 0;
let writtenPoint = 0;

function putNoting(out: Uint8Array, at: number, count: number, pointAt: number): number {
  writtenDigits = count;
  writtenPoint = pointAt;
  return putDigits(out, at, digits, count, pointAt);
}

/** `digits` without the zeros at its end. */
function putTrimmed(out: Uint8Array, at: number, count: number, pointAt: number): number {
  let n = count;
  while (n > 1 && digits[n - 1] === ZERO) n--;
  return putNoting(out, at, n, pointAt);
}

/** v in (1e-280, 1e280). */
function putScaledDouble(out: Uint8Array, at: number, v: number): number {
  double[0] = v;
  const word = doubleWords[HIGH_WORD] ?? 0;
  if (doubleWords[LOW_WORD] === 0 && (word & 0xfffff) === 0) return putExactDouble(out, at, v);
  // Exponent and mantissa as one number: log2, at most 0.09 too low and never too high.
  let power = 16 - Math.floor((word - 0x3ff00000) * (LOG10_OF_2 / 0x100000));
  doubleWords[HIGH_WORD] = word & 0x7ff00000;
  doubleWords[LOW_WORD] = 0;
  const halfGap = (double[0] ?? 0) * 2 ** -53;
  const t = SPLITTER * v;
  const v1 = t - (t - v);
  const v2 = v - v1;
  let high = 0;
  let low = 0;
  let p = 0;
  for (;;) {
    needPower(power + POWER_OFFSET);
    p = powerHigh[power + POWER_OFFSET] ?? 0;
    const u = SPLITTER * p;
    const p1 = u - (u - p);
    const p2 = p - p1;
    high = v * p;
    // What rounding took from `high` (Dekker's product), and the product with the rest of the power.
    low = v1 * p1 - high + v1 * p2 + v2 * p1 + v2 * p2 + v * (powerLow[power + POWER_OFFSET] ?? 0);
    if (high < 1e17) break;
    power--;
  }
  if (high < 1e16) return putExactDouble(out, at, v);

  // 17 digits: nine in `top`, eight and a fraction in `rest`.
  let top = Math.floor(high / 1e8);
  let bottom = nearestWithFewestDigits(high - top * 1e8 + low, halfGap * p, 100);
  if (bottom === UNSURE) return putExactDouble(out, at, v);
  if (bottom >= 1e8) {
    bottom -= 1e8;
    top++;
  } else if (bottom < 0) {
    bottom += 1e8;
    top--;
  }
  if (top >= 1e9 || top < 1e8) return putExactDouble(out, at, v);
  const leading = (top / 1e8) | 0;
  digits[0] = ZERO + leading;
  putEightDigits(digits, 1, top - leading * 1e8);
  if (bottom === 0) return putTrimmed(out, at, 9, 17 - power);
  putEightDigits(digits, 9, bottom);
  return putTrimmed(out, at, 17, 17 - power);
}

/** No answer without exact arithmetic; below any that there is. */
const UNSURE = -1e9;

/** The multiple of `unit` next to `x`, or else of a tenth of it, a hundredth..., that lies within `half` of `x`. */
function nearestWithFewestDigits(x: number, half: number, largestUnit: number): number {
  for (let unit = largestUnit; unit >= 1; unit /= 10) {
    const rounded = Math.round(x / unit) * unit;
    const distance = Math.abs(rounded - x);
    if (distance > half + MARGIN) continue;
    return distance > half - MARGIN || unit * 0.5 - distance < MARGIN ? UNSURE : rounded;
  }
  return UNSURE;
}

/** `value` must be a float32. */
export function putFloat32(out: Uint8Array, at: number, value: number): number {
  let to = at;
  let v = value;
  if (v < 0) {
    out[to++] = MINUS;
    v = -v;
  }
  if (v < 0x1000000 && v === Math.floor(v)) {
    if (Object.is(v, -0)) out[to++] = MINUS;
    to = putUnsigned(out, to, v);
    out[to] = POINT;
    out[to + 1] = ZERO;
    return to + 2;
  }
  if (Number.isNaN(v)) return putAscii(out, to, NAN_TEXT);
  if (v === Number.POSITIVE_INFINITY) return putAscii(out, to, INFINITY_TEXT);

  single[0] = v;
  const word = singleWord[0] ?? 0;
  if ((word & 0x7fffff) === 0 || word < 0x800000) return putExactSingle(out, to, word);
  let power = 8 - Math.floor((word - 0x3f800000) * (LOG10_OF_2 / 0x800000));
  singleWord[0] = word & 0x7f800000;
  const halfGap = (single[0] ?? 0) * 2 ** -24;
  needPower(power + POWER_OFFSET);
  let p = powerHigh[power + POWER_OFFSET] ?? 0;
  if (v * p >= 1e9) {
    needPower(--power + POWER_OFFSET);
    p = powerHigh[power + POWER_OFFSET] ?? 0;
  }
  const rounded = nearestWithFewestDigits(v * p, halfGap * p, 1000);
  if (rounded < 1e8 || rounded >= 1e9) return putExactSingle(out, to, word);
  const leading = (rounded / 1e8) | 0;
  digits[0] = ZERO + leading;
  putEightDigits(digits, 1, rounded - leading * 1e8);
  return putTrimmed(out, to, 9, 9 - power);
}

/** Powers of two are frequent, and few. */
const exactSingles = new Map<number, { readonly digits: string; readonly pointAt: number }>();

/** A positive finite float32 from its bits. */
function putExactSingle(out: Uint8Array, at: number, word: number): number {
  const fraction = word & 0x7fffff;
  const exponent = word >>> 23;
  let found = exactSingles.get(word);
  if (found === undefined) {
    found = shortestDigits({
      mantissa: BigInt(exponent === 0 ? fraction : fraction | 0x800000),
      exponent: Math.max(exponent, 1) - 150,
      closeBelow: fraction === 0 && exponent > 1,
    });
    if (fraction === 0) exactSingles.set(word, found);
  }
  const count = putAscii(digits, 0, found.digits);
  return putDigits(out, at, digits, count, found.pointAt);
}

/** Any positive finite float, of any width. `out` must have room for its digits and 20 bytes. */
export function putExact(out: Uint8Array, at: number, value: ExactFloat): number {
  const { digits: text, pointAt } = shortestDigits(value);
  const own = new Uint8Array(text.length);
  putAscii(own, 0, text);
  return putDigits(out, at, own, text.length, pointAt);
}
