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

/** Of one page. With more, it is cheaper to keep all of it as it was. */
const MOST_UNDO = PAGE_SIZE / 2;

/** Bytes of a page, from byte `from` of it, as they were before; `undefined`: none of it was changed. */
interface Undo {
  readonly page: number;
  readonly from: number;
  readonly bytes: Uint8Array | undefined;
}

/** One change: its bytes lie over those of the last published state, until it is published or rolled back. */
export class Transaction {
  readonly #setup: TransactionSetup;
  /** What takes its changes back, the last one first. */
  readonly #undo: Undo[] = [];
  /** For each page that it has changed in place, the bytes in `#undo`; of those that have other memory, no more are needed. */
  readonly #undoBytes = new Map<number, number>();
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
    const { overlay, checkpointEnd, readThrough } = this.#setup;
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
        bytes: overlay.peek(offset, length),
      });
    }
    return records;
  }

  /** Everything is as it was before. @param steps the allocator's, since the transaction began */
  rollback(steps: readonly AllocatorStep[]): void {
    const { overlay, allocator, changed } = this.#setup;
    for (const { page, from, bytes } of this.#undo.toReversed()) {
      if (bytes === undefined) overlay.drop(page);
      else if (bytes.length === PAGE_SIZE) overlay.restore(page, bytes);
      else (overlay.own(page) ?? overlay.renew(page, "some").bytes).set(bytes, from);
      changed(page * PAGE_SIZE, PAGE_SIZE);
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
    overlay.add(offset, bytes.length, (page) => this.#undo.push({ page, from: 0, bytes: undefined }));
    const first = Math.floor(offset / PAGE_SIZE);
    const start = offset - first * PAGE_SIZE;
    if (start + bytes.length <= PAGE_SIZE) this.#writePage(first, start, bytes);
    else {
      for (const { page, from, at, length } of pagesOf(offset, bytes.length)) {
        this.#writePage(page, from, bytes.subarray(at, at + length));
      }
    }
    this.#ranges.push({ offset, length: bytes.length });
    changed(offset, bytes.length);
  }

  /** Small changes are made in place, where nobody else may have the page's bytes; what is changed much gets other memory. */
  #writePage(page: number, from: number, bytes: Uint8Array): void {
    const { overlay } = this.#setup;
    const kept = this.#undoBytes.get(page) ?? 0;
    const own = overlay.own(page);
    if (own !== undefined && kept + bytes.length <= MOST_UNDO) {
      this.#undo.push({ page, from, bytes: Buffer.from(own.subarray(from, from + bytes.length)) });
      this.#undoBytes.set(page, kept + bytes.length);
      own.set(bytes, from);
    } else if (own !== undefined && kept === Number.POSITIVE_INFINITY) {
      own.set(bytes, from);
    } else {
      const renewed = overlay.renew(page, bytes.length === PAGE_SIZE ? "all" : "some");
      if (kept < Number.POSITIVE_INFINITY) this.#undo.push({ page, from: 0, bytes: renewed.before });
      this.#undoBytes.set(page, Number.POSITIVE_INFINITY);
      renewed.bytes.set(bytes, from);
    }
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

/** Bytes between two ranges that take less of the log than a record of its own. */
const NEAR = 64;

function pageOf(offset: number): number {
  return Math.floor(offset / PAGE_SIZE);
}

/** In order, those that touch, or nearly do, as one. */
function merge(extents: readonly Extent[]): Extent[] {
  const out: { offset: number; length: number }[] = [];
  for (const { offset, length } of extents.toSorted((a, b) => a.offset - b.offset)) {
    const last = out.at(-1);
    const end = last === undefined ? 0 : last.offset + last.length;
    // Both ends of what lies between are in one page, which is changed.
    const isNear = end >= offset || (offset - end <= NEAR && pageOf(end - 1) === pageOf(offset));
    if (last === undefined || !isNear) out.push({ offset, length });
    else last.length = Math.max(last.length, offset + length - last.offset);
  }
  return out;
}
