import { LRUCache } from "lru-cache";
import { H5Error } from "../src/errors.ts";
import type { FileNode } from "../src/tree/node.ts";
import type { Job, Rendered } from "./job.ts";

/** A request that is answered when a text is there. */
export interface Waiter {
  readonly unique: number;
  answer(text: Uint8Array): void;
  fail(error: H5Error): void;
}

/**
 * The texts of views: made by a worker when first asked for, kept while there is room. Their sizes are kept for the life
 * of the mount.
 */
export class TextStore {
  readonly #texts: LRUCache<string, Uint8Array>;
  readonly #sizes = new Map<string, number>();
  readonly #waiters = new Map<string, Waiter[]>();
  readonly #post: (job: Job) => void;

  /** @param capacity bytes of text to keep */
  constructor(capacity: number, post: (job: Job) => void) {
    this.#post = post;
    this.#texts = new LRUCache({ maxSize: capacity, sizeCalculation: (text) => Math.max(1, text.length) });
  }

  get(node: FileNode): Uint8Array | undefined {
    return this.#texts.get(node.key);
  }

  size(node: FileNode): number | undefined {
    return this.#sizes.get(node.key);
  }

  /** Has the text made, unless that is under way; the waiter is answered then. */
  wait(node: FileNode, waiter: Waiter): void {
    const waiters = this.#waiters.get(node.key);
    if (waiters !== undefined) {
      waiters.push(waiter);
      return;
    }
    this.#waiters.set(node.key, [waiter]);
    const { key, object, name, view } = node;
    this.#post({ kind: "render", key, address: object.address, path: object.path, name, view });
  }

  /** A worker has made a text, or could not: everybody who waits for it is answered. */
  rendered(result: Rendered): void {
    const waiters = this.#waiters.get(result.key) ?? [];
    this.#waiters.delete(result.key);
    if ("text" in result) {
      this.#sizes.set(result.key, result.text.length);
      this.#texts.set(result.key, result.text);
      for (const waiter of waiters) waiter.answer(result.text);
    } else {
      const error = new H5Error(result.error.kind, result.error.message);
      for (const waiter of waiters) waiter.fail(error);
    }
  }

  /** True where the request waited here: it no longer does, and the caller is to answer it. */
  cancel(unique: number): boolean {
    for (const waiters of this.#waiters.values()) {
      const at = waiters.findIndex((waiter) => waiter.unique === unique);
      if (at < 0) continue;
      waiters.splice(at, 1);
      return true;
    }
    return false;
  }
}
