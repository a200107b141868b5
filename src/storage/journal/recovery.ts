import { crc32 } from "node:zlib";
import { H5Error } from "../../errors.ts";
import { checkpointSteps, tailOffset } from "./checkpoint.ts";
import type { DiskDirectory, DiskFile } from "./disk.ts";
import { GENERATION_SIZE, type LogContents, LogFile, type LoggedTransaction } from "./log-file.ts";
import type { LogRecord } from "./log-record.ts";
import { PAGE_SIZE, PageOverlay, pagesOf } from "./page-overlay.ts";
import { type Mark, SECTOR, type SuperblockSector } from "./superblock-sector.ts";
import { runSteps } from "./sync-runner.ts";

export interface RecoverySetup {
  readonly file: DiskFile;
  readonly directory: DiskDirectory;
  readonly logName: string;
  readonly superblock: SuperblockSector;
}

/** What recovery found, and did. */
export type Recovery =
  | { readonly kind: "clean" }
  /** So many transactions of the log are in the file now; `lost` ones could not be applied. */
  | { readonly kind: "recovered"; readonly transactions: number; readonly lost: number }
  /** The file is as its last checkpoint left it: the log did not belong to it, or was not to be applied. */
  | { readonly kind: "set-aside"; readonly name: string }
  /** The same, and there was no log. */
  | { readonly kind: "unmarked" };

/** What recovery would do with a file. */
export type Inspection =
  | { readonly kind: "clean" }
  /** The log is missing or unreadable. */
  | { readonly kind: "no-log"; readonly mark: ChangeMark }
  /** The log belongs to another state of the file. */
  | { readonly kind: "foreign-log"; readonly mark: ChangeMark }
  | {
      readonly kind: "replay";
      readonly mark: ChangeMark;
      /** The file as it will be, superblock without its mark. */
      readonly overlay: PageOverlay;
      /** Number of the last transaction that is applied. */
      readonly last: number;
      /** Transactions that are applied. */
      readonly count: number;
      /** Transactions that cannot be. */
      readonly lost: number;
    };

type ChangeMark = Exclude<Mark, "unmarked">;

/**
 * Makes a file whole that was left marked (docs/writing.md, section 5). It can be interrupted anywhere and begun again. The
 * caller holds the exclusive lock.
 * @throws H5Error where the file is marked and its log is missing or unreadable
 */
export function recover(setup: RecoverySetup): Recovery {
  const { file, directory, logName, superblock } = setup;
  const log = LogFile.open(directory, logName);
  try {
    if (superblock.markOf(readSector(file, superblock.offset)) !== "unmarked") {
      // What a crash left in the page cache is on no disk yet.
      file.settle();
      log?.settle();
    }
    const inspection = inspect(setup, log);
    const before = superblock.withMark(readSector(file, superblock.offset), "unmarked");
    if (inspection.kind === "clean") {
      if (log !== undefined) directory.remove(logName);
      return inspection;
    }
    if (inspection.kind === "foreign-log" && inspection.mark === "pending") return setAside(setup, before);
    if (inspection.kind !== "replay" || log === undefined) throw unusableLog(file.name, logName, inspection);

    const { overlay, last, lost, count } = inspection;
    const after = overlay.read(superblock.offset, SECTOR);
    // Before anything is overwritten: a full disk must find the old state whole.
    for (const { offset, pages } of overlay.runs()) file.reserve(offset, pages.length * PAGE_SIZE);
    log.appendSync(last);
    log.sync();
    runSteps(checkpointSteps(file, overlay, superblock, before, after));
    file.truncate(superblock.endOf(after));
    directory.remove(logName);
    return { kind: "recovered", transactions: count, lost };
  } finally {
    log?.close();
  }
}

/**
 * Goes back to the state before the changes that a log has, which is set aside.
 * @throws H5Error where that state is not whole any more
 */
export function discardLog(setup: RecoverySetup): Recovery {
  const { file, directory, logName, superblock } = setup;
  const sector = readSector(file, superblock.offset);
  const mark = superblock.markOf(sector);
  if (mark === "unmarked") return { kind: "clean" };
  if (mark === "checkpointing") {
    throw new H5Error(
      "format",
      `${file.name}: its changes were being written into it when the writer died: only the log can make it whole`,
    );
  }
  const before = superblock.withMark(sector, "unmarked");
  const log = directory.open(logName);
  log?.close();
  if (log !== undefined) return setAside(setup, before);
  unmark(setup, before);
  return { kind: "unmarked" };
}

/** What recovery would do; nothing is changed. @param log the log beside the file, if there is one */
export function inspect(setup: RecoverySetup, log: LogFile | undefined): Inspection {
  const { file, superblock } = setup;
  const marked = readSector(file, superblock.offset);
  const mark = superblock.markOf(marked);
  if (mark === "unmarked") return { kind: "clean" };
  const contents = log?.read();
  return contents === undefined
    ? { kind: "no-log", mark }
    : compare(setup, mark, superblock.withMark(marked, "unmarked"), contents);
}

