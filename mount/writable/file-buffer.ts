import { type ByteRange, joined } from "../../src/chunk/stored-ranges.ts";
import { pagesOf } from "../../src/storage/journal/page-overlay.ts";
import { BLOCK, BlockMemory, PIECE } from "./block-memory.ts";

/** A file's bytes as they are stored. */
export interface StoredBytes {
  readonly size: number;
  /** Fills `target` with the bytes from `offset` on, which must be there. */
  read(offset: number, target: Uint8Array): void;
}

export function inMemory(bytes: Uint8Array): StoredBytes {
  return { size: bytes.length, read: (offset, target) => target.set(bytes.subarray(offset, offset + target.length)) };
}

/** What is to be stored so that a file is as its buffer has it. */
export interface BufferedChange {
  /** Of the bytes that are stored, so many stay; what comes after them is zeros until it is written. */
  readonly kept: number;
  readonly size: number;
  /** In order; they do not overlap and lie within `size`. The bytes are as they are until the next one is asked for. */
  readonly pieces: Iterable<{ readonly offset: number; readonly bytes: Uint8Array }>;
  /** In order, inside what is kept: zeros, for which no space need be taken. */
  readonly holes: readonly ByteRange[];
}

/** With so many changes of place a file is not written in order. */
const MAX_JUMPS = 64;

/** Larger files have chunks as large as a piece. */
const MIN_FILLED = 2 ** 23;

/** Of a piece with so many blocks that were written, all are stored: that is as much for the disk as the log and what follows from it. */
const LEAST_FILLED = (PIECE / BLOCK) * 0.4;

/** What it takes to know that a block is a hole. */
const HOLE_MEMORY = 64;

/** The bytes of one file, those that were written and not yet stored over those that are stored. */
export class FileBuffer {
  #stored: StoredBytes;
  #size: number;
  /** So many of the stored bytes are still the file's: what was cut off stays away when the file grows again. */
  #kept: number;
  /** By number; each is whole, be there zeros behind the file's end. */
  readonly #blocks = new Map<number, Uint8Array>();
  /** Of blocks, what was stored before others changed it. */
  readonly #before = new Map<number, Uint8Array>();
  /** Of blocks all else of which is as it is stored, what was written. */
  readonly #written = new Map<number, ByteRange>();
  /** Blocks whose stored bytes are the file's no longer. */
  readonly #holes = new Set<number>();
  /** Where the last write ended, and how many did not begin there. */
  #next = 0;
  #jumps = 0;
  #memory = new BlockMemory();
  #changes = 0;

  constructor(stored: StoredBytes) {
    this.#stored = stored;
    this.#size = stored.size;
    this.#kept = stored.size;
  }

  get size(): number {
    return this.#size;
  }

  /** Another number after each change of its bytes. */
  get changes(): number {
    return this.#changes;
  }

  /** Bytes of memory that it takes. */
  get memory(): number {
    return this.#blocks.size * BLOCK + this.#holes.size * HOLE_MEMORY;
  }

  /** Whether nothing of what is stored is in the file any more. */
  get isAnew(): boolean {
    return this.#kept === 0;
  }

