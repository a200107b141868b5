import { strict as assert } from "node:assert";
import { crc32 } from "node:zlib";
import type { EarlyExtent } from "../../../src/storage/journal/early-extents.ts";
import { JournaledFile } from "../../../src/storage/journal/journaled-file.ts";
import { SECTOR, type SuperblockSector } from "../../../src/storage/journal/superblock-sector.ts";
import type { SyncThread } from "../../../src/storage/journal/sync-runner.ts";
import type { Transaction } from "../../../src/storage/journal/transaction.ts";
import type { RecordingDisk } from "./recording-disk.ts";

/** A file in place of an HDF5 file: a sector with a version, the end and a checksum; then a table of cells, each with its own checksum. */
export const CELLS = 24;
const TABLE = SECTOR;
const ROW = 24;
const VERSION = 2;
export const FIRST_END = TABLE + CELLS * ROW + 16;
export const FILE_NAME = "data.h5";
export const LOG_NAME = ".data.h5.h5fs-journal";

const MARKS = { 0: "unmarked", 224: "pending", 240: "checkpointing" } as const;

export const sector: SuperblockSector = {
  offset: 0,
  markOf(bytes) {
    const mark = (bytes[8] ?? 0) & 0xf0;
    if (mark !== 0 && mark !== 0xe0 && mark !== 0xf0) throw new Error(`version byte is ${bytes[8]}`);
    assert.equal(viewOf(bytes).getUint32(32, true), crc32(bytes.subarray(0, 32)), "checksum of the sector");
    return MARKS[mark];
  },
  withMark: (bytes, mark) =>
    changed(bytes, (copy) => (copy[8] = VERSION | { unmarked: 0, pending: 0xe0, checkpointing: 0xf0 }[mark])),
  endLength: 36,
  endOf: (bytes) => Number(viewOf(bytes).getBigUint64(16, true)),
  withEnd: (bytes, end) => changed(bytes, (copy) => viewOf(copy).setBigUint64(16, BigInt(end), true)),
};

function changed(bytes: Uint8Array, change: (copy: Uint8Array) => unknown): Uint8Array {
  const copy = bytes.slice();
  change(copy);
  viewOf(copy).setUint32(32, crc32(copy.subarray(0, 32)), true);
  return copy;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function emptyCellFile(): Uint8Array {
  const bytes = new Uint8Array(FIRST_END);
  bytes[8] = VERSION;
  bytes.set(sector.withEnd(bytes.slice(0, SECTOR), FIRST_END));
  return bytes;
}

export function openCellFile(disk: RecordingDisk, syncThread?: SyncThread): JournaledFile {
  const file = disk.open(FILE_NAME);
  assert.ok(file);
  return JournaledFile.open({ file, directory: disk, logName: LOG_NAME, superblock: sector, syncThread });
}

interface Cell {
  readonly offset: number;
  readonly length: number;
  readonly checksum: number;
}

/** The number of the last change. */
export function stateNumber(file: JournaledFile | Transaction): number {
  return viewOf(file.read(TABLE + CELLS * ROW, 8)).getUint32(0, true);
}

function cellOf(file: JournaledFile | Transaction, i: number): Cell {
  const row = viewOf(file.read(TABLE + i * ROW, ROW));
  return { offset: row.getFloat64(0, true), length: row.getFloat64(8, true), checksum: row.getUint32(16, true) };
}

/** Every cell has the bytes that its checksum says, and no two overlap. @returns what tells this state from every other */
export function checkCells(file: JournaledFile): string {
  const cells = Array.from({ length: CELLS }, (_, i) => cellOf(file, i));
  for (const { offset, length, checksum } of cells) assert.equal(crc32(file.read(offset, length)), checksum, "a cell");
  const used = cells.filter(({ length }) => length > 0).sort((a, b) => a.offset - b.offset);
  let end = FIRST_END;
  for (const { offset, length } of used) {
    assert.ok(offset >= end, "two cells overlap");
    end = offset + length;
  }
  return `${stateNumber(file)}: ${cells.map(({ checksum, length }) => `${length}/${checksum}`).join(" ")}`;
}

/** Bytes that are in the file before the transaction that makes a cell of them. */
export function writeEarly(file: JournaledFile, random: () => number): EarlyExtent[] {
  const count = random() < 0.4 ? 1 + Math.floor(random() * 2) : 0;
  return Array.from({ length: count }, () => {
    const bytes = noise(65_536 + 4096 * Math.floor(random() * 4), random);
    const extent = file.reserveEarly(bytes.length) ?? assert.fail("there is room");
    const first = Math.floor(random() * bytes.length);
    extent.append(bytes.subarray(0, first));
    extent.append(bytes.subarray(first));
    return extent;
  });
}

/**
 * One change of a few cells: new ones, ones that are changed in place, ones that are removed.
 * @param early what was written for it
 */
export function changeCells(transaction: Transaction, random: () => number, early: readonly EarlyExtent[] = []): void {
  const pick = (n: number): number => Math.floor(random() * n);
  for (const [i, extent] of early.entries()) {
    const old = cellOf(transaction, i);
    transaction.free(old.offset, old.length);
    transaction.adopt(extent);
    const { checksum = assert.fail("it was written once"), ...place } = extent.written;
    putCell(transaction, i, { ...place, checksum });
  }
  for (let n = pick(4) + 1; n > 0; n--) {
    const i = pick(CELLS);
    const { offset, length } = cellOf(transaction, i);
    if (length > 0 && random() < 0.3) {
      const at = pick(length);
      const part = noise(Math.min(length - at, 1 + pick(500)), random);
      transaction.write(offset + at, part);
      putCell(transaction, i, { offset, length, checksum: crc32(transaction.read(offset, length)) });
      continue;
    }
    transaction.free(offset, length);
    if (random() < 0.2) {
      putCell(transaction, i, { offset: 0, length: 0, checksum: 0 });
      continue;
    }
    const large = random() < 0.2;
    const bytes = noise(large ? 65_536 + pick(20_000) : 1 + pick(700), random);
    const to = transaction.allocate(bytes.length, large ? "raw" : "metadata");
    const half = pick(bytes.length);
    transaction.write(to, bytes.subarray(0, half));
    transaction.write(to + half, bytes.subarray(half));
    if (large && random() < 0.5) transaction.write(to, bytes.subarray(0, 9000));
    putCell(transaction, i, { offset: to, length: bytes.length, checksum: crc32(bytes) });
  }
  const number = new Uint8Array(8);
  viewOf(number).setUint32(0, stateNumber(transaction) + 1, true);
  transaction.write(TABLE + CELLS * ROW, number);
}

function putCell(transaction: Transaction, i: number, { offset, length, checksum }: Cell): void {
  const bytes = new Uint8Array(ROW);
  const row = viewOf(bytes);
  row.setFloat64(0, offset, true);
  row.setFloat64(8, length, true);
  row.setUint32(16, checksum, true);
  transaction.write(TABLE + i * ROW, bytes);
}

function noise(length: number, random: () => number): Uint8Array {
  const out = new Uint8Array(length);
  let x = Math.floor(random() * 2 ** 32) | 1;
  for (let i = 0; i < length; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    out[i] = x;
  }
  return out;
}

/** Numbers in [0, 1) that depend on the seed alone (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
