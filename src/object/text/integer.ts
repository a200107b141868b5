/**
 * Integers in decimal, as bytes. Each function writes at `at`, returns the position after, and takes at most 21 bytes
 * (`putBigInt` as many as the value needs).
 */

const ZERO = 0x30;
const MINUS = 0x2d;

/** The digits of 0000 to 9999. */
const QUADS = new Uint8Array(40_000);
for (let i = 0; i < 10_000; i++) {
  QUADS[4 * i] = ZERO + Math.floor(i / 1000);
  QUADS[4 * i + 1] = ZERO + (Math.floor(i / 100) % 10);
  QUADS[4 * i + 2] = ZERO + (Math.floor(i / 10) % 10);
  QUADS[4 * i + 3] = ZERO + (i % 10);
}

/** Exactly four digits of 0 to 9999. */
function putQuad(out: Uint8Array, at: number, value: number): void {
  const q = value << 2;
  out[at] = QUADS[q] ?? 0;
  out[at + 1] = QUADS[q + 1] ?? 0;
  out[at + 2] = QUADS[q + 2] ?? 0;
  out[at + 3] = QUADS[q + 3] ?? 0;
}

/** Exactly eight digits of 0 to 99,999,999. */
export function putEightDigits(out: Uint8Array, at: number, value: number): number {
  const high = (value / 10_000) | 0;
  putQuad(out, at, high);
  putQuad(out, at + 4, value - high * 10_000);
  return at + 8;
}

/** 0 to 9999 without leading zeros. */
function putSmall(out: Uint8Array, at: number, value: number): number {
  let to = at;
  const q = value << 2;
  if (value >= 1000) out[to++] = QUADS[q] ?? 0;
  if (value >= 100) out[to++] = QUADS[q + 1] ?? 0;
  if (value >= 10) out[to++] = QUADS[q + 2] ?? 0;
  out[to++] = QUADS[q + 3] ?? 0;
  return to;
}

/** 0 to 2^53 - 1. */
export function putUnsigned(out: Uint8Array, at: number, value: number): number {
  if (value < 10_000) return putSmall(out, at, value);
  if (value < 100_000_000) {
    const high = (value / 10_000) | 0;
    const to = putSmall(out, at, high);
    putQuad(out, to, value - high * 10_000);
    return to + 4;
  }
  const high = Math.floor(value / 100_000_000);
  return putEightDigits(out, putUnsigned(out, at, high), value - high * 100_000_000);
}

/** -(2^53 - 1) to 2^53 - 1. */
export function putInteger(out: Uint8Array, at: number, value: number): number {
  if (value >= 0) return putUnsigned(out, at, value);
  out[at] = MINUS;
  return putUnsigned(out, at + 1, -value);
}

/** Any integer; `out` must have room for its digits and a sign. */
export function putBigInt(out: Uint8Array, at: number, value: bigint): number {
  return putAscii(out, at, value.toString());
}

/** Text of ASCII characters only. */
export function putAscii(out: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) out[at + i] = text.charCodeAt(i);
  return at + text.length;
}
