import type { CharacterSet } from "./datatype.ts";

/**
 * Names and strings of the file as JavaScript strings, without loss: UTF-8, and each byte that is no part of valid UTF-8
 * as a lone surrogate U+DC80 to U+DCFF (as Python's "surrogateescape" does), so that `encodeText(decodeText(b))` is `b`.
 */
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();
/** Only where it is no half of a pair: so says the flag `u`. */
const ESCAPED_BYTE = /[\udc80-\udcff]/gu;

export function decodeText(bytes: Uint8Array): string {
  // TextDecoder refuses views on shared memory.
  const own = bytes.buffer instanceof SharedArrayBuffer ? bytes.slice() : bytes;
  try {
    return strict.decode(own);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return decodeEscaping(own);
  }
}

/** To call TextEncoder takes longer than to copy so many characters. */
const SHORT = 64;

export function encodeText(text: string): Uint8Array {
  const ascii = text.length <= SHORT ? encodeAscii(text) : undefined;
  if (ascii !== undefined) return ascii;
  if (text.isWellFormed()) return encoder.encode(text);
  // A code unit stands for 3 bytes at most.
  const out = new Uint8Array(3 * text.length);
  let length = 0;
  let from = 0;
  for (const { index } of text.matchAll(ESCAPED_BYTE)) {
    length += encoder.encodeInto(text.slice(from, index), out.subarray(length)).written;
    out[length++] = text.charCodeAt(index) & 0xff;
    from = index + 1;
  }
  length += encoder.encodeInto(text.slice(from), out.subarray(length)).written;
  return out.slice(0, length);
}

/** The character set that a name or a string needs: UTF-8 where ASCII is not enough. */
export function charsetOf(text: string): CharacterSet {
  return /^[\0-\x7f]*$/.test(text) ? "ascii" : "utf-8";
}

/** `undefined`: it is not all ASCII. */
function encodeAscii(text: string): Uint8Array | undefined {
  const out = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return undefined;
    out[i] = code;
  }
  return out;
}

/** The number of bytes of the valid UTF-8 sequence at `i`, or 0. */
function sequenceLength(b: Uint8Array, i: number): number {
  const lead = b[i] ?? 0;
  const n =
    lead < 0x80
      ? 1
      : lead >= 0xc2 && lead < 0xe0
        ? 2
        : lead >= 0xe0 && lead < 0xf0
          ? 3
          : lead >= 0xf0 && lead < 0xf5
            ? 4
            : 0;
  if (n === 0 || i + n > b.length) return 0;
  for (let k = 1; k < n; k++) if (((b[i + k] ?? 0) & 0xc0) !== 0x80) return 0;
  const second = b[i + 1] ?? 0;
  const overlong = (lead === 0xe0 && second < 0xa0) || (lead === 0xf0 && second < 0x90);
  const outside = (lead === 0xed && second >= 0xa0) || (lead === 0xf4 && second >= 0x90);
  return overlong || outside ? 0 : n;
}

function decodeEscaping(bytes: Uint8Array): string {
  let out = "";
  for (let i = 0; i < bytes.length; ) {
    let end = i;
    for (let n = sequenceLength(bytes, end); n > 0; n = sequenceLength(bytes, end)) end += n;
    out += strict.decode(bytes.subarray(i, end));
    if (end < bytes.length) out += String.fromCharCode(0xdc00 + (bytes[end++] ?? 0));
    i = end;
  }
  return out;
}
