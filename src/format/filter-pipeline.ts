import type { Reader } from "./reader.ts";
import { decodeText, encodeText } from "./text.ts";
import type { Writer } from "./writer.ts";

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

/** @param version 1, or 2, which leaves out the names of the library's own filters */
export function encodeFilterPipeline(w: Writer, filters: readonly Filter[], version: 1 | 2): void {
  w.u8(version);
  w.u8(filters.length);
  if (version === 1) w.zeros(6);
  for (const { id, name, optional, clientData } of filters) {
    const hasName = version === 1 || id >= FIRST_REGISTERED_ID;
    const nameBytes = encodeText(name);
    // With its NUL; version 1 pads it.
    const length = nameBytes.length === 0 ? 0 : nameBytes.length + 1;
    const padded = version === 1 ? Math.ceil(length / 8) * 8 : length;
    w.u16(id);
    if (hasName) w.u16(padded);
    w.u16(optional ? 1 : 0);
    w.u16(clientData.length);
    if (hasName) {
      w.put(nameBytes);
      w.zeros(padded - nameBytes.length);
    }
    for (const value of clientData) w.u32(value);
    if (version === 1 && clientData.length % 2 === 1) w.zeros(4);
  }
}
