import { fstatSync } from "node:fs";
import type { Timestamp } from "./filesystem.ts";
import type { Ownership } from "./mount-options.ts";
import type { FileFacts } from "./node-attributes.ts";

/** What the nodes of a mount take over from the mounted file, and from the mount's options instead. */
export function factsOf(fd: number, { uid, gid, fileMask, directoryMask }: Ownership): FileFacts {
  const file = fstatSync(fd);
  const readable = file.mode & 0o444;
  return {
    size: file.size,
    fileMode: fileMask === undefined ? readable : 0o444 & ~fileMask,
    // Who may read may also enter.
    directoryMode: directoryMask === undefined ? readable | (readable >> 2) : 0o555 & ~directoryMask,
    uid: uid ?? file.uid,
    gid: gid ?? file.gid,
    atime: timestamp(file.atimeMs),
    mtime: timestamp(file.mtimeMs),
  };
}

function timestamp(milliseconds: number): Timestamp {
  const seconds = Math.floor(milliseconds / 1000);
  return { seconds, nanoseconds: Math.floor((milliseconds - seconds * 1000) * 1e6) };
}
