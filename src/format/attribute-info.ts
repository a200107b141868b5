import type { Reader } from "./reader.ts";

/** Attribute info (IV.A.2.v, "The Attribute Info Message"): where attributes are kept that are too many or too large for the header. */
export interface AttributeInfo {
  readonly creationOrderTracked: boolean;
  readonly creationOrderIndexed: boolean;
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
  if (creationOrderTracked) r.skip(2); // the next creation index
  return {
    creationOrderTracked,
    creationOrderIndexed,
    fractalHeapAddress: r.offset(),
    nameIndexAddress: r.offset(),
    creationOrderIndexAddress: creationOrderIndexed ? r.offset() : undefined,
  };
}