/** @param before the superblock's sector without its mark */
function compare(setup: RecoverySetup, mark: ChangeMark, before: Uint8Array, log: LogContents): Inspection {
  const { file, superblock } = setup;
  const tail = tailOffset(superblock.endOf(before));
  const belongs =
    tail + SECTOR <= file.size() && equal(readSector(file, tail).subarray(0, GENERATION_SIZE), log.generation.id);
  if (!belongs) return { kind: "foreign-log", mark };

  const overlay = new PageOverlay({
    fileSize: file.size(),
    readBase: (target, offset) => readPadded(file, target, offset),
  });
  // The sector is taken without its mark, as the checkpoint left it.
  put(overlay, superblock.offset, before);
  let last = 0;
  let count = 0;
  const wanted = mark === "pending" ? log.transactions : log.transactions.filter(({ number }) => number <= log.synced);
  for (const transaction of wanted) {
    // In a file that is half written the bytes replaced are old or new: the durable log alone counts.
    if (mark === "pending" && !holds(file, superblock.offset, before, transaction)) break;
    for (const record of transaction.records) if (record.type === "write") put(overlay, record.offset, record.bytes);
    last = transaction.number;
    count++;
  }
  return { kind: "replay", mark, overlay, last, count, lost: wanted.length - count };
}

/** Whether the file has what a transaction relies on: the bytes that it replaces, and the raw data that it wrote. */
function holds(file: DiskFile, superblockOffset: number, before: Uint8Array, { records }: LoggedTransaction): boolean {
  return records.every((record) => {
    switch (record.type) {
      case "write":
        return crc32(baseOf(file, superblockOffset, before, record)) === record.replaced;
      case "extent":
        return checksumOf(file, record.offset, record.length) === record.checksum;
      default:
        return true;
    }
  });
}

/** The bytes that a record replaces, the superblock's sector without its mark. */
function baseOf(
  file: DiskFile,
  superblockOffset: number,
  before: Uint8Array,
  { offset, replacedLength }: LogRecord & { type: "write" },
): Uint8Array {
  const bytes = new Uint8Array(replacedLength);
  readPadded(file, bytes, offset);
  const from = Math.max(offset, superblockOffset);
  const to = Math.min(offset + replacedLength, superblockOffset + SECTOR);
  if (from < to) bytes.set(before.subarray(from - superblockOffset, to - superblockOffset), from - offset);
  return bytes;
}

const STEP = 2 ** 20;

function checksumOf(file: DiskFile, offset: number, length: number): number | undefined {
  if (offset + length > file.size()) return undefined;
  let checksum = 0;
  const buffer = new Uint8Array(Math.min(STEP, length));
  for (let at = 0; at < length; at += STEP) {
    const part = buffer.subarray(0, Math.min(STEP, length - at));
    file.read(part, offset + at);
    checksum = crc32(part, checksum);
  }
  return checksum;
}

function setAside(setup: RecoverySetup, before: Uint8Array): Recovery {
  const { directory, logName } = setup;
  let n = 1;
  for (let taken = directory.open(`${logName}.orphan-${n}`); taken !== undefined; n++) {
    taken.close();
    taken = directory.open(`${logName}.orphan-${n + 1}`);
  }
  const name = `${logName}.orphan-${n}`;
  directory.rename(logName, name);
  directory.sync();
  unmark(setup, before);
  return { kind: "set-aside", name };
}

function unmark({ file, superblock }: RecoverySetup, before: Uint8Array): void {
  file.write([before], superblock.offset);
  file.sync();
}

/** Why a marked file can be neither recovered nor read. */
export function unusableLog(name: string, logName: string, { kind, mark }: Inspection & { mark: ChangeMark }): H5Error {
  const advice =
    mark === "pending"
      ? `"h5fs recover --discard-log" goes back to the state before those changes`
      : "a copy of the right log is needed to make the file whole";
  const what = kind === "foreign-log" ? "belongs to another state of it" : "is missing or damaged";
  return new H5Error("format", `${name}: changes to it are in the log ${logName}, which ${what}; ${advice}`);
}

function put(overlay: PageOverlay, offset: number, bytes: Uint8Array): void {
  overlay.add(offset, bytes.length);
  for (const { page, from, at, length } of pagesOf(offset, bytes.length)) {
    overlay.get(page)?.put(bytes.subarray(at, at + length), from);
  }
}

function readSector(file: DiskFile, offset: number): Uint8Array {
  const sector = new Uint8Array(SECTOR);
  readPadded(file, sector, offset);
  return sector;
}

/** Zeros past the end of the file. */
export function readPadded(file: DiskFile, target: Uint8Array, offset: number): void {
  const available = Math.max(0, Math.min(target.length, file.size() - offset));
  if (available > 0) file.read(target.subarray(0, available), offset);
  target.fill(0, available);
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
