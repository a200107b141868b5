import {
  closeSync,
  constants,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { keepNewest, nameInCache, userCache, whenPossible } from "../../src/storage/user-cache.ts";

/** Mounted files of which that is remembered. */
const MAX_FILES = 1000;

/** Where it is kept for a user which files wait to become datasets. */
export function defaultImportsDirectory(env: NodeJS.ProcessEnv): string | undefined {
  return userCache(env, "h5fs-imports");
}

/** A file that waits to become a dataset: its header's address, and its path as it was when it began to wait. */
export interface PendingImport {
  readonly address: number;
  readonly path: string;
}

/**
 * Which files of the mounted one wait to become datasets, outside of it, for the mount that comes after this one is killed: a line of JSON
 * for each that begins to wait, `[address,"path"]`, and for each that does no more, `[address]`. So a file that must stay one is not tried again, nor
 * one that another program has made. Where the user's cache cannot be written, nothing is remembered.
 */
export class PendingImports {
  readonly #path: string | undefined;
  readonly #waiting = new Map<number, string>();
  #fd: number | undefined;

  /** @param file path of the mounted file, which this process alone writes */
  constructor(directory: string | undefined, file: string) {
    this.#path = directory && join(directory, nameInCache(statSync(file, { bigint: true })));
  }

  /** What an earlier mount has left; it goes on to wait. */
  recall(): PendingImport[] {
    const path = this.#path;
    const text = path && whenPossible(() => readFileSync(path, "utf8"));
    for (const line of text?.split("\n") ?? []) {
      const entry: unknown = whenPossible(() => JSON.parse(line));
      const [address, waits]: unknown[] = Array.isArray(entry) ? entry : [];
      if (typeof address !== "number") continue;
      if (typeof waits === "string") this.#waiting.set(address, waits);
      else this.#waiting.delete(address);
    }
    return [...this.#waiting].map(([address, waits]) => ({ address, path: waits }));
  }

  /** It waits. */
  add({ address, path }: PendingImport): void {
    if (this.#waiting.get(address) === path) return;
    this.#waiting.set(address, path);
    this.#append([address, path]);
  }

  /** It has become a dataset, is none, or is there no more. */
  remove(address: number): void {
    if (!this.#waiting.delete(address)) return;
    if (this.#waiting.size > 0) this.#append([address]);
    else this.#clear();
  }

  /** None is to wait. */
  forget(): void {
    this.#waiting.clear();
    this.close();
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
    if (this.#waiting.size === 0) this.#clear();
  }

  #clear(): void {
    const [fd, path] = [this.#fd, this.#path];
    whenPossible(() => {
      if (fd !== undefined) ftruncateSync(fd);
      else if (path !== undefined) rmSync(path, { force: true });
    });
  }

  #append(entry: readonly (number | string)[]): void {
    whenPossible(() => {
      this.#fd ??= this.#open();
      if (this.#fd !== undefined) writeSync(this.#fd, `${JSON.stringify(entry)}\n`);
    });
  }

  #open(): number | undefined {
    if (this.#path === undefined) return undefined;
    const directory = join(this.#path, "..");
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    keepNewest(directory, MAX_FILES);
    const { O_WRONLY, O_CREAT, O_APPEND, O_NOFOLLOW } = constants;
    return openSync(this.#path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0o600);
  }
}
