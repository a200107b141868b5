import type { Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** Group info (IV.A.2.k, "The Group Info Message"): how a new-style group is to grow. */
export interface GroupInfo {
  readonly maxCompactLinks: number;
  readonly minDenseLinks: number;
  readonly estimatedEntries: number;
  readonly estimatedNameLength: number;
}

/** What is not stored: libhdf5's defaults. */
const DEFAULTS: GroupInfo = { maxCompactLinks: 8, minDenseLinks: 6, estimatedEntries: 4, estimatedNameLength: 8 };

const LINK_PHASE_STORED = 0x01;
const ESTIMATES_STORED = 0x02;

export function decodeGroupInfo(r: Reader): GroupInfo {
  r.version(0);
  const flags = r.u8();
  if ((flags & ~(LINK_PHASE_STORED | ESTIMATES_STORED)) !== 0)
    r.fail(`flags are 0x${flags.toString(16)}, of which some are unknown`);
  return {
    ...DEFAULTS,
    ...((flags & LINK_PHASE_STORED) !== 0 && { maxCompactLinks: r.u16(), minDenseLinks: r.u16() }),
    ...((flags & ESTIMATES_STORED) !== 0 && { estimatedEntries: r.u16(), estimatedNameLength: r.u16() }),
  };
}

/** As libhdf5 writes it: what is the default is left out. */
export function encodeGroupInfo(w: Writer, info: GroupInfo): void {
  const { maxCompactLinks, minDenseLinks, estimatedEntries, estimatedNameLength } = info;
  const phase = maxCompactLinks !== DEFAULTS.maxCompactLinks || minDenseLinks !== DEFAULTS.minDenseLinks;
  const estimates =
    estimatedEntries !== DEFAULTS.estimatedEntries || estimatedNameLength !== DEFAULTS.estimatedNameLength;
  w.u8(0);
  w.u8((phase ? LINK_PHASE_STORED : 0) | (estimates ? ESTIMATES_STORED : 0));
  if (phase) {
    w.u16(maxCompactLinks);
    w.u16(minDenseLinks);
  }
  if (estimates) {
    w.u16(estimatedEntries);
    w.u16(estimatedNameLength);
  }
}
