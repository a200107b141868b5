import { putUnsigned } from "./integer.ts";

const ZERO = 0x30;
const POINT = 0x2e;
const MINUS = 0x2d;
const PLUS = 0x2b;
const EXPONENT = 0x65;

/**
 * A floating-point number from its significant digits: 0.d1d2...dn times 10^`pointAt`.
 *
 * The form is that of Python's `repr`, for every width of float: `5.0`, `0.0001`, `1e-05`, `1e+16`, `1.5e+300`. It
 * always shows a point or an exponent, so that pandas, NumPy and DuckDB take a column of `5.0`, `7.0` for floats and not
 * for integers, and who compares with h5py sees the same text. JavaScript's own form (`5`, `1e-7`, twenty digits before
 * it uses an exponent) does neither. It is valid JSON.
 *
 * `digits[0..count)` are ASCII digits, the first and last not "0" (or the one digit "0"). Takes at most `count` + 20
 * bytes. Returns the position after.
 */
export function putDigits(out: Uint8Array, at: number, digits: Uint8Array, count: number, pointAt: number): number {
  let to = at;
  if (pointAt > 0 && pointAt <= 16) {
    let i = 0;
    for (; i < pointAt; i++) out[to++] = i < count ? (digits[i] ?? ZERO) : ZERO;
    out[to++] = POINT;
    if (i >= count) out[to++] = ZERO;
    for (; i < count; i++) out[to++] = digits[i] ?? ZERO;
    return to;
  }
  if (pointAt > -4 && pointAt <= 0) {
    out[to++] = ZERO;
    out[to++] = POINT;
    for (let i = pointAt; i < 0; i++) out[to++] = ZERO;
    for (let i = 0; i < count; i++) out[to++] = digits[i] ?? ZERO;
    return to;
  }
  out[to++] = digits[0] ?? ZERO;
  if (count > 1) out[to++] = POINT;
  for (let i = 1; i < count; i++) out[to++] = digits[i] ?? ZERO;
  const exponent = pointAt - 1;
  out[to++] = EXPONENT;
  out[to++] = exponent < 0 ? MINUS : PLUS;
  const size = Math.abs(exponent);
  if (size < 10) out[to++] = ZERO;
  return putUnsigned(out, to, size);
}
