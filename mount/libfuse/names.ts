import { decodeText, encodeText } from "../../src/format/text.ts";

/**
 * Names go through fuse-native as JavaScript strings in well-formed UTF-8 only. A byte that is no UTF-8 is shown as `%` and two
 * hexadecimal digits instead.
 */
export function toWellFormed(name: Uint8Array): string {
  const text = decodeText(name);
  if (text.isWellFormed()) return text;
  let out = "";
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    out += code >= 0xdc80 && code <= 0xdcff ? `%${(code & 0xff).toString(16).toUpperCase()}` : character;
  }
  return out;
}

/** The name that is shown so; `undefined` where that is the name itself. */
export function fromWellFormed(shown: string): Uint8Array | undefined {
  const name = encodeText(
    shown.replace(/%([89A-F][0-9A-F])/g, (_, digits: string) =>
      String.fromCharCode(0xdc00 + Number.parseInt(digits, 16)),
    ),
  );
  return toWellFormed(name) === shown && !decodeText(name).isWellFormed() ? name : undefined;
}