  /** Whether any of so many bytes from `offset` on, or their neighbours, are other than they are stored. */
  hasWritten(offset: number, length: number): boolean {
    for (let block = Math.floor(offset / BLOCK); block * BLOCK < offset + length; block++) {
      if (this.#blocks.has(block) || this.#holes.has(block)) return true;
    }
    return false;
  }

  /** Bytes of the file as it was stored when this was made. */
  get storedSize(): number {
    return this.#stored.size;
  }

  /** Whether the file is other than what is stored. */
  get isDirty(): boolean {
    const { size } = this.#stored;
    return this.#blocks.size > 0 || this.#holes.size > 0 || this.#size !== size || this.#kept !== size;
  }

  /** Fills `target` as far as the file goes. @returns how many bytes */
  read(offset: number, target: Uint8Array): number {
    const length = Math.max(0, Math.min(target.length, this.#size - offset));
    for (const { page: block, from, at, length: n } of pagesOf(offset, length, BLOCK)) {
      const part = target.subarray(at, at + n);
      const memory = this.#blocks.get(block);
      if (memory !== undefined) part.set(memory.subarray(from, from + n));
      else if (this.#holes.has(block)) part.fill(0);
      else this.#readStored(block * BLOCK + from, part);
    }
    return length;
  }

  /** All of them. */
  bytes(): Uint8Array {
    const bytes = new Uint8Array(this.#size);
    this.read(0, bytes);
    return bytes;
  }

  write(offset: number, data: Uint8Array): void {
    this.#changes++;
    if (offset !== this.#next) this.#jumps++;
    this.#next = offset + data.length;
    for (let at = 0; at < data.length; ) {
      const block = Math.floor((offset + at) / BLOCK);
      const from = offset + at - block * BLOCK;
      const rest = data.subarray(at);
      const whole = from === 0 ? this.#newBlocks(block, rest) : 0;
      const length = whole > 0 ? whole : Math.min(BLOCK - from, rest.length);
      if (whole === 0) this.#block(block, from, length).set(rest.subarray(0, length), from);
      at += length;
    }
    this.#size = Math.max(this.#size, offset + data.length);
  }

  /**
   * Takes over what of `data` are whole blocks, from `first` on, that are not in memory yet: one piece of memory for all of them.
   * @returns how many bytes
   */
  #newBlocks(first: number, data: Uint8Array): number {
    let count = 0;
    while ((count + 1) * BLOCK <= data.length && !this.#blocks.has(first + count)) count++;
    if (count === 0) return 0;
    const memory = this.#memory.take(count * BLOCK, first * BLOCK);
    memory.set(data.subarray(0, memory.length));
    for (let i = 0; i < count; i++) {
      this.#blocks.set(first + i, memory.subarray(i * BLOCK, (i + 1) * BLOCK));
      this.#holes.delete(first + i);
    }
    return memory.length;
  }

  /** The bytes become zeros; the size stays. */
  zero(offset: number, length: number): void {
    this.#changes++;
    for (const { page: block, from, length: n } of pagesOf(offset, Math.min(length, this.#size - offset), BLOCK)) {
      // Nothing is there.
      if (!this.#blocks.has(block) && block * BLOCK + from >= this.#kept) continue;
      this.#block(block, from, n).fill(0, from, from + n);
    }
  }

  /** The bytes become zeros, as far as may be without taking space; the size stays. */
  punch(offset: number, length: number): void {
    this.#changes++;
    const reach = Math.min(this.#size, Math.max(this.#kept, ...[...this.#blocks.keys()].map((b) => (b + 1) * BLOCK)));
    for (const { page: block, from, length: n } of pagesOf(offset, Math.min(length, reach - offset), BLOCK)) {
      const memory = this.#blocks.get(block);
      const start = block * BLOCK;
      const isWhole = from === 0 && start + n >= Math.min(start + BLOCK, reach);
      if (isWhole) {
        this.#blocks.delete(block);
        this.#written.delete(block);
        if (start < this.#kept) this.#holes.add(block);
      } else if (memory !== undefined || (start + from < this.#kept && !this.#holes.has(block))) {
        this.#block(block, from, n).fill(0, from, from + n);
      }
    }
  }

  /** What is stored is about to be changed by others: what is stored now of the blocks that were written is kept. */
  keepBefore(): void {
    for (const block of this.#blocks.keys()) {
      if (this.#before.has(block)) continue;
      const bytes = new Uint8Array(Math.max(0, Math.min(BLOCK, this.#kept - block * BLOCK)));
      this.#readStored(block * BLOCK, bytes);
      this.#before.set(block, bytes);
    }
  }

  /** The blocks that were written since others change what is stored: what they were, are here, and are there by now. */
  *compared(): Generator<{ offset: number; before: Uint8Array; after: Uint8Array; present: Uint8Array }> {
    for (const { offset, bytes: after } of this.#pieces()) {
      const present = new Uint8Array(after.length);
      this.#readStored(offset, present);
      const before = this.#before.get(offset / BLOCK)?.subarray(0, after.length) ?? present;
      yield { offset, before, after, present };
    }
  }

  /** The first bytes of what is stored; of a text, as it was when this was made. */
  storedBytes(length = this.#stored.size): Uint8Array {
    const bytes = new Uint8Array(Math.min(length, this.#stored.size));
    if (bytes.length > 0) this.#stored.read(0, bytes);
    return bytes;
  }

  /** The block that the file ends in, where it is in memory. */
  get lastBlock(): { readonly offset: number; readonly bytes: Uint8Array } | undefined {
    const block = Math.floor(this.#size / BLOCK);
    const bytes = this.#blocks.get(block);
    return bytes === undefined ? undefined : { offset: block * BLOCK, bytes: bytes.slice(0, this.#size % BLOCK) };
  }

  /** Whether the file is as long as it is stored, and nothing of that was cut off. */
  get isInPlace(): boolean {
    return this.#kept === this.#size && this.#size === this.#stored.size;
  }

  /** What was written without a gap behind the stored bytes that are still the file's. */
  get writtenBehindKept(): ByteRange {
    let block = Math.floor(this.#kept / BLOCK);
    while (this.#blocks.has(block)) block++;
    return { from: this.#kept, to: Math.max(this.#kept, Math.min(block * BLOCK, this.#size)) };
  }

  /** What is stored, and of which nothing is in the file, was made another. */
  storedAnew(stored: StoredBytes): void {
    if (!this.isAnew) throw new TypeError("stored bytes that the file has cannot become others");
    this.#changes++;
    this.#stored = stored;
  }

  /** What comes before `end` is stored as it is here. */
  storedTo(end: number): void {
    this.#changes++;
    this.#kept = Math.max(this.#kept, end);
    for (const block of this.#blocks.keys()) {
      if ((block + 1) * BLOCK > end) continue;
      this.#blocks.delete(block);
      this.#written.delete(block);
      this.#before.delete(block);
    }
    const memory = new BlockMemory();
    for (const [block, bytes] of this.#blocks) {
      const moved = memory.take(BLOCK, block * BLOCK);
      moved.set(bytes);
      this.#blocks.set(block, moved);
    }
    this.#memory.release();
    this.#memory = memory;
  }

  truncate(size: number): void {
    this.#changes++;
    if (size < this.#size) {
      this.#kept = Math.min(this.#kept, size);
      for (const block of this.#holes) if (block * BLOCK >= this.#kept) this.#holes.delete(block);
      for (const [block, memory] of this.#blocks) {
        const inside = size - block * BLOCK;
        if (inside > 0) {
          memory.fill(0, inside);
          continue;
        }
        this.#blocks.delete(block);
        this.#written.delete(block);
      }
    }
    this.#size = size;
  }

  /** Whether it was written at many places. */
  get isScattered(): boolean {
    return this.#jumps > MAX_JUMPS;
  }

  /**
   * @param how "filled": of a large file, what is written at many places of a piece is stored with all that is between them: to write that once
   * costs less than to note each in the log, and later write it, too
   */
  change(how: "exact" | "filled" = "exact"): BufferedChange {
    const holes = [...this.#holes].sort((a, b) => a - b);
    const range = (block: number): ByteRange => ({
      from: block * BLOCK,
      to: Math.min((block + 1) * BLOCK, this.#kept),
    });
    const pieces = how === "filled" && this.#size > MIN_FILLED ? this.#filledPieces() : this.#joinedPieces();
    return { kept: this.#kept, size: this.#size, pieces, holes: joined(holes.map(range)) };
  }

  /** All that it has is stored, and it is not used any more: its memory is for others. */
  release(): void {
    this.#changes++;
    this.#blocks.clear();
    this.#memory.release();
  }

  /** The change was made: nothing is buffered any more. */
  stored(stored: StoredBytes): void {
    this.#changes++;
    this.#stored = stored;
    this.#kept = stored.size;
    this.#size = stored.size;
    this.#blocks.clear();
    this.#holes.clear();
    this.#before.clear();
    this.#written.clear();
    this.#memory = new BlockMemory();
  }

  *#filledPieces(): Generator<{ offset: number; bytes: Uint8Array }> {
    const counts = new Map<number, number>();
    for (const block of this.#blocks.keys()) {
      const piece = Math.floor((block * BLOCK) / PIECE);
      counts.set(piece, (counts.get(piece) ?? 0) + 1);
    }
    const filled = new Set<number>();
    for (const [piece, count] of counts) {
      const isFilled = count >= LEAST_FILLED && count < PIECE / BLOCK && (piece + 1) * PIECE <= this.#kept;
      if (isFilled) filled.add(piece);
    }
    const rest = [...filled].sort((a, b) => a - b);
    const memory = new Uint8Array(rest.length === 0 ? 0 : PIECE);
    for (const piece of this.#joinedPieces((block) => filled.has(Math.floor((block * BLOCK) / PIECE)))) {
      while ((rest[0] ?? Number.POSITIVE_INFINITY) * PIECE < piece.offset) yield this.#whole(rest.shift() ?? 0, memory);
      yield piece;
    }
    for (const piece of rest) yield this.#whole(piece, memory);
  }

  /** A piece that is stored whole, as it is now, in memory that the next one overwrites. */
  #whole(piece: number, bytes: Uint8Array): { offset: number; bytes: Uint8Array } {
    const offset = piece * PIECE;
    this.#readStored(offset, bytes);
    for (let at = 0; at < PIECE; at += BLOCK) {
      const block = (offset + at) / BLOCK;
      const memory = this.#blocks.get(block);
      if (memory !== undefined) bytes.set(memory, at);
      else if (this.#holes.has(block)) bytes.fill(0, at, at + BLOCK);
    }
    return { offset, bytes };
  }

  /** @param isLeft whether a block is left out */
  *#joinedPieces(isLeft = (_block: number) => false): Generator<{ offset: number; bytes: Uint8Array }> {
    let parts: Uint8Array[] = [];
    let start = 0;
    let end = 0;
    for (const { offset, bytes } of this.#writtenPieces(isLeft)) {
      if (parts.length > 0 && (offset !== end || offset % PIECE === 0)) {
        yield { offset: start, bytes: joinedBytes(parts) };
        parts = [];
      }
      if (parts.length === 0) start = offset;
      parts.push(bytes);
      end = offset + bytes.length;
    }
    if (parts.length > 0) yield { offset: start, bytes: joinedBytes(parts) };
  }

  /** Of each block what is other than it is stored. */
  *#writtenPieces(isLeft: (block: number) => boolean): Generator<{ offset: number; bytes: Uint8Array }> {
    for (const { offset, bytes } of this.#pieces()) {
      if (isLeft(offset / BLOCK)) continue;
      const { from, to } = this.#written.get(offset / BLOCK) ?? { from: 0, to: BLOCK };
      if (from < bytes.length) yield { offset: offset + from, bytes: bytes.subarray(from, to) };
    }
  }

  *#pieces(): Generator<{ offset: number; bytes: Uint8Array }> {
    for (const [block, memory] of [...this.#blocks].sort(([a], [b]) => a - b)) {
      const offset = block * BLOCK;
      yield { offset, bytes: memory.subarray(0, Math.min(BLOCK, this.#size - offset)) };
    }
  }

  /** A block's memory, in which [from, from + length) is about to be written: the rest is what the file has there. */
  #block(block: number, from: number, length: number): Uint8Array {
    let memory = this.#blocks.get(block);
    const written = this.#written.get(block);
    if (written !== undefined) {
      const [start, end] = [Math.min(written.from, from), Math.max(written.to, from + length)];
      this.#written.set(block, { from: start, to: end });
    }
    if (memory !== undefined) return memory;
    memory = this.#memory.take(BLOCK, block * BLOCK);
    const isHole = this.#holes.delete(block);
    // What will be written over need not be read.
    const isAllWritten = from === 0 && length >= Math.min(BLOCK, this.#kept - block * BLOCK);
    if (isHole || isAllWritten) memory.fill(0);
    else {
      this.#readStored(block * BLOCK, memory);
      this.#written.set(block, { from, to: from + length });
    }
    this.#blocks.set(block, memory);
    return memory;
  }

  #readStored(offset: number, target: Uint8Array): void {
    const length = Math.max(0, Math.min(target.length, this.#kept - offset));
    if (length > 0) this.#stored.read(offset, target.subarray(0, length));
    target.fill(0, length);
  }
}

/** @param parts whose memory may lie together, as that of blocks that were written one after the other */
function joinedBytes(parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts;
  if (first === undefined) return new Uint8Array(0);
  let end = first.byteOffset;
  for (const { buffer, byteOffset, length } of parts) {
    if (buffer !== first.buffer || byteOffset !== end) return Buffer.concat(parts);
    end += length;
  }
  return new Uint8Array(first.buffer, first.byteOffset, end - first.byteOffset);
}
