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
 * First the ASCII digits are written at `digitsAt`, then `placePoint` makes the number of them.
 */
export function digitsAt(at: number, pointAt: number): number {
  return pointAt > -4 && pointAt <= 0 ? at + 2 - pointAt : at + 1;
}

/**
 * Completes the number whose text begins at `at`. Of the `count` digits the first is not "0" (unless it is the only one);
 * zeros at their end are left out. Takes at most `count` + 20 bytes. Returns the position after.
 */
export function placePoint(out: DataView, at: number, count: number, pointAt: number): number {
  if (pointAt > 16 || pointAt <= -4) return placeExponent(out, at, count, pointAt - 1);
  if (pointAt <= 0) {
    out.setUint8(at, ZERO);
    out.setUint8(at + 1, POINT);
    const start = at + 2 - pointAt;
    for (let i = at + 2; i < start; i++) out.setUint8(i, ZERO);
    return withoutZeros(out, start + 1, start + count);
  }
  for (let i = at; i < at + pointAt; i++) out.setUint8(i, i < at + count ? out.getUint8(i + 1) : ZERO);
  const point = at + pointAt;
  out.setUint8(point, POINT);
  if (pointAt < count) return withoutZeros(out, point + 2, at + 1 + count);
  out.setUint8(point + 1, ZERO);
  return point + 2;
}

/** Steps back from `end` over zeros, not below `least`. */
export function withoutZeros(out: DataView, least: number, end: number): number {
  let to = end;
  while (to > least && out.getUint8(to - 1) === ZERO) to--;
  return to;
}

function placeExponent(out: DataView, at: number, count: number, exponent: number): number {
  out.setUint8(at, out.getUint8(at + 1));
  out.setUint8(at + 1, POINT);
  let to = withoutZeros(out, at + 2, at + 1 + count);
  if (to === at + 2) to = at + 1;
  out.setUint8(to, EXPONENT);
  out.setUint8(to + 1, exponent < 0 ? MINUS : PLUS);
  to += 2;
  const size = Math.abs(exponent);
  if (size < 10) out.setUint8(to++, ZERO);
  return putUnsigned(out, to, size);
}
