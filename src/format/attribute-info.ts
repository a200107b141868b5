import type { Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** Attribute info (IV.A.2.v, "The Attribute Info Message"): where attributes are kept that are too many or too large for the header. */
export interface AttributeInfo {
  readonly creationOrderTracked: boolean;
  readonly creationOrderIndexed: boolean;
  /** The creation order of the next attribute, where that is tracked. */
  readonly nextCreationOrder: number | undefined;
  /** `undefined`: the attributes are messages in the object header. */
  readonly fractalHeapAddress: number | undefined;
  readonly nameIndexAddress: number | undefined;
  readonly creationOrderIndexAddress: number | undefined;
}

export function decodeAttributeInfo(r: Reader): AttributeInfo {
  r.version(0);
  const flags = r.u8();
  if ((flags & ~0x03) !== 0) r.fail(`flags are 0x${flags.toString(16)}, of which some are unknown`);
  const creationOrderTracked = (flags & 1) !== 0;
  const creationOrderIndexed = (flags & 2) !== 0;
  return {
    creationOrderTracked,
    creationOrderIndexed,
    nextCreationOrder: creationOrderTracked ? r.u16() : undefined,
    fractalHeapAddress: r.offset(),
    nameIndexAddress: r.offset(),
    creationOrderIndexAddress: creationOrderIndexed ? r.offset() : undefined,
  };
}

export function encodeAttributeInfo(w: Writer, info: AttributeInfo): void {
  w.u8(0);
  w.u8((info.creationOrderTracked ? 1 : 0) | (info.creationOrderIndexed ? 2 : 0));
  if (info.creationOrderTracked) w.u16(info.nextCreationOrder ?? 0);
  w.offset(info.fractalHeapAddress);
  w.offset(info.nameIndexAddress);
  if (info.creationOrderIndexed) w.offset(info.creationOrderIndexAddress);
}
