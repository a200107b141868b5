import { fstatSync } from "node:fs";
import type { Timestamp } from "../src/tree/posix-metadata.ts";
import type { Ownership } from "./mount-options.ts";
import type { FileFacts } from "./node-attributes.ts";

/** What the nodes of a mount take over from the mounted file, and from the mount's options instead. */
export function factsOf(fd: number, ownership: Ownership, isWritable: boolean, keepsMetadata: boolean): FileFacts {
  const { uid, gid, fileMask, directoryMask } = ownership;
  const file = fstatSync(fd);
  const all = isWritable ? 0o666 : 0o444;
  const allowed = file.mode & all;
  const readable = allowed & 0o444;
  return {
    size: file.size,
    isWritable,
    ownership,
    keepsMetadata,
    fileMode: fileMask === undefined ? allowed : all & ~fileMask,
    // Who may read may also enter.
    directoryMode: directoryMask === undefined ? allowed | (readable >> 2) : (all | 0o111) & ~directoryMask,
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
