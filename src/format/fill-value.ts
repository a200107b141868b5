import type { Reader } from "./reader.ts";

/** Fill value (IV.A.2.e and f): `value` is one element as stored, `undefined` where it is undefined or the default, zeros. */
export interface FillValue {
  readonly value: Uint8Array | undefined;
}

/** "The Data Storage - Fill Value (Old) Message". */
export function decodeFillValueOld(r: Reader): FillValue {
  return { value: decodeValue(r) };
}

/** "The Data Storage - Fill Value Message". */
export function decodeFillValue(r: Reader): FillValue {
  const version = r.version(1, 2, 3);
  if (version === 3) {
    const flags = r.u8();
    const isUndefined = (flags & 0x10) !== 0;
    const isDefined = (flags & 0x20) !== 0;
    if (isUndefined && isDefined) r.fail("the fill value is both defined and undefined");
    return { value: isDefined ? decodeValue(r) : undefined };
  }
  r.skip(2); // when space is allocated, when the fill value is written
  const isDefined = r.u8() !== 0;
  // Version 1 has the size always, version 2 only where the value is defined.
  return { value: version === 1 || isDefined ? decodeValue(r) : undefined };
}

/** Size -1 means undefined, size 0 the default. */
function decodeValue(r: Reader): Uint8Array | undefined {
  const size = r.i32();
  return size <= 0 ? undefined : r.take(size);
}
