import type { Reader } from "./reader.ts";
import { decodeText } from "./text.ts";

/** One filter of a filter pipeline (IV.A.2.l, "The Data Storage - Filter Pipeline Message"). */
export interface Filter {
  readonly id: number;
  /** "" where the message has none. */
  readonly name: string;
  /** An optional filter may have been left out of a chunk when it was written; the chunk's filter mask says so. */
  readonly optional: boolean;
  readonly clientData: readonly number[];
}

/** H5Z_MAX_NFILTERS */
const MAX_FILTERS = 32;
/** Ids below this one are the library's own: version 2 leaves out their names. */
const FIRST_REGISTERED_ID = 256;

export function decodeFilterPipeline(r: Reader): Filter[] {
  const version = r.version(1, 2);
  const count = r.u8();
  if (count > MAX_FILTERS) r.fail(`${count} filters, expected at most ${MAX_FILTERS}`);
  if (version === 1) r.skip(6);
  return Array.from({ length: count }, () => decodeFilter(r, version));
}

function decodeFilter(r: Reader, version: number): Filter {
  const id = r.u16();
  const nameLength = version === 1 || id >= FIRST_REGISTERED_ID ? r.u16() : 0;
  const flags = r.u16();
  const valueCount = r.u16();
  if (version === 1 && nameLength % 8 !== 0)
    r.fail(`filter ${id}: length of name is ${nameLength}, expected a multiple of 8`);
  const name = r.take(nameLength);
  const end = name.indexOf(0);
  if (valueCount * 4 > r.remaining) r.fail(`filter ${id}: ${valueCount} client data values do not fit`);
  const clientData = Array.from({ length: valueCount }, () => r.u32());
  if (version === 1 && valueCount % 2 === 1) r.skip(4);
  return { id, name: decodeText(end < 0 ? name : name.subarray(0, end)), optional: (flags & 1) !== 0, clientData };
}
