/**
 * Integers in decimal. Each function writes at `at` and returns the position after. Digits are stored four at a time, so
 * that up to three bytes after the text may be touched: INTEGER_ROOM bytes must be free (`putBigInt`: as many as the
 * value needs).
 *
 * Output is a DataView: V8 compiles its stores to single unaligned ones, which a Uint8Array's four would not be. And
 * numbers are handed over as 32-bit integers: doubles would be allocated for each call.
 */
export const INTEGER_ROOM = 24;

const ZERO = 0x30;
const MINUS = 0x2d;

/** The four digits of 0000 to 9999, the first in the lowest byte. */
const QUADS = new Uint32Array(10_000);
/** The same without leading zeros, and how many digits that leaves. */
const SHORT = new Uint32Array(10_000);
const SHORT_LENGTH = new Uint8Array(10_000);
for (let i = 0; i < 10_000; i++) {
  const digits = [Math.floor(i / 1000), Math.floor(i / 100) % 10, Math.floor(i / 10) % 10, i % 10];
  QUADS[i] = digits.reduceRight((word, digit) => word * 256 + ZERO + digit, 0);
  SHORT_LENGTH[i] = `${i}`.length;
  SHORT[i] = (QUADS[i] ?? 0) >>> (8 * (4 - (SHORT_LENGTH[i] ?? 4)));
}

/** Exactly eight digits of 0 to 99,999,999. */
export function putEightDigits(out: DataView, at: number, value: number): number {
  const n = value | 0;
  const high = (n / 10_000) | 0;
  out.setUint32(at, QUADS[high] ?? 0, true);
  out.setUint32(at + 4, QUADS[n - high * 10_000] ?? 0, true);
  return at + 8;
}

/** 0 to 2^31 - 1. */
export function putUnsigned31(out: DataView, at: number, value: number): number {
  const n = value | 0;
  if (n < 10_000) {
    out.setUint32(at, SHORT[n] ?? 0, true);
    return at + (SHORT_LENGTH[n] ?? 0);
  }
  const upper = (n / 10_000) | 0;
  if (n < 100_000_000) {
    out.setUint32(at, SHORT[upper] ?? 0, true);
    const to = at + (SHORT_LENGTH[upper] ?? 0);
    out.setUint32(to, QUADS[n - upper * 10_000] ?? 0, true);
    return to + 4;
  }
  const top = (upper / 10_000) | 0;
  out.setUint32(at, SHORT[top] ?? 0, true);
  const to = at + (SHORT_LENGTH[top] ?? 0);
  out.setUint32(to, QUADS[upper - top * 10_000] ?? 0, true);
  out.setUint32(to + 4, QUADS[n - upper * 10_000] ?? 0, true);
  return to + 8;
}

/** 0 to 2^53 - 1. */
export function putUnsigned(out: DataView, at: number, value: number): number {
  if (value < 0x80000000) return putUnsigned31(out, at, value);
  const high = Math.floor(value / 100_000_000);
  return putEightDigits(out, putUnsigned31(out, at, high), value - high * 100_000_000);
}

/** -2^31 to 2^31 - 1. */
export function putSigned32(out: DataView, at: number, value: number): number {
  if (value >= 0) return putUnsigned31(out, at, value);
  out.setUint8(at, MINUS);
  return value === -0x80000000 ? putUnsigned(out, at + 1, 0x80000000) : putUnsigned31(out, at + 1, -value);
}

/** `high` * 2^32 + `low`; both the 32 bits of a number, of either sign. */
export function putUnsigned64(out: DataView, at: number, high: number, low: number): number {
  if (high === 0 && low >= 0) return putUnsigned31(out, at, low);
  // Long division by 10^8, the lower word in two halves so that every step is exact in a double.
  const h = high >>> 0;
  const q2 = Math.floor(h / 1e8);
  const middle = (h - q2 * 1e8) * 0x10000 + (low >>> 16);
  const q1 = Math.floor(middle / 1e8);
  const last = (middle - q1 * 1e8) * 0x10000 + (low & 0xffff);
  const q0 = Math.floor(last / 1e8);
  const eight = (last - q0 * 1e8) | 0;
  const upper = q2 * 0x100000000 + q1 * 0x10000 + q0;
  if (upper === 0) return putUnsigned31(out, at, eight);
  const top = Math.floor(upper / 1e8);
  const rest = (upper - top * 1e8) | 0;
  const to = top === 0 ? putUnsigned31(out, at, rest) : putEightDigits(out, putUnsigned31(out, at, top | 0), rest);
  return putEightDigits(out, to, eight);
}

/** `high` * 2^32 + `low` in two's complement. */
export function putSigned64(out: DataView, at: number, high: number, low: number): number {
  if (high >= 0) return putUnsigned64(out, at, high, low);
  out.setUint8(at, MINUS);
  return putUnsigned64(out, at + 1, low === 0 ? -high | 0 : ~high, -low | 0);
}

/** Any integer; `out` must have room for its digits and a sign. */
export function putBigInt(out: DataView, at: number, value: bigint): number {
  return putAscii(out, at, value.toString());
}

/** Text of ASCII characters only. */
export function putAscii(out: DataView, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) out.setUint8(at + i, text.charCodeAt(i));
  return at + text.length;
}
