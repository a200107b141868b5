import { isBlank } from "./json-rows.ts";
import type { JsonStyle } from "./json-style.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const OPEN_OBJECT = 0x7b;
const CLOSE_LIST = 0x5d;
const CLOSE_OBJECT = 0x7d;

/** Longer indents are nobody's. */
const MAX_INDENT = 16;

/** Where white space is in a JSON text. */
export type JsonLayout = Pick<JsonStyle, "lines" | "indent" | "newline" | "comma" | "colon">;

/**
 * Where white space is, as the beginning of a text shows it; what is not seen there is as others have it.
 * @returns `undefined`: as `jsonFormat` writes it, or as no style does
 */
export function jsonLayoutOf(head: Uint8Array): JsonLayout | undefined {
  const text = Buffer.from(head.buffer, head.byteOffset, head.length).toString("latin1");
  /** White space after the brackets of each depth, the outermost first; after commas that stay on their line; after colons. */
  const opened: string[] = [];
  let comma: string | undefined;
  let colon: string | undefined;
  let depth = 0;
  for (let at = 0; at < head.length; ) {
    const byte = head[at++] ?? 0;
    if (byte === QUOTE) at = stringEnd(head, at);
    else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) depth--;
    if (byte !== OPEN_LIST && byte !== OPEN_OBJECT && byte !== COMMA && byte !== COLON) continue;
    let to = at;
    while (to < head.length && isBlank(head[to] ?? 0)) to++;
    // What follows is not to be seen any more.
    if (to === head.length) break;
    const space = text.slice(at, to);
    if (byte === COLON) colon ??= space;
    else if (byte !== COMMA) {
      depth++;
      if (head[to] !== CLOSE_LIST && head[to] !== CLOSE_OBJECT) opened[depth - 1] ??= space;
    } else if (!space.includes("\n")) comma ??= space;
    else if (opened[depth - 1] === "") return undefined;
    at = to;
  }
  const [outermost = "", inner] = opened;
  const [, newline, indent = ""] = /^(\r?\n)([ \t]*)$/.exec(outermost) ?? [];
  if (newline === undefined ? outermost !== "" : indent.length > MAX_INDENT) return undefined;
  return {
    lines: newline === undefined ? "none" : inner === "" ? "outermost" : "all",
    indent,
    newline: newline === "\r\n" ? "\r\n" : "\n",
    comma: comma === "" ? "," : ", ",
    colon: colon === "" ? ":" : ": ",
  };
}

/** @param at behind its first quote */
function stringEnd(bytes: Uint8Array, at: number): number {
  for (let to = at; to < bytes.length; to++) {
    if (bytes[to] === BACKSLASH) to++;
    else if (bytes[to] === QUOTE) return to + 1;
  }
  return bytes.length;
}
