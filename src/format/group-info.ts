import type { Reader } from "./reader.ts";

/** Group info (IV.A.2.k, "The Group Info Message"): how a new-style group is to grow. */
export interface GroupInfo {
  readonly maxCompactLinks: number;
  readonly minDenseLinks: number;
  readonly estimatedEntries: number;
  readonly estimatedNameLength: number;
}

export function decodeGroupInfo(r: Reader): GroupInfo {
  r.version(0);
  const flags = r.u8();
  if ((flags & ~0x03) !== 0) r.fail(`flags are 0x${flags.toString(16)}, of which some are unknown`);
  const [maxCompactLinks, minDenseLinks] = (flags & 1) === 0 ? [8, 6] : [r.u16(), r.u16()];
  const [estimatedEntries, estimatedNameLength] = (flags & 2) === 0 ? [4, 8] : [r.u16(), r.u16()];
  return { maxCompactLinks, minDenseLinks, estimatedEntries, estimatedNameLength };
}
