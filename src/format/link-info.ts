import type { Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** Link info (IV.A.2.c, "The Link Info Message"): where a new-style group keeps its links when they are too many for its header. */
export interface LinkInfo {
  readonly creationOrderTracked: boolean;
  readonly creationOrderIndexed: boolean;
  /** The creation order of the next link, where that is tracked. */
  readonly nextCreationOrder: number | undefined;
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
  return {
    creationOrderTracked,
    creationOrderIndexed,
    nextCreationOrder: creationOrderTracked ? r.u64() : undefined,
    fractalHeapAddress: r.offset(),
    nameIndexAddress: r.offset(),
    creationOrderIndexAddress: creationOrderIndexed ? r.offset() : undefined,
  };
}

export function encodeLinkInfo(w: Writer, info: LinkInfo): void {
  w.u8(0);
  w.u8((info.creationOrderTracked ? 1 : 0) | (info.creationOrderIndexed ? 2 : 0));
  if (info.creationOrderTracked) w.u64(info.nextCreationOrder ?? 0);
  w.offset(info.fractalHeapAddress);
  w.offset(info.nameIndexAddress);
  if (info.creationOrderIndexed) w.offset(info.creationOrderIndexAddress);
}
