import { digitsAt, placePoint } from "./digits.ts";
import { nearest, putWhole } from "./float64.ts";
import { putAscii, putEightDigits } from "./integer.ts";
import { needPower, POWER_OFFSET, powerHigh } from "./powers-of-ten.ts";
import { type ExactFloat, shortestDigits } from "./shortest.ts";

const MINUS = 0x2d;
const ZERO = 0x30;
const LOG10_OF_2 = Math.LOG10E * Math.LN2;

const single = new Float32Array(1);
const singleWord = new Uint32Array(single.buffer);

/** As `Float64Text`, in the fewest digits that read back as this float32. `value` must be one. FLOAT_ROOM bytes must be free. */
export function putFloat32(out: DataView, at: number, value: number): number {
  let to = at;
  let v = value;
  if (v < 0) {
    out.setUint8(to++, MINUS);
    v = -v;
  }
  if (v < 0x1000000 && v === Math.floor(v)) {
    if (Object.is(v, -0)) out.setUint8(to++, MINUS);
    return putWhole(out, to, v);
  }
  if (Number.isNaN(v)) return putAscii(out, to, "nan");
  if (v === Number.POSITIVE_INFINITY) return putAscii(out, to, "inf");

  single[0] = v;
  const word = singleWord[0] ?? 0;
  if (word < 0x800000) return putExactSingle(out, to, word);
  let power = 8 - Math.floor((word - 0x3f800000) * (LOG10_OF_2 / 0x800000));
  singleWord[0] = word & 0x7f800000;
  const halfGap = (single[0] ?? 0) * 2 ** -24;
  needPower(power + POWER_OFFSET);
  let p = powerHigh[power + POWER_OFFSET] ?? 0;
  if (v * p >= 1e9) {
    needPower(--power + POWER_OFFSET);
    p = powerHigh[power + POWER_OFFSET] ?? 0;
  }
  const half = halfGap * p;
  const rounded = nearest(v * p, half, (word & 0x7fffff) === 0 ? half / 2 : half, 1000);
  if (rounded < 1e8 || rounded >= 1e9) return putExactSingle(out, to, word);
  const pointAt = 9 - power;
  const start = digitsAt(to, pointAt);
  const leading = (rounded / 1e8) | 0;
  out.setUint8(start, ZERO + leading);
  putEightDigits(out, start + 1, rounded - leading * 1e8);
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
