const ZERO = 0x30;
const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const COMMA = 0x2c;

/**
 * How a number is written, of which there are many ways: `5`, `5.0`, `5.00`, `5e0`. Only forms that some program writes:
 * no `+5`, `05`, `.5`, `5.`. One is used over and over.
 */
export class NumberShape {
  /** The point, `.` or `,`; 0 without one. */
  point = 0;
  /** Digits after the point; 0 without one. */
  decimals = 0;
  /** Of these, whether the last is a zero. */
  endsWithZero = false;
  /** Significant digits, from the first that is not 0 to the last that is not. */
  digits = 0;
  /** The number is 0.d1d2... times 10^pointAt; 0 for zero. */
  pointAt = 0;
  /** The letter of the exponent; 0 without one. */
  letter = 0;
  /** Characters of the exponent behind its sign. */
  exponentDigits = 0;
  negative = false;

  /** False: [from, to) is no number, or in no such form. @param comma whether a comma may be the point */
  scan(bytes: Uint8Array, from: number, to: number, comma: boolean): boolean {
    let at = from;
    this.negative = bytes[at] === MINUS;
    if (this.negative) at++;
    const first = at;
    let leading = 0;
    let seen = 0;
    let last = 0;
    let point = -1;
    for (; at < to; at++) {
      const digit = (bytes[at] ?? 0) - ZERO;
      if (digit >= 0 && digit <= 9) {
        if (seen > 0 || digit > 0) seen++;
        else leading++;
        if (digit > 0) last = seen;
      } else if ((digit === POINT - ZERO || (comma && digit === COMMA - ZERO)) && point < 0) {
        point = at;
      } else {
        break;
      }
    }
    const end = at;
    const whole = (point < 0 ? end : point) - first;
    if (whole < 1 || point === end - 1 || (whole > 1 && bytes[first] === ZERO)) return false;
    this.point = bytes[point] ?? 0;
    this.decimals = point < 0 ? 0 : end - point - 1;
    this.endsWithZero = point >= 0 && bytes[end - 1] === ZERO;
    this.digits = last;
    // Leading zeros are those before the first digit that counts, of which the whole part may have one.
    this.pointAt = last === 0 ? 0 : whole - leading;
    this.letter = 0;
    this.exponentDigits = 0;
    return at === to || this.#scanExponent(bytes, at, to);
  }

  #scanExponent(bytes: Uint8Array, from: number, to: number): boolean {
    const letter = bytes[from] ?? 0;
    if (letter !== 0x65 && letter !== 0x45) return false;
    let at = from + 1;
    const sign = bytes[at];
    if (sign === MINUS || sign === PLUS) at++;
    const first = at;
    let exponent = 0;
    for (; at < to; at++) {
      const digit = (bytes[at] ?? 0) - ZERO;
      if (digit < 0 || digit > 9 || at - first > 4) return false;
      exponent = exponent * 10 + digit;
    }
    if (at === first) return false;
    this.letter = letter;
    this.exponentDigits = at - first;
    this.pointAt += sign === MINUS ? -exponent : exponent;
    return true;
  }

  /** True for an integer in its only form: no point, no exponent, no `-0`. */
  get isInteger(): boolean {
    return this.decimals === 0 && this.letter === 0 && !(this.negative && this.digits === 0);
  }
}
