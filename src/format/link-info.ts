import type { Reader } from "./reader.ts";

/** Link info (IV.A.2.c, "The Link Info Message"): where a new-style group keeps its links when they are too many for its header. */
export interface LinkInfo {
  readonly creationOrderTracked: boolean;
  readonly creationOrderIndexed: boolean;
  /** `undefined`: the links are messages in the object header. */
  readonly fractalHeapAddress: number | undefined;
  readonly nameIndexAddress: number | undefined;
  readonly creationOrderIndexAddress: number | undefined;
}

export function decodeLinkInfo(r: Reader): LinkInfo {
  r.version(0);
  const flags = r.u8();
  if ((flags & ~0x03) !== 0) r.fail(`flags are 0x${flags.toString(16)}, of which some are unknown`);
  const creationOrderTracked = (flags & 1) !== 0;
  const creationOrderIndexed = (flags & 2) !== 0;
  if (creationOrderTracked) r.skip(8); // the next creation index
  return {
    creationOrderTracked,
    creationOrderIndexed,
    fractalHeapAddress: r.offset(),
    nameIndexAddress: r.offset(),
    creationOrderIndexAddress: creationOrderIndexed ? r.offset() : undefined,
  };
}
