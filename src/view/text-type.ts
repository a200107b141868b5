import type { Datatype } from "../format/datatype.ts";
import { stringType, vlenStringType } from "../object/datatypes.ts";

/** Strings this short are of fixed length whatever they take; longer ones where they take at most so many times their text. */
const SHORT_STRING = 64;
const MAX_WASTE = 4;

/** What is known of a number of strings. */
export interface TextSizes {
  readonly count: number;
  /** Bytes of the longest, and of all together. */
  readonly mostBytes: number;
  readonly textBytes: number;
}

/** Strings of fixed length, which PyTables has in tables, unless that would take much more room than the text. */
export function textType({ count, mostBytes, textBytes }: TextSizes, sizeOfOffsets: number): Datatype {
  const size = Math.max(mostBytes, 1);
  const isFixed = size <= SHORT_STRING || size * count <= MAX_WASTE * textBytes;
  return isFixed ? stringType(size) : vlenStringType(sizeOfOffsets);
}
