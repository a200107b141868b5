import { crc32 } from "node:zlib";
import { changedRange } from "../changed-range.ts";
import { type Allocator, type AllocatorStep, LARGE, type SpaceKind } from "./allocator.ts";
import { DirectExtents } from "./direct-extents.ts";
import type { EarlyExtent } from "./early-extents.ts";
import { PAGE_SIZE, type PageOverlay } from "./page-overlay.ts";
import type { RecordEncoder } from "./record-encoder.ts";
import type { UndoLog } from "./undo-log.ts";

/** What transactions work on. */
export interface TransactionSetup {
  readonly overlay: PageOverlay;
  readonly undo: UndoLog;
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

/** Bytes that were changed. */
interface Range {
  readonly offset: number;
  length: number;
}

/** One change: its bytes lie over those of the last published state, until it is published or rolled back. */
export class Transaction {
  readonly #setup: TransactionSetup;
  readonly #ranges: Range[] = [];
  /** `undefined`: it has allocated no large raw data. */
  #direct: DirectExtents | undefined;
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
    if (bytes.length < PAGE_SIZE || this.#direct?.contains(offset, bytes.length) !== true) {
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

  /** Writes what differs from `before`, which is at `offset` now: others may have what lies around it. */
  writeDifference(offset: number, before: Uint8Array, after: Uint8Array): void {
    const { from, to } = changedRange(before, after);
    this.write(offset + from, after.subarray(from, to));
  }

  /** Space that nothing uses. Its bytes are undefined until they are written. */
  allocate(size: number, kind: SpaceKind): number {
    this.#prepare();
    const offset = this.#setup.allocator.allocate(size, kind);
    if (kind === "raw" && size >= LARGE) {
      this.#direct ??= new DirectExtents();
      this.#direct.add(offset, size);
    }
    return offset;
  }

  /** What was written before is this transaction's; it is not freed where that is rolled back. */
  adopt(extent: EarlyExtent): void {
    this.#prepare();
    this.#direct ??= new DirectExtents();
    this.#direct.adopt(extent.written);
  }

  free(offset: number, size: number): void {
    this.#prepare();
    this.#setup.allocator.free(offset, size);
  }

  /** Gives the log what it is to have of this transaction, but its Publish record. */
  encode(records: RecordEncoder): void {
    const { overlay, checkpointEnd, readThrough } = this.#setup;
    for (const { offset, length, checksum } of this.#direct?.written() ?? []) {
      records.extent(offset, length, checksum ?? checksumOf(readThrough, offset, length));
    }
    for (const { offset, length } of merge(this.#ranges)) {
      const replacedLength = Math.max(0, Math.min(length, checkpointEnd - offset));
      const at = records.write(offset, length, replacedLength, overlay.baseChecksum(offset, replacedLength));
      overlay.copyTo(records.memory, at, offset, length);
    }
  }

  /** Everything is as it was before. @param steps the allocator's, since the transaction began */
  rollback(steps: readonly AllocatorStep[]): void {
    const { overlay, undo, allocator } = this.#setup;
    const changed = (offset: number, length: number): void => this.#setup.changed(offset, length);
    undo.rollback(overlay, changed);
    for (const { offset, length } of this.#direct?.written() ?? []) changed(offset, length);
    allocator.undo(steps);
  }

  #prepare(): void {
    this.#setup.prepare();
    this.#isEmpty = false;
  }

  #writeOver(offset: number, bytes: Uint8Array): void {
    const { length } = bytes;
    if (length === 0) return;
    const first = pageOf(offset);
    const start = offset - first * PAGE_SIZE;
    if (start + length <= PAGE_SIZE) {
      this.#writePage(first, start, bytes);
    } else {
      // What lies together is read at once.
      this.#addPages(offset, length);
      for (let at = 0, number = first, from = start; at < length; number++, from = 0) {
        const end = Math.min(length, at + PAGE_SIZE - from);
        this.#writePage(number, from, bytes.subarray(at, end));
        at = end;
      }
    }
    this.#ranges.push({ offset, length });
    this.#setup.changed(offset, length);
  }

  #writePage(number: number, from: number, bytes: Uint8Array): void {
    const { overlay, undo } = this.#setup;
    let page = overlay.get(number);
    if (page === undefined) {
      this.#addPages(number * PAGE_SIZE, PAGE_SIZE);
      page = overlay.changed(number);
    }
    undo.keep(page, from, bytes.length);
    page.put(bytes, from);
  }

  #addPages(offset: number, length: number): void {
    const { overlay, undo } = this.#setup;
    overlay.add(offset, length, (page) => undo.added(page));
  }

  #writeThrough(offset: number, bytes: Uint8Array): void {
    if (this.#direct === undefined) throw new TypeError("no large raw data were allocated");
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

/** In order, those that touch, or nearly do, as one. @param ranges are not as they were afterwards */
function merge(ranges: Range[]): Range[] {
  ranges.sort(byOffset);
  let count = 0;
  let last: Range | undefined;
  for (const range of ranges) {
    const { offset, length } = range;
    const end = last === undefined ? 0 : last.offset + last.length;
    // Both ends of what lies between are in one page, which is changed.
    const isNear = end >= offset || (offset - end <= NEAR && pageOf(end - 1) === pageOf(offset));
    if (last === undefined || !isNear) {
      last = range;
      ranges[count++] = range;
    } else {
      last.length = Math.max(last.length, offset + length - last.offset);
    }
  }
  ranges.length = count;
  return ranges;
}

function byOffset(a: Range, b: Range): number {
  return a.offset - b.offset;
}
