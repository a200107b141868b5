import { digitsAt, placePoint } from "./digits.ts";
import { MARGIN } from "./float64.ts";
import { putAscii, putEightDigits, putUnsigned31 } from "./integer.ts";
import { needPower, POWER_OFFSET, powerHigh } from "./powers-of-ten.ts";
import { type ExactFloat, shortestDigits } from "./shortest.ts";

const MINUS = 0x2d;
const ZERO = 0x30;
const POINT_ZERO = 0x302e;
const LOG10_OF_2 = Math.LOG10E * Math.LN2;

const single = new Float32Array(1);
const singleWord = new Uint32Array(single.buffer);

/** The finite number whose bytes begin at `from`, as `Float64Text` does it, in the fewest digits that read back as this float32. */
export function putFloat32(data: DataView, from: number, little: boolean, out: DataView, at: number): number {
  let v = data.getFloat32(from, little);
  let to = at;
  if (v < 0 || Object.is(v, -0)) {
    out.setUint8(to++, MINUS);
    v = -v;
  }
  if (v < 0x1000000 && v === Math.floor(v)) {
    to = putUnsigned31(out, to, v | 0);
    out.setUint16(to, POINT_ZERO, true);
    return to + 2;
  }
  single[0] = v;
  const word = singleWord[0] ?? 0;
  if (word < 0x800000) return putExactSingle(out, to, word);
  singleWord[0] = word & 0x7f800000;
  let power = 8 - Math.floor((word - 0x3f800000) * (LOG10_OF_2 / 0x800000));
  needPower(power + POWER_OFFSET);
  let p = powerHigh[power + POWER_OFFSET] ?? 0;
  let x = v * p;
  if (x >= 1e9) {
    power--;
    needPower(power + POWER_OFFSET);
    p = powerHigh[power + POWER_OFFSET] ?? 0;
    x = v * p;
  }
  const half = (single[0] ?? 0) * 2 ** -24 * p;
  const sure = ((word & 0x7fffff) === 0 ? half * 0.5 : half) - MARGIN;
  let unit = 1000;
  let rounded = Math.floor(x * 0.001 + 0.5) * 1000;
  let distance = Math.abs(rounded - x);
  while (distance > half + MARGIN && unit > 1) {
    unit = (unit / 10) | 0;
    rounded = Math.floor(x / unit + 0.5) * unit;
    distance = Math.abs(rounded - x);
  }
  // A distance near to half a unit is a tie of two candidates.
  if (distance > sure || distance > unit * 0.5 - MARGIN || rounded < 1e8 || rounded >= 1e9) {
    return putExactSingle(out, to, word);
  }
  const pointAt = 9 - power;
  const start = digitsAt(to, pointAt);
  const nine = rounded | 0;
  const leading = (nine / 100_000_000) | 0;
  out.setUint8(start, ZERO + leading);
  putEightDigits(out, start + 1, nine - leading * 100_000_000);
  return placePoint(out, to, 9, pointAt);
}

/** A positive finite float32 from its bits. */
function putExactSingle(out: DataView, at: number, word: number): number {
  const fraction = word & 0x7fffff;
  const exponent = word >>> 23;
  return putExact(out, at, {
    mantissa: BigInt(exponent === 0 ? fraction : fraction | 0x800000),
    exponent: Math.max(exponent, 1) - 150,
    closeBelow: fraction === 0 && exponent > 1,
  });
}

/** Any positive finite float, of any width. `out` must have room for its digits and 20 bytes. */
export function putExact(out: DataView, at: number, value: ExactFloat): number {
  const { digits, pointAt } = shortestDigits(value);
  putAscii(out, digitsAt(at, pointAt), digits);
  return placePoint(out, at, digits.length, pointAt);
}
