import type { Node } from "../../src/tree/node.ts";
import type { PosixMetadata, Timestamp } from "../../src/tree/posix-metadata.ts";
import { Errno, ErrnoError } from "../errno.ts";
import type { AttributeChange, Attributes, Request } from "../filesystem.ts";
import { type FileFacts, maskOf, S_IFMT, S_ISGID } from "../node-attributes.ts";

const S_ISUID = 0o4000;
const S_IXGRP = 0o010;

/**
 * Whether a node can come to have owner and permissions as SETATTR asks: not where a mount option says them, nor where they are not kept.
 * @throws ErrnoError EPERM
 */
export function checkChange(
  kind: Node["kind"],
  shown: Attributes,
  { ownership, keepsMetadata }: FileFacts,
  { mode, uid, gid }: AttributeChange,
): void {
  const isOther = (asked: number | undefined, has: number, isFixed: boolean): boolean =>
    isFixed && asked !== undefined && asked !== has;
  const permissions = mode === undefined ? undefined : mode & 0o7777;
  const isMasked = permissions !== undefined && (permissions & maskOf(kind, ownership)) !== 0;
  if (
    isMasked ||
    isOther(permissions, shown.mode & 0o7777, !keepsMetadata) ||
    isOther(uid, shown.uid, !keepsMetadata || ownership.uid !== undefined) ||
    isOther(gid, shown.gid, !keepsMetadata || ownership.gid !== undefined)
  ) {
    throw new ErrnoError(Errno.EPERM);
  }
}

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
export function withoutPrivileges(kept: PosixMetadata, { uid, gid }: Pick<Request, "uid" | "gid">): PosixMetadata {
  const { mode } = kept;
  if (mode === undefined) return kept;
  const isSetGroup = (mode & S_IXGRP) !== 0 || (uid !== 0 && kept.gid !== gid);
  return { ...kept, mode: mode & ~(S_ISUID | (isSetGroup ? S_ISGID : 0)) };
}
