import type { Reader } from "./reader.ts";

/** Shared message table message (IV.A.2.p), of the superblock extension: the file keeps some messages in a heap of its own. */
export interface SharedMessageTableMessage {
  readonly tableAddress: number;
  readonly indexCount: number;
}

export function decodeSharedMessageTable(r: Reader): SharedMessageTableMessage {
  r.version(0);
  const tableAddress = r.definedOffset("address of the shared message table");
  const indexCount = r.u8();
  // H5O_SHMESG_MAX_NINDEXES
  if (indexCount === 0 || indexCount > 8) r.fail(`${indexCount} indexes, expected 1 to 8`);
  return { tableAddress, indexCount };
}
