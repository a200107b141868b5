import { randomBytes } from "node:crypto";
import { H5Error } from "../../errors.ts";
import type { Snapshot, SnapshotDescription, Storage } from "../storage.ts";
import { Allocator, BLOCK } from "./allocator.ts";
import { checkpointSteps, isCheckpointDue, tailOffset, tailSector } from "./checkpoint.ts";
import type { DiskDirectory, DiskFile, FileIdentity } from "./disk.ts";
import { EarlyExtent } from "./early-extents.ts";
import { alignUp } from "./free-extents.ts";
import { GENERATION_SIZE, LogFile } from "./log-file.ts";
import { OverlaidFile } from "./overlaid-file.ts";
import { PAGE_SIZE, type PageOverlay } from "./page-overlay.ts";
import { type Pin, Pins } from "./pins.ts";
import { type Recovery, recover } from "./recovery.ts";
import { SECTOR, type SuperblockSector } from "./superblock-sector.ts";
import { SyncRunner, type SyncSteps, type SyncThread } from "./sync-runner.ts";
import { Transaction, type TransactionSetup } from "./transaction.ts";
import { UndoLog } from "./undo-log.ts";

/** Holes of this size are given back to the disk. */
const PUNCHED = 64 * 1024;

export interface JournalSetup {
  readonly file: DiskFile;
  readonly directory: DiskDirectory;
  readonly logName: string;
  readonly superblock: SuperblockSector;
  /** Called before a checkpoint where states are pinned: returns once none is, for no new one is pinned meanwhile. */
  readonly waitForReaders?: (() => void) | undefined;
  /** Waits for the disk in place of the calling thread, in what is started. Checkpoints are then made when the owner starts them, not by `publish`. */
  readonly syncThread?: SyncThread | undefined;
}

/**
 * A file every change of which is applied whole or not at all (docs/writing.md). One transaction at a time; what it and
 * those before it wrote is seen by `read` at once.
 */
export class JournaledFile implements Storage {
  readonly #setup: JournalSetup;
  readonly #bytes: OverlaidFile;
  readonly #listeners: ((offset: number, length: number) => void)[] = [];
  readonly #runner: SyncRunner;
  readonly #allocator: Allocator;
  /** What each transaction works on. */
  readonly #work: TransactionSetup;
  #log: LogFile | undefined;
  #identity: FileIdentity;
  /** End of allocation as the last checkpoint left it. */
  #checkpointEnd: number;
  /** A generation has begun: the log and the tail belong to it. */
  #begun = false;
  /** Number of the last transaction. */
  #published = 0;
  #synced = 0;
  #mark: "unmarked" | "pending" = "unmarked";
  #transaction: Transaction | undefined;
  /** Why nothing is written any more. */
  #ended: H5Error | undefined;
  #checkpointProblem: unknown;
  #checkpoints = 0;
  /** A checkpoint has been started: what is changed now would be lost. */
  #isCheckpointing = false;
  readonly #pins: Pins;
  /** Grows with each change. */
  #state = 0;
  /** The last one that was asked for. */
  #description: SnapshotDescription | undefined;
  /** What opening the file for writing found. */
  readonly recovery: Recovery;

