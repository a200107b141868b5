import type { Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** When space is allocated. */
export type AllocationTime = "early" | "late" | "incremental";
/** When fill values are written into it. */
export type FillTime = "on-allocation" | "never" | "if-set";

/** Fill value (IV.A.2.f): `value` is one element as stored, `undefined` where it is undefined or the default, zeros. */
export interface FillValue {
  readonly value: Uint8Array | undefined;
  /** "default" is zeros; "undefined": whoever reads what was never written may find anything. */
  readonly kind: "undefined" | "default" | "value";
  /** `undefined`: none is named. */
  readonly allocationTime: AllocationTime | undefined;
  readonly fillTime: FillTime;
}

const ALLOCATION_TIMES: readonly (AllocationTime | undefined)[] = [undefined, "early", "late", "incremental"];
const FILL_TIMES: readonly FillTime[] = ["on-allocation", "never", "if-set"];

type StoredValue = Pick<FillValue, "value" | "kind">;

const ZEROS: StoredValue = { value: undefined, kind: "default" };
const NO_VALUE: StoredValue = { value: undefined, kind: "undefined" };

const UNDEFINED = 0x10;
const DEFINED = 0x20;

/** "The Data Storage - Fill Value (Old) Message" (IV.A.2.e): the value alone. */
export function decodeFillValueOld(r: Reader): { readonly value: Uint8Array | undefined } {
  return decodeValue(r);
}

export function encodeFillValueOld(w: Writer, value: Uint8Array | undefined): void {
  w.u32(value?.length ?? 0);
  if (value !== undefined) w.put(value);
}

/** "The Data Storage - Fill Value Message". */
export function decodeFillValue(r: Reader): FillValue {
  const version = r.version(1, 2, 3);
  if (version === 3) {
    const flags = r.u8();
    const isUndefined = (flags & UNDEFINED) !== 0;
    const isDefined = (flags & DEFINED) !== 0;
    if (isUndefined && isDefined) r.fail("the fill value is both defined and undefined");
    const stored = isDefined ? decodeValue(r) : isUndefined ? NO_VALUE : ZEROS;
    return fillValue(stored, flags & 3, (flags >> 2) & 3);
  }
  const allocation = r.u8();
  const time = r.u8();
  const isDefined = r.u8() !== 0;
  // Version 1 has the size always, version 2 only where the value is defined.
  const stored = isDefined || version === 1 ? decodeValue(r) : NO_VALUE;
  return fillValue(isDefined ? stored : NO_VALUE, allocation, time);
}

/** @param version 1, 2, or 3, which is the shortest */
export function encodeFillValue(w: Writer, fill: FillValue, version: 1 | 2 | 3): void {
  const allocation = ALLOCATION_TIMES.indexOf(fill.allocationTime);
  const time = FILL_TIMES.indexOf(fill.fillTime);
  w.u8(version);
  if (version === 3) {
    const state = { undefined: UNDEFINED, default: 0, value: DEFINED }[fill.kind];
    w.u8(allocation | (time << 2) | state);
    if (fill.kind === "value") encodeFillValueOld(w, fill.value);
    return;
  }
  w.u8(allocation);
  w.u8(time);
  w.u8(fill.kind === "undefined" ? 0 : 1);
  if (fill.kind !== "undefined" || version === 1) encodeFillValueOld(w, fill.value);
}

/** Reading does not depend on the times, so a code that is none is no reason to refuse a dataset. */
function fillValue({ value, kind }: StoredValue, allocation: number, time: number): FillValue {
  return { value, kind, allocationTime: ALLOCATION_TIMES[allocation], fillTime: FILL_TIMES[time] ?? "if-set" };
}

/** Size -1 means undefined, size 0 the default. */
function decodeValue(r: Reader): StoredValue {
  const size = r.i32();
  if (size > 0) return { value: r.take(size), kind: "value" };
  return size === 0 ? ZEROS : NO_VALUE;
}
