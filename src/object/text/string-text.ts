import { H5Error } from "../../errors.ts";
import type { StringPadding } from "../../format/datatype.ts";
import { decodeText, encodeText } from "../../format/text.ts";
import type { ByteSink } from "./byte-sink.ts";

const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Where the string in [start, end) ends: the bytes after it are padding. */
export function stringEnd(bytes: Uint8Array, start: number, end: number, padding: StringPadding): number {
  if (padding === "null-terminated") {
    let nul = start;
    while (nul < end && bytes[nul] !== 0) nul++;
    return nul;
  }
  const pad = padding === "null-padded" ? 0 : SPACE;
  let to = end;
  while (to > start && bytes[to - 1] === pad) to--;
  return to;
}

/** How strings are written that do not stand in JSON as they are. */
export interface JsonEscapes {
  /** The bytes of a JSON string. */
  text(text: string): Uint8Array;
  /** A character of ASCII that is escaped besides those that have to be. */
  readonly also?: number;
}

/** As a JSON string. A byte that is no UTF-8 is written `\udc80` to `\udcff`, as Python's "surrogateescape" has it. */
export function writeJsonString(
  sink: ByteSink,
  bytes: Uint8Array,
  start: number,
  end: number,
  { text, also = QUOTE }: JsonEscapes = NEEDED,
): void {
  sink.room(end - start + 2);
  const out = sink.bytes;
  let to = sink.length;
  out[to++] = QUOTE;
  for (let i = start; i < end; i++) {
    const b = bytes[i] ?? 0;
    if (b < SPACE || b > 0x7e || b === QUOTE || b === BACKSLASH || b === also) {
      sink.write(text(decodeText(checkLength(bytes.subarray(start, end)))));
      return;
    }
    out[to++] = b;
  }
  out[to++] = QUOTE;
  sink.length = to;
}

/** JavaScript's strings end at 2^29 characters, and an escaped byte has 6. */
const MAX_ESCAPED = 2 ** 26;

function checkLength(bytes: Uint8Array): Uint8Array {
  if (bytes.length > MAX_ESCAPED) {
    throw new H5Error("limit", `a string of ${bytes.length} bytes is too long for JSON, at most ${MAX_ESCAPED}`);
  }
  return bytes;
}

/** The bytes of a JSON string. */
export function jsonText(text: string): Uint8Array {
  return encodeText(JSON.stringify(text));
}

const NEEDED: JsonEscapes = { text: jsonText };

const HEX = encodeText("0123456789abcdef");

/** `0x` and two hexadecimal digits for each byte, in their order. */
export function putHex(out: DataView, to: number, bytes: Uint8Array, start: number, end: number): number {
  let at = to;
  out.setUint8(at++, 0x30);
  out.setUint8(at++, 0x78);
  for (let i = start; i < end; i++) {
    const b = bytes[i] ?? 0;
    out.setUint8(at++, HEX[b >> 4] ?? 0);
    out.setUint8(at++, HEX[b & 15] ?? 0);
  }
  return at;
}
