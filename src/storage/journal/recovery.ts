import { crc32 } from "node:zlib";
import { H5Error } from "../../errors.ts";
import { tailOffset, writeCheckpoint } from "./checkpoint.ts";
import type { DiskDirectory, DiskFile } from "./disk.ts";
import { GENERATION_SIZE, type LogContents, LogFile, type LoggedTransaction } from "./log-file.ts";
import type { LogRecord } from "./log-record.ts";
import { PageOverlay, pagesOf } from "./page-overlay.ts";
import { SECTOR, type SuperblockSector } from "./superblock-sector.ts";

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
  /** The log does not belong to the file, which is as its last checkpoint left it. */
  | { readonly kind: "set-aside"; readonly name: string };

/** What is to be done with a marked file. */
type Finding =
  | { readonly kind: "clean" }
  | { readonly kind: "foreign-log" }
  | {
      readonly kind: "replay";
      readonly overlay: PageOverlay;
      readonly last: number;
      readonly lost: number;
      readonly count: number;
    };

/**
 * Makes a file whole that was left marked (docs/writing.md, section 5). It can be interrupted anywhere and begun again. The
 * caller holds the exclusive lock.
 * @throws H5Error where the file is marked and its log is missing or unreadable
 */
export function recover(setup: RecoverySetup): Recovery {
  const { file, directory, logName, superblock } = setup;
  const marked = readSector(file, superblock.offset);
  const mark = superblock.markOf(marked);
  const log = LogFile.open(directory, logName);
  try {
    if (mark === "unmarked") {
      if (log !== undefined) directory.remove(logName);
      return { kind: "clean" };
    }
    const contents = log?.read();
    if (log === undefined || contents === undefined) throw noLog(file.name, logName, mark);
    const before = superblock.withMark(marked, "unmarked");
    const finding = inspect(setup, mark, before, contents);
    if (finding.kind === "clean") return finding;
    if (finding.kind === "foreign-log") return setAside(setup, before);

    const { overlay, last, lost, count } = finding;
    const after = overlaid(overlay, superblock.offset, SECTOR);
    // What a crash left in the page cache is on no disk yet.
    file.sync();
    log.append([{ type: "sync", transaction: last }]);
    log.sync();
    writeCheckpoint(file, overlay, superblock, before, after);
    file.truncate(superblock.endOf(after));
    directory.remove(logName);
    return { kind: "recovered", transactions: count, lost };
  } finally {
    log?.close();
  }
}

function inspect(
  setup: RecoverySetup,
  mark: "pending" | "checkpointing",
  before: Uint8Array,
  log: LogContents,
): Finding {
  const { file, superblock } = setup;
  const tail = tailOffset(superblock.endOf(before));
  const belongs =
    tail + SECTOR <= file.size() && equal(readSector(file, tail).subarray(0, GENERATION_SIZE), log.generation.id);
  if (!belongs && mark === "pending") return { kind: "foreign-log" };
  if (!belongs) {
    throw new H5Error(
      "format",
      `${file.name}: it was left half written, and the log beside it belongs to another state of it; a copy of the right log is needed`,
    );
  }

  const overlay = new PageOverlay((target, offset) => readPadded(file, target, offset));
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
  return { kind: "replay", overlay, last, count, lost: wanted.length - count };
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

function setAside({ file, directory, logName, superblock }: RecoverySetup, before: Uint8Array): Recovery {
  let n = 1;
  for (let taken = directory.open(`${logName}.orphan-${n}`); taken !== undefined; n++) {
    taken.close();
    taken = directory.open(`${logName}.orphan-${n + 1}`);
  }
  const name = `${logName}.orphan-${n}`;
  directory.rename(logName, name);
  directory.sync();
  file.write([before], superblock.offset);
  file.sync();
  return { kind: "set-aside", name };
}

function noLog(name: string, logName: string, mark: "pending" | "checkpointing"): H5Error {
  const advice =
    mark === "pending"
      ? `"h5fs recover --discard-log" goes back to the state before those changes`
      : "without it the file cannot be made whole";
  return new H5Error(
    "format",
    `${name}: changes to it are in the log ${logName}, which is missing or damaged; ${advice}`,
  );
}

function put(overlay: PageOverlay, offset: number, bytes: Uint8Array): void {
  for (const { page, from, at, length } of pagesOf(offset, bytes.length)) {
    const copy = overlay.copy(page);
    copy.set(bytes.subarray(at, at + length), from);
    overlay.set(page, copy);
  }
}

function overlaid(overlay: PageOverlay, offset: number, length: number): Uint8Array {
  const out = new Uint8Array(length);
  for (const { page, from, at, length: n } of pagesOf(offset, length)) {
    out.set(overlay.copy(page).subarray(from, from + n), at);
  }
  return out;
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
