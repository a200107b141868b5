import type { ChangedPages } from "../storage.ts";

/** Bytes of a page: what is kept of the file in memory while it is changed. Most changes are small, and each copies the pages that it touches. */
export const PAGE_SIZE = 1024;

/** A page of the file that was changed since the last checkpoint. */
interface Page {
  /** As the checkpoint left it. */
  readonly base: Uint8Array;
  /** As it is now. Never changed in place once somebody may have it: replaced. */
  bytes: Uint8Array;
}

/** Reads a part of the file as the last checkpoint left it; zeros past its end. */
export type ReadBase = (target: Uint8Array, offset: number) => void;

/** The changed pages, over the file's own bytes. */
export class PageOverlay {
  readonly #pages = new Map<number, Page>();
  readonly #readBase: ReadBase;

  constructor(readBase: ReadBase) {
    this.#readBase = readBase;
  }

  /** Changed pages. */
  get count(): number {
    return this.#pages.size;
  }

  touches(offset: number, length: number): boolean {
    if (this.#pages.size === 0) return false;
    const last = Math.floor((offset + length - 1) / PAGE_SIZE);
    for (let n = Math.floor(offset / PAGE_SIZE); n <= last; n++) if (this.#pages.has(n)) return true;
    return false;
  }

  /** The bytes now, of a page that is changed. */
  page(number: number): Uint8Array | undefined {
    return this.#pages.get(number)?.bytes;
  }

  /** Replaces a page's bytes; the first time, what the file has is kept as its base. */
  set(number: number, bytes: Uint8Array): void {
    const page = this.#pages.get(number);
    if (page !== undefined) {
      page.bytes = bytes;
      return;
    }
    this.#pages.set(number, { base: this.#loadBase(number), bytes });
  }

  /** A copy of the page, to be changed and `set`. */
  copy(number: number): Uint8Array {
    return this.page(number)?.slice() ?? this.#loadBase(number);
  }

  /** The bytes of [offset, offset + length) now. */
  read(offset: number, length: number): Uint8Array {
    const out = new Uint8Array(length);
    for (const { page, from, at, length: n } of pagesOf(offset, length)) {
      out.set((this.page(page) ?? this.#loadBase(page)).subarray(from, from + n), at);
    }
    return out;
  }

  /** The page is as the checkpoint left it, after all. */
  drop(number: number): void {
    this.#pages.delete(number);
  }

  /** The bytes of [offset, offset + length) as the checkpoint left them; all of it lies in pages that are changed. */
  base(offset: number, length: number): Uint8Array {
    const out = new Uint8Array(length);
    for (const part of pagesOf(offset, length)) {
      const base = this.#pages.get(part.page)?.base;
      if (base === undefined) throw new TypeError(`page ${part.page} is not changed`);
      out.set(base.subarray(part.from, part.from + part.length), part.at);
    }
    return out;
  }

  /** Changed pages in order, neighbours together. */
  *runs(): Generator<{ readonly offset: number; readonly pages: Uint8Array[] }> {
    const numbers = [...this.#pages.keys()].sort((a, b) => a - b);
    let run: { offset: number; pages: Uint8Array[] } | undefined;
    for (const number of numbers) {
      const bytes = this.page(number);
      if (bytes === undefined) continue;
      if (run !== undefined && run.offset + run.pages.length * PAGE_SIZE === number * PAGE_SIZE) {
        run.pages.push(bytes);
        continue;
      }
      if (run !== undefined) yield run;
      run = { offset: number * PAGE_SIZE, pages: [bytes] };
    }
    if (run !== undefined) yield run;
  }

  /** The changed pages as they are now, copied. @param fileSize bytes that the file itself has */
  copyChanged(fileSize: number): ChangedPages {
    const numbers = Float64Array.from(this.#pages.keys()).sort();
    const bytes = new Uint8Array(new SharedArrayBuffer(numbers.length * PAGE_SIZE));
    for (const [i, number] of numbers.entries()) bytes.set(this.page(number) ?? [], i * PAGE_SIZE);
    return { fileSize, pageSize: PAGE_SIZE, numbers, bytes };
  }

  clear(): void {
    this.#pages.clear();
  }

  #loadBase(number: number): Uint8Array {
    const base = new Uint8Array(PAGE_SIZE);
    this.#readBase(base, number * PAGE_SIZE);
    return base;
  }
}

/** [offset, offset + length) page by page: `length` bytes from byte `from` of the page, which are those from `at` of the range. */
export function* pagesOf(
  offset: number,
  length: number,
  pageSize = PAGE_SIZE,
): Generator<{ readonly page: number; readonly from: number; readonly at: number; readonly length: number }> {
  for (let at = 0; at < length; ) {
    const page = Math.floor((offset + at) / pageSize);
    const from = offset + at - page * pageSize;
    const n = Math.min(pageSize - from, length - at);
    yield { page, from, at, length: n };
    at += n;
  }
}
