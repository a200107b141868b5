import type { Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** Object reference count message (IV.A.2.w): hard links to the object. Without it, a version 2 header has one. */
export function decodeReferenceCount(r: Reader): number {
  r.version(0);
  return r.u32();
}

export function encodeReferenceCount(w: Writer, count: number): void {
  w.u8(0);
  w.u32(count);
}
