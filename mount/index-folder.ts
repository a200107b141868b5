import { createHash } from "node:crypto";
import { existsSync, fstatSync, realpathSync } from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import { userCache } from "../src/storage/user-cache.ts";
import { rendererVersion } from "./renderer-version.ts";

/** A file changed so shortly before it was mounted may be changed again without a new time: in milliseconds. */
const TIMESTAMP_GRANULARITY = 2000;

/** Where the indexes of one mounted file are kept, as a plain value for any thread. */
export interface IndexFolder {
  /** Holds the folders of all files. */
  readonly root: string;
  /** This file's. */
  readonly path: string;
  /** The file, open, and which state of it the indexes are of. */
  readonly fd: number;
  readonly state: string;
}

/** Where the indexes of all files are kept for a user. */
export function defaultIndexRoot(env: NodeJS.ProcessEnv): string | undefined {
  return userCache(env, "h5fs");
}

/**
 * The folder for the state in which the file is now; `undefined` where there is none that can be trusted.
 * @param directory the mount point: a folder inside it would have the daemon wait for itself
 */
export function indexFolder(root: string | undefined, fd: number, directory: string): IndexFolder | undefined {
  if (root === undefined || isInside(resolve(root), directory)) return undefined;
  const { mtimeMs, ctimeMs } = fstatSync(fd);
  if (Date.now() - Math.max(mtimeMs, ctimeMs) < TIMESTAMP_GRANULARITY) return undefined;
  const state = fileState(fd);
  const name = createHash("sha256").update(`${state}\0${rendererVersion()}`).digest("hex").slice(0, 32);
  return { root: resolve(root), path: join(resolve(root), name), fd, state };
}

/** Tells one state of a file from every other, as far as the system tells. */
export function fileState(fd: number): string {
  const { dev, ino, size, mtimeNs, ctimeNs } = fstatSync(fd, { bigint: true });
  return [dev, ino, size, mtimeNs, ctimeNs].join(":");
}

function isInside(path: string, directory: string): boolean {
  let existing = path;
  while (!existsSync(existing)) existing = dirname(existing);
  return `${realpathSync(existing)}${sep}`.startsWith(`${directory}${sep}`);
}
