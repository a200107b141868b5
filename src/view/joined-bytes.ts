import { H5Error } from "../errors.ts";

/** One after the other, in memory of their own. */
export function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

/** A text that is one value. @param most bytes that it may have @throws H5Error "limit" where it has more */
export function wholeText(blocks: Iterable<Uint8Array>, most: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let size = 0;
  for (const block of blocks) {
    size += block.length;
    if (size > most) throw new H5Error("limit", `the text is one value of more than ${most} bytes`);
    parts.push(block.slice());
  }
  return Buffer.concat(parts);
}
