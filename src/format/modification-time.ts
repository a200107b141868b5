import type { Reader } from "./reader.ts";
import { decodeText, encodeText } from "./text.ts";
import type { Writer } from "./writer.ts";

/** The time, as messages and headers have it: seconds since 1970, UTC. */
export function now(): number {
  return Math.floor(Date.now() / 1000);
}

/** Object modification time message (IV.A.2.s): seconds since 1970, UTC. */
export function decodeModificationTime(r: Reader): number {
  r.version(1);
  r.skip(3);
  return r.u32();
}

/** "Object Modification Time (Old)" (IV.A.2.o): YYYYMMDDhhmmss in digits, UTC. */
export function decodeModificationTimeOld(r: Reader): number {
  const text = decodeText(r.take(14));
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text)?.map(Number) ??
    r.fail(`${JSON.stringify(text)} is no time YYYYMMDDhhmmss`);
  return Date.UTC(year ?? 0, (month ?? 0) - 1, day ?? 0, hour ?? 0, minute ?? 0, second ?? 0) / 1000;
}

export function encodeModificationTime(w: Writer, seconds: number): void {
  w.u8(1);
  w.zeros(3);
  w.u32(seconds);
}

export function encodeModificationTimeOld(w: Writer, seconds: number): void {
  const digits = new Date(seconds * 1000).toISOString().replace(/\D/g, "");
  w.put(encodeText(digits.slice(0, 14)));
  w.zeros(2);
}
