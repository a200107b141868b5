import type { PosixMetadata, Timestamp } from "../../src/tree/posix-metadata.ts";
import type { AttributeChange, Attributes, Request } from "../filesystem.ts";
import { S_IFMT, S_ISGID } from "../node-attributes.ts";

const S_ISUID = 0o4000;
const S_IXGRP = 0o010;

/** What is kept of a node after SETATTR. @param shown what the node has now, be it kept or not */
export function changeMetadata(
  shown: Attributes,
  kept: PosixMetadata,
  { mode, uid, gid, size, atime, mtime }: AttributeChange,
  time: Timestamp,
): PosixMetadata {
  const at = (change: Timestamp | "now" | undefined, old: Timestamp | undefined): Timestamp | undefined =>
    change === "now" ? time : (change ?? old);
  return {
    mode: mode === undefined ? kept.mode : (shown.mode & S_IFMT) | (mode & ~S_IFMT),
    uid: uid ?? kept.uid,
    gid: gid ?? kept.gid,
    rdev: kept.rdev,
    atime: at(atime, kept.atime),
    mtime: at(mtime ?? (size === undefined ? undefined : "now"), kept.mtime),
    ctime: time,
  };
}

/**
 * As Linux does when somebody writes who may not keep them. Set-group-ID where the group may not execute once meant something else: it
 * is only for those of that group.
 */
export function withoutPrivileges(kept: PosixMetadata, { gid }: Pick<Request, "gid">): PosixMetadata {
  const { mode } = kept;
  if (mode === undefined) return kept;
  const isSetGroup = (mode & S_IXGRP) !== 0 || kept.gid !== gid;
  return { ...kept, mode: mode & ~(S_ISUID | (isSetGroup ? S_ISGID : 0)) };
}
