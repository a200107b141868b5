import { LRUCache } from "lru-cache";

/** Reads [offset, offset + target.length) into `target`, whole, or throws. */
export type ReadAt = (target: Uint8Array, offset: number) => void;

const PAGE = 64 * 1024;

/**
 * Metadata pages of one file: aligned reads of 64 KiB, the most recently used kept. Structures lie close together, so
 * one read serves dozens of them.
 */
export class PageCache {
  readonly #pages: LRUCache<number, Uint8Array>;
  readonly #readAt: ReadAt;
  readonly #size: number;
  /** The page that was asked for last: mostly the next one, too. */
  #last: { readonly index: number; readonly page: Uint8Array } | undefined;

  /** @param size bytes in the file; @param capacity bytes of pages to keep */
  constructor(readAt: ReadAt, size: number, capacity = 8 * 1024 * 1024) {
    this.#readAt = readAt;
    this.#size = size;
    this.#pages = new LRUCache({ max: Math.max(2, Math.floor(capacity / PAGE)) });
  }

  /** The bytes of [offset, offset + length), inside the file: a view on one page where it can be, else a copy. */
  read(offset: number, length: number): Uint8Array {
    const first = Math.floor(offset / PAGE);
    const start = offset - first * PAGE;
    if (start + length <= PAGE) {
      return this.#page(first).subarray(start, start + length);
    }
    const out = new Uint8Array(length);
    if (length > 4 * PAGE) {
      this.#readAt(out, offset);
      return out;
    }
    for (let done = 0; done < length; ) {
      const index = Math.floor((offset + done) / PAGE);
      const page = this.#page(index);
      const from = offset + done - index * PAGE;
      const part = page.subarray(from, Math.min(PAGE, from + length - done));
      out.set(part, done);
      done += part.length;
    }
    return out;
  }

  /** What is kept of [offset, offset + length) is read again. */
  forget(offset: number, length: number): void {
    this.#last = undefined;
    const first = Math.floor(offset / PAGE);
    const end = offset + length;
    if (length / PAGE < this.#pages.size) {
      for (let index = first; index * PAGE < end; index++) this.#pages.delete(index);
    } else {
      for (const index of [...this.#pages.keys()]) if (index >= first && index * PAGE < end) this.#pages.delete(index);
    }
  }

  #page(index: number): Uint8Array {
    if (this.#last?.index === index) return this.#last.page;
    const page = this.#pages.get(index) ?? this.#readPage(index);
    this.#last = { index, page };
    return page;
  }

  #readPage(index: number): Uint8Array {
    const page = new Uint8Array(Math.min(PAGE, this.#size - index * PAGE));
    this.#readAt(page, index * PAGE);
    this.#pages.set(index, page);
    return page;
  }
}
