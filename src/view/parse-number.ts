import { H5Error } from "../errors.ts";
import type { FloatType } from "../format/datatype.ts";
import { decodeText } from "../format/text.ts";
import type { ElementBytes } from "../object/value-bytes.ts";
import { type PutInteger, smallPut } from "../object/value-encode-number.ts";
import { floatFormat } from "../object/value-float.ts";
import { type ExactNumber, FloatEncoder } from "../object/value-float-encode.ts";
import { type IntegerLayout, integerRange, isWholeInteger, writeInteger } from "../object/value-integer.ts";

const ZERO = 0x30;
const PLUS = 0x2b;
const MINUS = 0x2d;
const POINT = 0x2e;
const SPACE = 0x20;
const LOWER = 0x20;
const E = 0x65;

/** Up to so many digits, and with a power of ten up to 10^22, a double holds both exactly: one operation gives the nearest. */
const EXACT_DIGITS = 15;
const EXACT_POWERS = Float64Array.from({ length: 23 }, (_, i) => 10 ** i);

/** What is longer is no number that anybody has written. */
const MAX_LENGTH = 2000;

/** No float has a larger exponent. */
const MAX_EXPONENT = 20_000;

/** The text of a number, taken apart. One is used over and over, so that nothing is allocated for a number. */
export class NumberText {
  kind: "none" | "decimal" | "nan" | "infinity" = "none";
  negative = false;
  /** The digits as one integer, exact if there are at most 15. */
  mantissa = 0;
  /** Digits from the first that is not 0 on. */
  digits = 0;
  /** The number is mantissa times 10^exponent. */
  exponent = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  /** The same bytes, whose text can be had without a copy. */
  #buffer: Buffer = Buffer.alloc(0);
  #from = 0;
  #to = 0;

  /** Reads [from, to), blanks around it left out. False: it is no number. */
  scan(bytes: Uint8Array, from: number, to: number): boolean {
    let at = from;
    let end = to;
    while (at < end && bytes[at] === SPACE) at++;
    while (end > at && bytes[end - 1] === SPACE) end--;
    this.kind = "none";
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    this.#from = at;
    this.#to = end;
    if (end - at > MAX_LENGTH) return false;
    const sign = bytes[at];
    this.negative = sign === MINUS;
    if (sign === MINUS || sign === PLUS) at++;
    let mantissa = 0;
    let digits = 0;
    let exponent = 0;
    let isNumber = false;
    let afterPoint = false;
    for (; at < end; at++) {
      const digit = (bytes[at] ?? 0) - ZERO;
      if (digit >= 0 && digit <= 9) {
        isNumber = true;
        if (digits > 0 || digit > 0) digits++;
        if (digits <= EXACT_DIGITS) mantissa = mantissa * 10 + digit;
        if (afterPoint) exponent--;
      } else if (digit === POINT - ZERO && !afterPoint) {
        afterPoint = true;
      } else {
        break;
      }
    }
    if (!isNumber) return !afterPoint && this.#scanName(at, end);
    if (at < end) {
      if (((bytes[at] ?? 0) | LOWER) !== E) return false;
      const written = this.#scanExponent(at + 1, end);
      if (written === undefined) return false;
      exponent += written;
    }
    this.kind = "decimal";
    this.mantissa = mantissa;
    this.digits = digits;
    this.exponent = exponent;
    return true;
  }

  #scanExponent(from: number, end: number): number | undefined {
    let at = from;
    const sign = this.#bytes[at];
    if (sign === MINUS || sign === PLUS) at++;
    if (at === end) return undefined;
    let exponent = 0;
    for (; at < end; at++) {
      const digit = (this.#bytes[at] ?? 0) - ZERO;
      if (digit < 0 || digit > 9) return undefined;
      exponent = Math.min(exponent * 10 + digit, 10 * MAX_EXPONENT);
    }
    return sign === MINUS ? -exponent : exponent;
  }

  /** `nan`, `inf`, `infinity`, in whatever case. */
  #scanName(from: number, end: number): boolean {
    if (end - from !== 3 && end - from !== 8) return false;
    const name = Buffer.from(this.#bytes.subarray(from, end)).toString("latin1").toLowerCase();
    if (name === "nan") this.kind = "nan";
    else if (name === "inf" || name === "infinity") this.kind = "infinity";
    return this.kind !== "none";
  }

  /** The text, for messages. */
  get text(): string {
    return this.#buffer.toString("latin1", this.#from, this.#to);
  }

  /** The nearest double; infinite where there is none. */
  toDouble(): number {
    if (this.kind === "nan") return Number.NaN;
    const sign = this.negative ? -1 : 1;
    if (this.kind === "infinity") return sign * Number.POSITIVE_INFINITY;
    if (this.digits <= EXACT_DIGITS) {
      const { mantissa, exponent } = this;
      if (mantissa === 0) return sign * 0;
      if (exponent <= 0 && exponent >= -22) return (sign * mantissa) / (EXACT_POWERS[-exponent] ?? 1);
      if (exponent > 0 && exponent <= 22) return sign * mantissa * (EXACT_POWERS[exponent] ?? 1);
    }
    return Number(this.text);
  }

