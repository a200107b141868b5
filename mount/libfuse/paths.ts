import { LRUCache } from "lru-cache";
import { encodeText } from "../../src/format/text.ts";
import { Errno, ErrnoError } from "../errno.ts";
import type { FileSystem, Request } from "../filesystem.ts";
import { ROOT_ID } from "../node-table.ts";
import { fromWellFormed } from "./names.ts";

/** Paths whose nodes are remembered. */
const CAPACITY = 2 ** 16;

/** The nodes that libfuse's paths lead to. Each one remembered has one lookup, forgotten with it. */
export class Paths {
  readonly #fs: FileSystem;
  readonly #known: LRUCache<string, number>;

  constructor(fs: FileSystem) {
    this.#fs = fs;
    this.#known = new LRUCache({ max: CAPACITY, dispose: (nodeid) => fs.forget(nodeid, 1) });
  }

  /** The node's nodeid, good until the next call. @throws ErrnoError, H5Error as LOOKUP does */
  resolve(request: Request, path: string): number {
    if (path === "/") return ROOT_ID;
    const known = this.#known.get(path);
    if (known !== undefined) return known;
    const nodeid = this.lookup(request, path);
    this.#known.set(path, nodeid);
    return nodeid;
  }

  /** The node's nodeid, with a lookup that the caller has to forget. */
  lookup(request: Request, path: string): number {
    const slash = path.lastIndexOf("/");
    const parent = this.resolve(request, slash <= 0 ? "/" : path.slice(0, slash));
    const name = path.slice(slash + 1);
    try {
      return this.#fs.lookup(request, parent, encodeText(name)).nodeid;
    } catch (error) {
      const raw = error instanceof ErrnoError && error.errno === Errno.ENOENT ? fromWellFormed(name) : undefined;
      if (raw === undefined) throw error;
      return this.#fs.lookup(request, parent, raw).nodeid;
    }
  }
}
