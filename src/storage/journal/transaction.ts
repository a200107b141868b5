import { crc32 } from "node:zlib";
import { type Allocator, type AllocatorStep, LARGE, type SpaceKind } from "./allocator.ts";
import { DirectExtents } from "./direct-extents.ts";
import type { Extent } from "./free-extents.ts";
import type { LogRecord } from "./log-record.ts";
import { PAGE_SIZE, type PageOverlay, pagesOf } from "./page-overlay.ts";

/** What a transaction works on. */
export interface TransactionSetup {
  readonly overlay: PageOverlay;
  readonly allocator: Allocator;
  /** End of allocation at the last checkpoint. */
  readonly checkpointEnd: number;
  /** Called before anything is changed. */
  prepare(): void;
  /** Writes into the file itself, where no durable state has anything. */
  writeThrough(bytes: Uint8Array, offset: number): void;
  /** The bytes now. */
  read(offset: number, length: number): Uint8Array;
  /** The bytes that the file itself has. */
  readThrough(offset: number, length: number): Uint8Array;
  /** Asked for all that changes what was read before. */
  changed(offset: number, length: number): void;
}

/** One change: its bytes lie over those of the last published state, until it is published or rolled back. */
export class Transaction {
  readonly #setup: TransactionSetup;
  /** Pages as they were before this transaction; `undefined`: not changed before it. */
  readonly #before = new Map<number, Uint8Array | undefined>();
  #ranges: Extent[] = [];
  readonly #direct = new DirectExtents();
  #isEmpty = true;

  constructor(setup: TransactionSetup) {
    this.#setup = setup;
  }

  /** True where nothing was written, allocated or freed. */
  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  read(offset: number, length: number): Uint8Array {
    return this.#setup.read(offset, length);
  }

  write(offset: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#prepare();
    if (bytes.length < PAGE_SIZE || !this.#direct.contains(offset, bytes.length)) {
      this.#writeOver(offset, bytes);
      return;
    }
    // Whole pages go into the file; what is left at both ends shares its page with others.
    const from = Math.ceil(offset / PAGE_SIZE) * PAGE_SIZE;
    const to = Math.floor((offset + bytes.length) / PAGE_SIZE) * PAGE_SIZE;
    // Pages that lie over the file already would hide what goes into it.
    if (from >= to || this.#setup.overlay.touches(from, to - from)) {
      this.#writeOver(offset, bytes);
      return;
    }
    this.#writeOver(offset, bytes.subarray(0, from - offset));
    this.#writeThrough(from, bytes.subarray(from - offset, to - offset));
    this.#writeOver(to, bytes.subarray(to - offset));
  }

  /** Space that nothing uses. Its bytes are undefined until they are written. */
  allocate(size: number, kind: SpaceKind): number {
    this.#prepare();
    const offset = this.#setup.allocator.allocate(size, kind);
    if (kind === "raw" && size >= LARGE) this.#direct.add(offset, size);
    return offset;
  }

  free(offset: number, size: number): void {
    this.#prepare();
    this.#setup.allocator.free(offset, size);
  }

  /** What the log is to have of this transaction, but its Publish record. */
  records(): LogRecord[] {
    const { overlay, checkpointEnd, read, readThrough } = this.#setup;
    const records: LogRecord[] = [];
    for (const { offset, length, checksum } of this.#direct.written()) {
      records.push({ type: "extent", offset, length, checksum: checksum ?? checksumOf(readThrough, offset, length) });
    }
    for (const { offset, length } of merge(this.#ranges)) {
      const replacedLength = Math.max(0, Math.min(length, checkpointEnd - offset));
      records.push({
        type: "write",
        offset,
        replacedLength,
        replaced: overlay.baseChecksum(offset, replacedLength),
        bytes: read(offset, length),
      });
    }
    return records;
  }

  /** Everything is as it was before. @param steps the allocator's, since the transaction began */
  rollback(steps: readonly AllocatorStep[]): void {
    const { overlay, allocator, changed } = this.#setup;
    for (const [number, bytes] of this.#before) {
      if (bytes === undefined) overlay.drop(number);
      else overlay.restore(number, bytes);
      changed(number * PAGE_SIZE, PAGE_SIZE);
    }
    for (const { offset, length } of this.#direct.written()) changed(offset, length);
    allocator.undo(steps);
  }

  #prepare(): void {
    this.#setup.prepare();
    this.#isEmpty = false;
  }

  #writeOver(offset: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const { overlay, changed } = this.#setup;
    const first = Math.floor(offset / PAGE_SIZE);
    if (this.#before.has(first) && offset + bytes.length <= (first + 1) * PAGE_SIZE) {
      overlay.page(first)?.set(bytes, offset - first * PAGE_SIZE);
    } else {
      const added = new Set<number>();
      overlay.add(offset, bytes.length, (page) => added.add(page));
      for (const { page, from, at, length } of pagesOf(offset, bytes.length)) {
        let target = overlay.page(page);
        // A page's bytes may be in others' hands; this transaction's own copy is not yet.
        if (target === undefined || !this.#before.has(page)) {
          this.#before.set(page, added.has(page) ? undefined : target);
          target = overlay.renew(page, length === PAGE_SIZE ? "all" : "some");
        }
        target.set(length === bytes.length ? bytes : bytes.subarray(at, at + length), from);
      }
    }
    this.#ranges.push({ offset, length: bytes.length });
    changed(offset, bytes.length);
  }

  #writeThrough(offset: number, bytes: Uint8Array): void {
    this.#setup.writeThrough(bytes, offset);
    this.#direct.wrote(offset, bytes);
    this.#setup.changed(offset, bytes.length);
  }
}

const STEP = 2 ** 20;

function checksumOf(read: (offset: number, length: number) => Uint8Array, offset: number, length: number): number {
  let checksum = 0;
  for (let at = 0; at < length; at += STEP) checksum = crc32(read(offset + at, Math.min(STEP, length - at)), checksum);
  return checksum;
}

/** In order, those that touch as one. */
function merge(extents: readonly Extent[]): Extent[] {
  const out: { offset: number; length: number }[] = [];
  for (const { offset, length } of extents.toSorted((a, b) => a.offset - b.offset)) {
    const last = out.at(-1);
    if (last === undefined || last.offset + last.length < offset) out.push({ offset, length });
    else last.length = Math.max(last.length, offset + length - last.offset);
  }
  return out;
}