  /** The number without rounding. @throws H5Error "argument" where its exponent is beyond all floats */
  toExact(): ExactNumber {
    const { kind, negative, exponent } = this;
    if (kind === "nan") return { kind };
    if (kind === "infinity") return { kind, negative };
    const numerator = this.#digits();
    if (numerator === 0n || exponent < -MAX_EXPONENT)
      return { kind: "finite", negative, numerator: 0n, denominator: 1n };
    if (exponent > MAX_EXPONENT) throw new H5Error("argument", `${this.text} is too large`);
    return exponent < 0
      ? { kind: "finite", negative, numerator, denominator: 10n ** BigInt(-exponent) }
      : { kind: "finite", negative, numerator: numerator * 10n ** BigInt(exponent), denominator: 1n };
  }

  #digits(): bigint {
    if (this.digits <= EXACT_DIGITS) return BigInt(this.mantissa);
    const written = this.text.replace(/[eE].*$/s, "").replaceAll(/[^0-9]/g, "");
    return BigInt(written);
  }
}

/** Writes the number of a text to the element at `at`. @throws H5Error "argument" where the text is no such number */
export type ParseNumber = (bytes: Uint8Array, from: number, to: number, out: ElementBytes, at: number) => void;

const number = new NumberText();

/** The error that says why a text is refused. */
export function refused(bytes: Uint8Array, from: number, to: number, why: string): H5Error {
  const text = decodeText(bytes.subarray(from, Math.min(to, from + 40)));
  return new H5Error("argument", `${JSON.stringify(to - from > 40 ? `${text}...` : text)} ${why}`);
}

/**
 * Integers in decimal. One with a point or an exponent is taken if it is whole all the same: `5.0`, `1e3`.
 * @param padding see `paddingOf`
 */
export function integerParser(layout: IntegerLayout, padding: bigint): ParseNumber {
  const [least, greatest] = integerRange(layout);
  const low = Math.max(Number(least), -Number.MAX_SAFE_INTEGER);
  const high = Math.min(Number(greatest), Number.MAX_SAFE_INTEGER);
  const put = isWholeInteger(layout) ? integerPut(layout) : undefined;
  return (bytes, from, to, out, at) => {
    if (!number.scan(bytes, from, to) || number.kind !== "decimal") {
      throw refused(bytes, from, to, "is not an integer");
    }
    if (put !== undefined && number.exponent === 0 && number.digits <= EXACT_DIGITS) {
      const value = number.negative ? -number.mantissa : number.mantissa;
      if (value >= low && value <= high) {
        put(out.view, at, value);
        return;
      }
    }
    const exact = number.toExact();
    if (exact.kind !== "finite" || exact.numerator % exact.denominator !== 0n) {
      throw refused(bytes, from, to, "is not an integer");
    }
    const size = exact.numerator / exact.denominator;
    const value = exact.negative ? -size : size;
    if (value < least || value > greatest) throw refused(bytes, from, to, `does not fit, ${least} to ${greatest}`);
    writeInteger(out.bytes, at, layout, padding, value);
  };
}

/** Stores of a whole number of at most 53 bits that fits. */
function integerPut(layout: IntegerLayout): PutInteger {
  const little = layout.order === "little";
  const put = smallPut(layout);
  if (put !== undefined) return put;
  return (view, at, value) => {
    const high = Math.floor(value / 0x100000000);
    view.setUint32(at + (little ? 0 : 4), value - high * 0x100000000, little);
    view.setInt32(at + (little ? 4 : 0), high, little);
  };
}

/** Floats of any layout: the nearest of the type. */
export function floatParser(type: FloatType): ParseNumber {
  const little = type.order === "little";
  const format = floatFormat(type);
  const encoder = new FloatEncoder(type);
  const checked = (bytes: Uint8Array, from: number, to: number): void => {
    if (!number.scan(bytes, from, to)) throw refused(bytes, from, to, "is not a number");
  };
  if (format === "binary64") {
    return (bytes, from, to, out, at) => {
      checked(bytes, from, to);
      const value = number.toDouble();
      if (!Number.isFinite(value) && number.kind === "decimal") throw refused(bytes, from, to, "is too large");
      out.view.setFloat64(at, value, little);
    };
  }
  const exactly = (bytes: Uint8Array, from: number, to: number, out: ElementBytes, at: number): void => {
    try {
      encoder.write(out.bytes, at, number.toExact());
    } catch (error) {
      if (!(error instanceof H5Error)) throw error;
      throw refused(bytes, from, to, "is too large");
    }
  };
  if (format !== "binary32") {
    return (bytes, from, to, out, at) => {
      checked(bytes, from, to);
      exactly(bytes, from, to, out, at);
    };
  }
  return (bytes, from, to, out, at) => {
    checked(bytes, from, to);
    const value = number.toDouble();
    if (isTieOfSingles(value)) exactly(bytes, from, to, out, at);
    else out.view.setFloat32(at, value, little);
  };
}

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
const LOW_WORD = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 0 : 1;

/** True where rounding a double, itself rounded, to a float32 could be wrong: half way between two of them, or out of their range. */
function isTieOfSingles(value: number): boolean {
  const size = Math.abs(value);
  if (size < 2 ** -126) return value !== 0;
  if (size > 3.4e38) return Number.isFinite(value) || number.kind === "decimal";
  double[0] = value;
  return ((words[LOW_WORD] ?? 0) & 0x1fffffff) === 0x10000000;
}
