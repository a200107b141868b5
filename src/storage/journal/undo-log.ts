import { copyBytes } from "../copy-bytes.ts";
import { type OverlayPage, PAGE_SIZE, type PageOverlay } from "./page-overlay.ts";

/** Of one page. With more, it is cheaper to keep all of it as it was. */
const MOST_PARTS = PAGE_SIZE / 2;
/** Of a page of which no more is needed. */
const ALL = Number.POSITIVE_INFINITY;

/** Bytes that stay allocated for the next transaction, at most. */
const KEPT_MEMORY = 2 ** 20;
const FIRST_MEMORY = 2 ** 14;

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
  /** Of the present one. */
  #transaction = 0;
  #count = 0;
  readonly #pages: OverlayPage[] = [];
  readonly #changes: Change[] = [];
  /** Where bytes that were changed in place begin in their page. */
  readonly #from: number[] = [];
  /** Those bytes, as they were. */
  #bytes = new Uint8Array(FIRST_MEMORY);
  #used = 0;

  /** Another transaction begins: nothing of the one before can be taken back any more. */
  begin(): void {
    this.#transaction++;
    this.#count = 0;
    this.#used = 0;
    if (this.#bytes.length <= KEPT_MEMORY) return;
    this.#bytes = new Uint8Array(FIRST_MEMORY);
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
        this.#used -= change;
        page.put(this.#bytes.subarray(this.#used, this.#used + change), this.#from[i] ?? 0);
      } else {
        page.bytes = change;
        page.isShared = true;
      }
      changed(page.number * PAGE_SIZE, PAGE_SIZE);
    }
    this.begin();
  }

  #keepBytes(page: OverlayPage, from: number, length: number): void {
    this.#push(page, length, from);
    const end = this.#used + length;
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(end, 2 * this.#bytes.length));
      larger.set(this.#bytes.subarray(0, this.#used));
      this.#bytes = larger;
    }
    copyBytes(page.bytes, from, this.#bytes, this.#used, length);
    this.#used = end;
  }

  #push(page: OverlayPage, change: Change, from: number): void {
    this.#pages[this.#count] = page;
    this.#changes[this.#count] = change;
    this.#from[this.#count] = from;
    this.#count++;
  }
}
