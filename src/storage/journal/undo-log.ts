import { copyBytes } from "../copy-bytes.ts";
import { type OverlayPage, PAGE_SIZE, type PageOverlay } from "./page-overlay.ts";
import { ReusedMemory } from "./reused-memory.ts";

/** Of one page. With more, it is cheaper to keep all of it as it was. */
const MOST_PARTS = PAGE_SIZE / 2;
/** Of a page of which no more is needed. */
const ALL = Number.POSITIVE_INFINITY;

/** Changes of which pages are referred to after their transaction, at most: nobody else may need these any more. */
const KEPT_CHANGES = 1024;

/** What a change did to a page. */
type Change =
  /** It was not among the changed ones. */
  | "added"
  /** It got other memory: what it had before. */
  | Uint8Array
  /** Bytes of it were changed in place: how many. */
  | number;

/**
 * What one transaction after the other changes of pages, as it was before: what takes it back. Its memory is used again, for
 * transactions are many and small.
 */
export class UndoLog {
  /** Of the present one; no page has been changed by number 0. */
  #transaction = 1;
  #count = 0;
  readonly #pages: OverlayPage[] = [];
  readonly #changes: Change[] = [];
  /** Where bytes that were changed in place begin in their page. */
  readonly #from: number[] = [];
  /** Those bytes, as they were. */
  readonly #memory = new ReusedMemory();

  /** The transaction has ended: nothing of it can be taken back any more. */
  end(): void {
    this.#transaction++;
    this.#count = 0;
    this.#memory.clear();
    if (this.#pages.length <= KEPT_CHANGES) return;
    this.#pages.length = 0;
    this.#changes.length = 0;
    this.#from.length = 0;
  }

  /** The transaction is about to change a page that nobody had changed. */
  added(page: OverlayPage): void {
    this.#push(page, "added", 0);
    page.changedBy = this.#transaction;
    page.kept = ALL;
  }

  /** The transaction is about to change bytes [from, from + length) of a page. */
  keep(page: OverlayPage, from: number, length: number): void {
    const kept = page.changedBy === this.#transaction ? page.kept : 0;
    if (kept === ALL) return;
    page.changedBy = this.#transaction;
    page.kept = kept + length;
    if (page.isShared) {
      this.#push(page, page.bytes, 0);
      page.kept = ALL;
    } else if (page.kept <= MOST_PARTS) {
      this.#keepBytes(page, from, length);
    } else {
      this.#keepBytes(page, 0, PAGE_SIZE);
      page.kept = ALL;
    }
  }

  /** Pages are as they were before the transaction. @param changed is told which ones */
  rollback(overlay: PageOverlay, changed: (offset: number, length: number) => void): void {
    for (let i = this.#count - 1; i >= 0; i--) {
      const page = this.#pages[i];
      const change = this.#changes[i];
      if (page === undefined || change === undefined) continue;
      if (change === "added") {
        overlay.drop(page.number);
      } else if (typeof change === "number") {
        const memory = this.#memory;
        memory.used -= change;
        page.put(memory.bytes.subarray(memory.used, memory.used + change), this.#from[i] ?? 0);
      } else {
        page.bytes = change;
        page.isShared = true;
      }
      changed(page.number * PAGE_SIZE, PAGE_SIZE);
    }
    this.end();
  }

  #keepBytes(page: OverlayPage, from: number, length: number): void {
    this.#push(page, length, from);
    const at = this.#memory.take(length);
    copyBytes(page.bytes, from, this.#memory.bytes, at, length);
  }

  #push(page: OverlayPage, change: Change, from: number): void {
    this.#pages[this.#count] = page;
    this.#changes[this.#count] = change;
    this.#from[this.#count] = from;
    this.#count++;
  }
}
