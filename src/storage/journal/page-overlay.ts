import { crc32 } from "node:zlib";
import { copyBytes } from "../copy-bytes.ts";
import type { ChangedPages } from "../storage.ts";

/** Bytes of a page: what is kept of the file in memory while it is changed. Most changes are small, and each copies the pages that it touches. */
export const PAGE_SIZE = 1024;

/** A page of the file that was changed since the last checkpoint. */
export class OverlayPage {
  readonly number: number;
  /** As the checkpoint left it. */
  readonly base: Uint8Array;
  /** As it is now. */
  bytes: Uint8Array;
  /** Somebody else may have `bytes`, and keep them: they are not changed in place, but replaced. */
  isShared = true;
  /** The transaction that has changed it last, and the bytes that are kept of it to take that back: see `UndoLog`. */
  changedBy = 0;
  kept = 0;

  constructor(number: number, base: Uint8Array) {
    this.number = number;
    this.base = base;
    this.bytes = base;
  }

  /** Changes bytes from byte `at` on, in place where nobody else may have them. */
  put(bytes: Uint8Array, at: number): void {
    if (this.isShared) {
      const own = newPage();
      if (bytes.length < PAGE_SIZE) own.set(this.bytes);
      this.bytes = own;
      this.isShared = false;
    }
    copyBytes(bytes, 0, this.bytes, at, bytes.length);
  }
}

/** The file as the last checkpoint left it. */
export interface CheckpointedFile {
  /** In bytes. */
  readonly fileSize: number;
  /** Reads a part; zeros past its end. */
  readBase(target: Uint8Array, offset: number): void;
}

/** The base of all pages past the end of the file. */
const ZEROS = new Uint8Array(PAGE_SIZE);

/** Pages get their memory from pieces of this size: to have it one by one would cost more than to fill it. */
const SLAB = 64 * PAGE_SIZE;
let slab = new Uint8Array(0);
let taken = 0;

/** Its bytes are undefined. */
function newPage(): Uint8Array {
  if (taken + PAGE_SIZE > slab.length) {
    slab = new Uint8Array(Buffer.allocUnsafeSlow(SLAB).buffer);
    taken = 0;
  }
  taken += PAGE_SIZE;
  return slab.subarray(taken - PAGE_SIZE, taken);
}

/** The changed pages, over the file's own bytes. */
export class PageOverlay {
  readonly #pages = new Map<number, OverlayPage>();
  readonly #file: CheckpointedFile;

  constructor(file: CheckpointedFile) {
    this.#file = file;
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

  /** The bytes now, of a page that is changed, for whoever wants to keep them. */
  share(number: number): Uint8Array | undefined {
    const page = this.#pages.get(number);
    if (page !== undefined) page.isShared = true;
    return page?.bytes;
  }

  /** A page that is changed. */
  get(number: number): OverlayPage | undefined {
    return this.#pages.get(number);
  }

  /** A page that is changed, which it must be. */
  changed(number: number): OverlayPage {
    const page = this.#pages.get(number);
    if (page === undefined) throw new TypeError(`page ${number} is not changed`);
    return page;
  }

  /** The bytes now, of a page that is changed: not to be kept. */
  now(number: number): Uint8Array | undefined {
    return this.#pages.get(number)?.bytes;
  }

  /** Counts the pages of [offset, offset + length) among those that are changed. @param added is told which were not among them */
  add(offset: number, length: number, added?: (page: OverlayPage) => void): void {
    const end = Math.floor((offset + length - 1) / PAGE_SIZE) + 1;
    for (let first = Math.floor(offset / PAGE_SIZE); first < end; first++) {
      let last = first;
      while (last < end && !this.#pages.has(last)) last++;
      if (last === first) continue;
      const bases = first * PAGE_SIZE >= this.#file.fileSize ? undefined : this.#readBases(first, last);
      for (let number = first; number < last; number++) {
        const from = (number - first) * PAGE_SIZE;
        const page = new OverlayPage(number, bases?.subarray(from, from + PAGE_SIZE) ?? ZEROS);
        this.#pages.set(number, page);
        added?.(page);
      }
      first = last;
    }
  }

  /** What lies together is read at once. */
  #readBases(first: number, last: number): Uint8Array {
    const bases = last - first === 1 ? newPage() : new Uint8Array((last - first) * PAGE_SIZE);
    this.#file.readBase(bases, first * PAGE_SIZE);
    return bases;
  }

  /** The bytes of [offset, offset + length) now. */
  read(offset: number, length: number): Uint8Array {
    const out = new Uint8Array(length);
    for (const { page, from, at, length: n } of pagesOf(offset, length)) {
      out.set((this.now(page) ?? this.#loadBase(page)).subarray(from, from + n), at);
    }
    return out;
  }

  /** As `read`: not to be kept, for it may be a view. */
  peek(offset: number, length: number): Uint8Array {
    const number = Math.floor(offset / PAGE_SIZE);
    const from = offset - number * PAGE_SIZE;
    const page = from + length <= PAGE_SIZE ? this.now(number) : undefined;
    return page?.subarray(from, from + length) ?? this.read(offset, length);
  }

  /** Puts the bytes of [offset, offset + length), which lie in pages that are changed, into `target` from byte `at` on. */
  copyTo(target: Uint8Array, at: number, offset: number, length: number): void {
    const end = offset + length;
    for (let from = offset; from < end; ) {
      const number = Math.floor(from / PAGE_SIZE);
      const start = from - number * PAGE_SIZE;
      const n = Math.min(PAGE_SIZE - start, end - from);
      copyBytes(this.changed(number).bytes, start, target, at + from - offset, n);
      from += n;
    }
  }

  /** The page is as the checkpoint left it, after all. */
  drop(number: number): void {
    this.#pages.delete(number);
  }

  /** The bytes of [offset, offset + length) as the checkpoint left them; all of it lies in pages that are changed. */
  base(offset: number, length: number): Uint8Array {
    const out = new Uint8Array(length);
    for (const { page, from, at, length: n } of pagesOf(offset, length)) {
      out.set(this.changed(page).base.subarray(from, from + n), at);
    }
    return out;
  }

  /** Their CRC-32. */
  baseChecksum(offset: number, length: number): number {
    let checksum = 0;
    if (length === 0) return checksum;
    for (const { page, from, length: n } of pagesOf(offset, length)) {
      checksum = crc32(this.changed(page).base.subarray(from, from + n), checksum);
    }
    return checksum;
  }

  /** Changed pages in order, neighbours together. */
  *runs(): Generator<{ readonly offset: number; readonly pages: Uint8Array[] }> {
    const numbers = [...this.#pages.keys()].sort((a, b) => a - b);
    let run: { offset: number; pages: Uint8Array[] } | undefined;
    for (const number of numbers) {
      const bytes = this.now(number);
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
    for (const [i, number] of numbers.entries()) bytes.set(this.now(number) ?? [], i * PAGE_SIZE);
    return { fileSize, pageSize: PAGE_SIZE, numbers, bytes };
  }

  clear(): void {
    this.#pages.clear();
  }

  #loadBase(number: number): Uint8Array {
    const base = newPage();
    this.#file.readBase(base, number * PAGE_SIZE);
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