  get #overlay(): PageOverlay {
    return this.#bytes.overlay;
  }

  private constructor(setup: JournalSetup, recovery: Recovery) {
    const { file, superblock } = setup;
    this.#setup = setup;
    this.#pins = new Pins(setup.waitForReaders);
    this.#runner = new SyncRunner(setup.syncThread);
    this.recovery = recovery;
    this.#identity = file.identity();
    this.#bytes = new OverlaidFile(file);
    // Later the file's own sector has a mark; what is read never has.
    this.#keepSuperblock();
    this.#checkpointEnd = superblock.endOf(this.read(superblock.offset, SECTOR));
    this.#allocator = new Allocator(this.#checkpointEnd);
    this.#work = this.#newWork();
  }

  /**
   * Opens a file for writing, after what recovery has to do. The caller holds the exclusive lock.
   * @throws H5Error where the file is marked and cannot be recovered
   */
  static open(setup: JournalSetup): JournaledFile {
    return new JournaledFile(setup, recover(setup));
  }

  get name(): string {
    return this.#setup.file.name;
  }

  /** Bytes of the file, those included that are only in the log yet. A file that was cut off is seen so until something is allocated. */
  get size(): number {
    const { fileSize } = this.#bytes;
    const { end } = this.#allocator;
    return end === this.#checkpointEnd ? fileSize : Math.max(fileSize, end);
  }

  /** Which bytes are used, as far as that is known. */
  get allocator(): Allocator {
    return this.#allocator;
  }

  /** `listener` is told of every range whose bytes change, so that it can forget what it made of them. */
  onChange(listener: (offset: number, length: number) => void): void {
    this.#listeners.push(listener);
  }

  read(offset: number, length: number): Uint8Array {
    return this.#bytes.read(offset, length);
  }

  /**
   * The bytes as they are now, the open transaction's included: it changes with them. What its pieces and its description
   * tell stays as it was until the next checkpoint: whoever reads it later, or on another thread, pins it.
   */
  snapshot(): Snapshot {
    const file = this;
    return {
      get size() {
        return file.size;
      },
      read: (offset, length) => this.read(offset, length),
      pieces: (offset, length) => this.#bytes.pieces(offset, length),
      describe: () => this.#describe(),
    };
  }

  /** Holds off checkpoints, and with them the use of freed space, until it is released. */
  pin(): Pin {
    return this.#pins.pin();
  }

  /** @throws H5Error where one is open, or writing has ended */
  begin(): Transaction {
    if (this.#isCheckpointing) this.#runner.finish();
    this.#checkWritable();
    if (this.#transaction !== undefined) throw new H5Error("argument", "a transaction is open already");
    this.#allocator.takeSteps();
    const transaction = new Transaction(this.#work);
    this.#transaction = transaction;
    return transaction;
  }

  /** See `EarlyExtent`. No transaction may be open. @throws H5Error where it cannot be written */
  reserveEarly(length: number): EarlyExtent | undefined {
    if (this.#isCheckpointing) this.#runner.finish();
    this.#checkWritable();
    return EarlyExtent.reserve(this.#work, length);
  }

  #newWork(): TransactionSetup {
    const file = this;
    return {
      overlay: this.#overlay,
      undo: new UndoLog(),
      allocator: this.#allocator,
      get checkpointEnd() {
        return file.#checkpointEnd;
      },
      prepare: () => {
        if (!this.#begun) this.#orFail(() => this.#beginGeneration());
      },
      writeThrough: (bytes, offset) => this.#orFail(() => this.#bytes.writeThrough(bytes, offset)),
      read: (offset, length) => this.read(offset, length),
      readThrough: (offset, length) => this.#bytes.readThrough(offset, length),
      changed: (offset, length) => this.#changed(offset, length),
    };
  }

  /** All that the open transaction changed is kept: from here it survives the death of the program. Where it fails, the transaction is rolled back. */
  publish(): void {
    const transaction = this.#open();
    if (transaction.isEmpty) {
      this.#transaction = undefined;
      return;
    }
    try {
      const { superblock } = this.#setup;
      const sector = this.#overlay.peek(superblock.offset, superblock.endLength);
      const end = this.#allocator.endAfterCheckpoint;
      if (superblock.endOf(sector) !== end) {
        transaction.writeDifference(superblock.offset, sector, superblock.withEnd(sector, end));
      }
      const log = this.#openLog();
      const records = log.newRecords();
      transaction.encode(records);
      // Before the log has it: where the mark cannot be written, the change was not made. A mark without a change means nothing.
      if (this.#mark === "unmarked") this.#markPending();
      records.publish(this.#published + 1, end);
      log.append();
    } catch (error) {
      this.rollback();
      throw this.#failure(error);
    }
    this.#published++;
    this.#state++;
    this.#transaction = undefined;
    this.#work.undo.end();
    this.#allocator.takeSteps();
    if (this.isCheckpointDue && this.#setup.syncThread === undefined) this.#tryCheckpoint();
  }

  /** So much has changed that a checkpoint should be made. */
  get isCheckpointDue(): boolean {
    return isCheckpointDue(
      { logSize: this.#log?.size ?? 0, pages: this.#overlay.count, dyingBytes: this.#allocator.dyingBytes },
      this.#checkpointEnd,
    );
  }

  /** Nothing of the open transaction is left. */
  rollback(): void {
    this.#open().rollback(this.#allocator.takeSteps());
    this.#transaction = undefined;
    this.#state++;
    // What it has written past the end of everything would keep a full disk full.
    const end = this.#allocator.trimEnd();
    if (this.#begun && this.#bytes.fileSize > end) this.#bytes.truncate(end);
  }

  /** What is published survives a power cut when this returns. A failure ends all writing. */
  sync(): void {
    this.#runner.run(this.#syncSteps());
  }

  /** As `sync`, but another thread waits for the disk; `proceed` goes on when it has. */
  startSync(): void {
    this.#runner.start(this.#syncSteps());
  }

  *#syncSteps(): SyncSteps {
    this.#checkWritable();
    if (this.#synced === this.#published) return;
    const transaction = this.#published;
    yield* this.#orEnd(this.#syncLog(transaction));
    this.#synced = transaction;
  }

  *#syncLog(transaction: number): SyncSteps {
    yield this.#setup.file;
    const log = this.#openLog();
    log.appendSync(transaction);
    yield log.file;
  }

  /** The file itself is whole and current when this returns, and the log is empty. @throws H5Error where a state stays pinned */
  checkpoint(): void {
    this.#runner.run(this.#checkpointSteps());
  }

  /** As `checkpoint`, but another thread waits for the disk; `proceed` goes on when it has. Until that is done, `begin` waits. */
  startCheckpoint(): void {
    this.#runner.start(this.#checkpointSteps());
  }

  *#checkpointSteps(): SyncSteps {
    this.#checkWritable();
    if (this.#transaction !== undefined) throw new H5Error("argument", "a transaction is open");
    if (this.#mark === "unmarked") return;
    const { file, superblock } = this.#setup;
    this.#pins.wait(this.name);
    // Before anything is overwritten: a full disk must find the old state whole.
    try {
      for (const { offset, pages } of this.#overlay.runs()) file.reserve(offset, pages.length * PAGE_SIZE);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new H5Error("io", `${this.name}: ${why}; its changes stay in the log beside it`, { cause });
    }
    this.#isCheckpointing = true;
    try {
      yield* this.#syncSteps();
      const before = this.#overlay.base(superblock.offset, SECTOR);
      const after = this.read(superblock.offset, SECTOR).slice();
      yield* this.#orEnd(checkpointSteps(file, this.#overlay, superblock, before, after));
      this.#mark = "unmarked";
      this.#begun = false;
      this.#afterCheckpoint();
    } finally {
      this.#isCheckpointing = false;
    }
  }

  /** Goes on with what was started, where the other thread is done with its part. @throws H5Error where that has failed */
  proceed(): void {
    this.#runner.proceed();
  }

  /** Why nothing is written any more; `undefined`: it is. */
  get failure(): H5Error | undefined {
    return this.#ended;
  }

  /** Something was started and is not done. */
  get isBusy(): boolean {
    return this.#runner.isBusy;
  }

  /** A checkpoint was started and is not done: `begin` would wait for it. */
  get isCheckpointing(): boolean {
    return this.#isCheckpointing;
  }

  /** All that is published survives a power cut. */
  get isSynced(): boolean {
    return this.#synced === this.#published;
  }

  /** Another number after each checkpoint: what a description told before it is out of date. */
  get checkpoints(): number {
    return this.#checkpoints;
  }

  /** Why the last checkpoint could not be made, such as a full disk: nothing is lost, and it is tried again. */
  get checkpointProblem(): unknown {
    return this.#checkpointProblem;
  }

  #tryCheckpoint(): void {
    // Without somebody to wait for, the next change tries again.
    if (!this.#pins.canWait) return;
    try {
      this.checkpoint();
      this.#checkpointProblem = undefined;
    } catch (error) {
      if (this.#ended !== undefined) throw error;
      this.#checkpointProblem = error;
    }
  }

  /**
   * Ends writing: the file is as any program expects it, and nothing lies beside it.
   * @param finished called when that is so, before the file is closed and its lock given up; not after a failure
   * @throws H5Error where that cannot be done, on a full disk: then the changes stay in the log, for whoever opens the file next
   */
  close(finished?: () => void): void {
    this.#finishStarted();
    this.#pins.wait(this.name);
    if (this.#transaction !== undefined) this.rollback();
    try {
      if (this.#ended !== undefined) return;
      this.checkpoint();
      // A generation in which nothing was published has left its id at the end.
      if (this.#begun) this.#setup.file.truncate(this.#identity.size);
      if (this.#log !== undefined) this.#setup.directory.remove(this.#setup.logName);
      finished?.();
    } finally {
      this.#log?.close();
      this.#setup.file.close();
    }
  }

  /** What fails has ended all writing, or is tried again. */
  #finishStarted(): void {
    try {
      this.#runner.finish();
    } catch (error) {
      this.#checkpointProblem = error;
    }
  }

  #afterCheckpoint(): void {
    const { file, superblock } = this.#setup;
    // Not where the allocator would end it: free space may have been found since the superblock was last written.
    this.#checkpointEnd = superblock.endOf(this.read(superblock.offset, SECTOR));
    const freed = this.#allocator.checkpointed(PUNCHED, this.#checkpointEnd);
    this.#bytes.truncate(this.#checkpointEnd);
    this.#state++;
    this.#checkpoints++;
    for (const { offset, length } of freed) {
      const from = alignUp(offset, BLOCK);
      const to = Math.floor((offset + length) / BLOCK) * BLOCK;
      if (to - from >= PUNCHED && !file.punch(from, to - from)) break;
    }
    this.#bytes.applied();
    this.#keepSuperblock();
    this.#identity = file.identity();
  }

  /** Makes the log before the first change, which would have to wait for the disk. */
  prepareLog(): void {
    this.#log ??= LogFile.create(this.#setup.directory, this.#setup.logName);
  }

  /** The first change after a checkpoint: a new id in the log, and at the end of the file. */
  #beginGeneration(): void {
    const { file, directory, logName, superblock } = this.#setup;
    const { device, inode, size, modified } = file.identity();
    const left = this.#identity;
    if (device !== left.device || inode !== left.inode || size !== left.size || modified !== left.modified) {
      throw this.#end(
        `${this.name}: another program has changed the file while it was open; nothing more is written to it`,
      );
    }
    const id = randomBytes(GENERATION_SIZE);
    const tail = tailOffset(this.#checkpointEnd);
    this.#log ??= LogFile.create(directory, logName);
    this.#log.begin({ id, end: this.#checkpointEnd, superblockOffset: superblock.offset });
    try {
      this.#bytes.writeThrough(tailSector(id), tail);
    } catch (error) {
      // On a full disk even a write that fails may change the file's time: that was not another program.
      this.#bytes.truncate(left.size);
      this.#identity = file.identity();
      throw error;
    }
    this.#overlay.clear();
    this.#keepSuperblock();
    this.#allocator.reserveAtEnd(tail, SECTOR);
    this.#begun = true;
  }

  #markPending(): void {
    const { file, superblock } = this.#setup;
    file.write([superblock.withMark(this.#overlay.base(superblock.offset, SECTOR), "pending")], superblock.offset);
    this.#mark = "pending";
  }

  /** The superblock's page is always in the overlay. */
  #keepSuperblock(): void {
    const { superblock } = this.#setup;
    this.#overlay.add(superblock.offset, SECTOR);
  }

  #openLog(): LogFile {
    if (this.#log === undefined) throw new TypeError("no generation has begun");
    return this.#log;
  }

  #describe(): SnapshotDescription {
    // What an open transaction has changed is a state of its own, and of this moment.
    const state = this.#transaction === undefined ? this.#state : ++this.#state;
    if (this.#description?.state === state) return this.#description;
    this.#description = {
      fd: this.#setup.file.fd,
      size: this.size,
      path: this.name,
      state,
      changed: this.#overlay.copyChanged(this.#bytes.fileSize),
    };
    return this.#description;
  }

  #changed(offset: number, length: number): void {
    for (const listener of this.#listeners) listener(offset, length);
  }

  #open(): Transaction {
    if (this.#transaction === undefined) throw new H5Error("argument", "no transaction is open");
    return this.#transaction;
  }

  #checkWritable(): void {
    if (this.#ended !== undefined) throw this.#ended;
  }

  /** A failure after which nobody knows what the disk has: it cannot be tried again, for the kernel may have dropped the pages. */
  *#orEnd(steps: SyncSteps): SyncSteps {
    try {
      yield* steps;
    } catch (cause) {
      throw this.#end(
        `${this.name}: writing has ended, since the system failed (${cause instanceof Error ? cause.message : String(cause)}); ` +
          "what was not synced may be lost; the log is kept, and opening the file again recovers it",
        cause,
      );
    }
  }

  #end(message: string, cause?: unknown): H5Error {
    this.#ended = new H5Error("io", message, { cause });
    return this.#ended;
  }

  /** What the system refuses fails the change alone. */
  #orFail(work: () => void): void {
    try {
      work();
    } catch (error) {
      throw this.#failure(error);
    }
  }

  #failure(error: unknown): unknown {
    if (error instanceof H5Error || !(error instanceof Error)) return error;
    return new H5Error("io", `${this.name}: ${error.message}; the change was not made`, { cause: error });
  }
}
