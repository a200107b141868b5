import type { Reader } from "./reader.ts";
import { decodeText, encodeText } from "./text.ts";
import type { Writer } from "./writer.ts";

/** Object comment message (IV.A.2.n). */
export function decodeObjectComment(r: Reader): string {
  return decodeText(r.nulTerminated());
}

export function encodeObjectComment(w: Writer, comment: string): void {
  w.nulTerminated(encodeText(comment));
}
