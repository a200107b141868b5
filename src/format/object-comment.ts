import type { Reader } from "./reader.ts";
import { decodeText } from "./text.ts";

/** Object comment message (IV.A.2.n). */
export function decodeObjectComment(r: Reader): string {
  return decodeText(r.nulTerminated());
}
