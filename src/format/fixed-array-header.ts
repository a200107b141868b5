import type { Reader, Sizes } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** Fixed array header (Specification III.C.3, "Fixed Array Index", "Fixed Array Header"). */
export interface FixedArrayHeader {
  /** 0: chunks without filters; 1: chunks with filters. */
  readonly clientId: number;
  /** Bytes of an element. */
  readonly entrySize: number;
  /** 2 to the power of this is the number of elements in a page, and the most that a data block without pages has. */
  readonly pageBits: number;
  readonly maxEntries: number;
  /** `undefined`: no element was ever set. */
  readonly dataBlockAddress: number | undefined;
}

export function fixedArrayHeaderSize(sizes: Sizes): number {
  return 4 + 1 + 1 + 1 + 1 + sizes.sizeOfLengths + sizes.sizeOfOffsets + 4;
}

export function decodeFixedArrayHeader(r: Reader): FixedArrayHeader {
  r.signature("FAHD");
  r.version(0);
  const clientId = r.u8();
  const entrySize = r.u8();
  const pageBits = r.u8();
  const maxEntries = r.length();
  const dataBlockAddress = r.offset();
  r.checksum();
  if (entrySize === 0) r.fail("entry size is 0");
  if (pageBits > 52) r.fail(`page bits are ${pageBits}, expected at most 52`);
  return { clientId, entrySize, pageBits, maxEntries, dataBlockAddress };
}

export function encodeFixedArrayHeader(w: Writer, header: FixedArrayHeader): void {
  const start = w.position;
  w.signature("FAHD");
  w.u8(0);
  w.u8(header.clientId);
  w.u8(header.entrySize);
  w.u8(header.pageBits);
  w.length(header.maxEntries);
  w.offset(header.dataBlockAddress);
  w.checksum(start);
}
