import { createHash } from "node:crypto";
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { threadId } from "node:worker_threads";
import { fileState, type IndexFolder } from "./index-folder.ts";

/** Bytes of indexes that are kept on disk, of all files together. */
const MAX_TOTAL = 64 * 2 ** 20;

/** The indexes that earlier mounts of the same file have left, verified by whoever decodes them. */
export class IndexFiles {
  readonly #folder: IndexFolder;
  readonly #names: ReadonlySet<string>;

  constructor(folder: IndexFolder) {
    this.#folder = folder;
    this.#names = new Set(isOurs(statOf(folder.path)) ? readdirSync(folder.path) : []);
  }

  /** Whether there is one; costs no system call. @param text names the text, for good */
  has(text: string): boolean {
    return this.#names.size > 0 && this.#names.has(fileName(text));
  }

  load(text: string): Uint8Array | undefined {
    return this.has(text) ? whenPresent(() => readFileSync(join(this.#folder.path, fileName(text)))) : undefined;
  }
}

/**
 * Leaves an index to later mounts, if the file is still the one that was mounted. It comes to be whole or not at all; where
 * it cannot be written, there is none.
 */
export function saveIndex(folder: IndexFolder, text: string, bytes: Uint8Array): void {
  const { root, path } = folder;
  if (bytes.length > MAX_TOTAL / 4 || fileState(folder.fd) !== folder.state) return;
  whenPresent(() => {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    if (!isOurs(statOf(path))) return;
    const temporary = join(path, `${fileName(text)}.${process.pid}-${threadId}`);
    writeFileSync(temporary, bytes, { mode: 0o600, flag: "wx" });
    renameSync(temporary, join(path, fileName(text)));
    removeOldest(root, path);
  });
}

/** Removes the folders that were not written to for longest, until the rest is small enough. */
function removeOldest(root: string, current: string): void {
  const folders = readdirSync(root)
    .map((name) => join(root, name))
    .map((path) => ({ path, size: sizeOf(path), changed: statOf(path)?.mtimeMs ?? 0 }))
    .sort((a, b) => a.changed - b.changed);
  let total = folders.reduce((sum, { size }) => sum + size, 0);
  for (const { path, size } of folders) {
    if (total <= MAX_TOTAL) return;
    if (path === current) continue;
    rmSync(path, { recursive: true, force: true });
    total -= size;
  }
  // This file's indexes alone are too many.
  if (total > MAX_TOTAL) for (const name of readdirSync(current)) unlinkSync(join(current, name));
}

function sizeOf(folder: string): number {
  const names = whenPresent(() => readdirSync(folder)) ?? [];
  return names.reduce((sum, name) => sum + (statOf(join(folder, name))?.size ?? 0), 0);
}

/** What others could write to is not believed. */
function isOurs(stat: Stats | undefined): boolean {
  return stat?.isDirectory() === true && stat.uid === process.getuid?.() && (stat.mode & 0o022) === 0;
}

function statOf(path: string): Stats | undefined {
  return whenPresent(() => statSync(path));
}

/** `undefined` where the system refuses: a cache is allowed to be missing, full, read-only, or changed by another daemon. */
function whenPresent<T>(use: () => T): T | undefined {
  try {
    return use();
  } catch (error) {
    if (error instanceof Error && "code" in error && typeof error.code === "string") return undefined;
    throw error;
  }
}

function fileName(text: string): string {
  return `${createHash("sha256").update(text).digest("hex").slice(0, 32)}.index`;
}
