import type { Reader } from "./reader.ts";

/** Object reference count message (IV.A.2.w): hard links to the object. Without it, a version 2 header has one. */
export function decodeReferenceCount(r: Reader): number {
  r.version(0);
  return r.u32();
}
