import { fstatSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { threadId } from "node:worker_threads";
import { keepNewest, nameInCache, userCache, whenPossible } from "../user-cache.ts";
import type { Extent } from "./free-extents.ts";

/** Files that are remembered, and extents of each. */
const MAX_FILES = 1000;
const MAX_EXTENTS = 100_000;

/** What is known of a file's free space. */
export interface KnownFreeSpace {
  readonly extents: readonly Extent[];
  /** Whether all of it was looked for: looking again would find no more. */
  readonly isComplete: boolean;
}

/** Where free space is remembered for a user. */
export function defaultSpaceDirectory(env: NodeJS.ProcessEnv): string | undefined {
  return userCache(env, "h5fs-space");
}

/**
 * What earlier sessions have left known of files' free space. It counts only while a file is, as far as the system can tell,
 * as that session left it: another program may have used the space since.
 */
export class FreeSpaceMemory {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** @param fd of the file, locked for writing */
  recall(fd: number): KnownFreeSpace | undefined {
    const text = whenPossible(() => readFileSync(this.#path(fd), "utf8"));
    const remembered = text === undefined ? undefined : decode(text);
    return remembered?.state === stateOf(fd) ? remembered : undefined;
  }

  /** @param fd of the file, still locked for writing, all its changes made */
  remember(fd: number, { extents, isComplete }: KnownFreeSpace): void {
    const largest = extents.toSorted((a, b) => b.length - a.length).slice(0, MAX_EXTENTS);
    const inOrder = largest.sort((a, b) => a.offset - b.offset);
    const text = JSON.stringify({
      state: stateOf(fd),
      isComplete: isComplete && extents.length <= MAX_EXTENTS,
      extents: inOrder.map(({ offset, length }) => [offset, length]),
    });
    // Who cannot write there goes without it.
    whenPossible(() => {
      mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
      const path = this.#path(fd);
      const temporary = `${path}.${process.pid}-${threadId}`;
      writeFileSync(temporary, text, { mode: 0o600, flag: "wx" });
      renameSync(temporary, path);
      keepNewest(this.#directory, MAX_FILES);
    });
  }

  #path(fd: number): string {
    return join(this.#directory, nameInCache(fstatSync(fd, { bigint: true })));
  }
}

/** Tells one state of a file from every other, as far as the system tells: the time of its last change cannot be set back. */
function stateOf(fd: number): string {
  const { dev, ino, size, mtimeNs, ctimeNs } = fstatSync(fd, { bigint: true });
  return [dev, ino, size, mtimeNs, ctimeNs].join(":");
}

function decode(text: string): (KnownFreeSpace & { readonly state: string }) | undefined {
  const value: unknown = whenPossible(() => JSON.parse(text));
  if (typeof value !== "object" || value === null) return undefined;
  if (!("state" in value) || typeof value.state !== "string") return undefined;
  if (!("isComplete" in value) || typeof value.isComplete !== "boolean") return undefined;
  if (!("extents" in value) || !Array.isArray(value.extents)) return undefined;
  const extents: Extent[] = [];
  let reached = 0;
  for (const extent of value.extents) {
    const [offset, length]: unknown[] = Array.isArray(extent) ? extent : [];
    if (!isCount(offset) || !isCount(length) || offset < reached) return undefined;
    extents.push({ offset, length });
    reached = offset + length;
  }
  return { state: value.state, isComplete: value.isComplete, extents };
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
