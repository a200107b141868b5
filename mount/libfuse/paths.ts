import { LRUCache } from "lru-cache";
import { encodeText } from "../../src/format/text.ts";
import { Errno, ErrnoError } from "../errno.ts";
import type { Entry, FileSystem, Request } from "../filesystem.ts";
import { ROOT_ID } from "../node-table.ts";
import { fromWellFormed } from "./names.ts";

/** Paths whose nodes are remembered. */
const CAPACITY = 2 ** 16;

/** A directory, and a name in it. */
export interface Place {
  readonly parent: number;
  readonly name: Uint8Array;
}

/** The nodes that libfuse's paths lead to. Each one remembered has one lookup, forgotten with it. */
export class Paths {
  readonly #fs: FileSystem;
  readonly #known: LRUCache<string, number>;
  /** Those that are good for one request: what such a name stands for may change by changes of others. */
  readonly #passing = new Set<string>();
  /** By which libfuse knows what has another path. */
  readonly #aliases = new Map<string, string>();
  #request: number | undefined;
  #isMoving = false;

  constructor(fs: FileSystem) {
    this.#fs = fs;
    this.#known = new LRUCache({ max: CAPACITY, dispose: (nodeid) => this.#dispose(nodeid) });
  }

  /** The node's nodeid, good until the next call. @throws ErrnoError, H5Error as LOOKUP does */
  resolve(request: Request, path: string): number {
    if (path === "/") return ROOT_ID;
    if (this.#request !== request.unique) this.#dropPassing();
    this.#request = request.unique;
    const known = this.#known.get(path);
    if (known !== undefined) return known;
    const { nodeid, entryValid } = this.#lookup(request, path);
    this.#known.set(path, nodeid);
    if (entryValid === 0) this.#passing.add(path);
    return nodeid;
  }

  /** The node's nodeid, with a lookup that the caller has to forget. */
  lookup(request: Request, path: string): number {
    return this.#lookup(request, path).nodeid;
  }

  /** Where a path leads to or would lead to. */
  place(request: Request, path: string): Place {
    const { parent, name } = this.#split(request, path);
    const raw = fromWellFormed(name);
    const isRaw = raw !== undefined && !this.#exists(request, parent, encodeText(name));
    return { parent, name: isRaw && this.#exists(request, parent, raw) ? raw : encodeText(name) };
  }

  /** Something else is at the path from now on, or nothing, and so it is below it. */
  forget(path: string): void {
    this.#aliases.delete(path);
    for (const known of [...this.#known.keys()]) {
      if (known === path || known.startsWith(`${path}/`)) this.#known.delete(known);
    }
  }

  /** What was at one path, and below it, is at the other. Its nodes stay known: what is open below a directory follows it. */
  moved(from: string, to: string): void {
    this.forget(to);
    this.#isMoving = true;
    try {
      for (const path of [...this.#known.keys()]) {
        const nodeid = path === from || path.startsWith(`${from}/`) ? this.#known.get(path) : undefined;
        if (nodeid === undefined) continue;
        this.#known.delete(path);
        this.#known.set(to + path.slice(from.length), nodeid);
      }
    } finally {
      this.#isMoving = false;
    }
    this.forget(from);
  }

  /** libfuse will ask by `path` for what is at `real`. */
  alias(path: string, real: string): void {
    this.#aliases.set(path, real);
  }

  #dispose(nodeid: number): void {
    if (!this.#isMoving) this.#fs.forget(nodeid, 1);
  }

  #dropPassing(): void {
    for (const path of this.#passing) this.#known.delete(path);
    this.#passing.clear();
  }

  #split(request: Request, path: string): { readonly parent: number; readonly name: string } {
    const real = this.#aliases.get(path) ?? path;
    const slash = real.lastIndexOf("/");
    return { parent: this.resolve(request, slash <= 0 ? "/" : real.slice(0, slash)), name: real.slice(slash + 1) };
  }

  #lookup(request: Request, path: string): Entry {
    const { parent, name } = this.#split(request, path);
    try {
      return this.#fs.lookup(request, parent, encodeText(name));
    } catch (error) {
      const raw = error instanceof ErrnoError && error.errno === Errno.ENOENT ? fromWellFormed(name) : undefined;
      if (raw === undefined) throw error;
      return this.#fs.lookup(request, parent, raw);
    }
  }

  #exists(request: Request, parent: number, name: Uint8Array): boolean {
    try {
      this.#fs.forget(this.#fs.lookup(request, parent, name).nodeid, 1);
      return true;
    } catch (error) {
      if (error instanceof ErrnoError && error.errno === Errno.ENOENT) return false;
      throw error;
    }
  }
}
