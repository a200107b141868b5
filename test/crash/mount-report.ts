import { createHash } from "node:crypto";

export interface MountWriterSetup {
  /** Of the mount. */
  readonly dir: string;
  readonly seed: number;
  /** The folder in it that the thread works in; `undefined`: it reads in all of them. */
  readonly folder: string | undefined;
}

/** What a thread knows when the mount is gone. */
export interface MountWriterReport {
  /** By name in the folder, the hash of what the file has. */
  readonly files: ReadonlyMap<string, string>;
  /** What was being done: the file may be as it was, or have this hash (`undefined`: be gone). */
  readonly pending: { readonly name: string; readonly hash: string | undefined } | undefined;
  /** Calls that have returned. */
  readonly done: number;
  /** Of a reader: what it has read that nobody has written. */
  readonly torn: readonly string[];
}

export const hashOf = (bytes: Uint8Array): string => createHash("sha1").update(bytes).digest("hex");

/** Files whose name begins so are replaced as a whole: their first line says what the rest is. */
export const WHOLE = "whole";

/** A dataset in each folder, which is written element by element. */
export const NPY = "data.npy";
