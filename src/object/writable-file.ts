import type { H5Error } from "../errors.ts";
import { EditContext } from "../format/edit-context.ts";
import { PAGED } from "../format/file-space-info.ts";
import { GlobalHeapSpace } from "../format/global-heap-space.ts";
import { type EncodedBefore, KeptStructures } from "../format/kept-structures.ts";
import type { Superblock } from "../format/superblock.ts";
import { findSuperblockSector } from "../format/superblock-sector.ts";
import type { EarlyExtent } from "../storage/journal/early-extents.ts";
import { FreeSpaceMemory } from "../storage/journal/free-space-memory.ts";
import { JournaledFile } from "../storage/journal/journaled-file.ts";
import {
  type OpenedForWriting,
  type OpenForWritingOptions,
  openForWriting,
} from "../storage/journal/open-for-writing.ts";
import type { Pin } from "../storage/journal/pins.ts";
import type { Recovery } from "../storage/journal/recovery.ts";
import type { SyncThread } from "../storage/journal/sync-runner.ts";
import type { Transaction } from "../storage/journal/transaction.ts";
import { H5File, type OpenOptions } from "./file.ts";
import { prepareFirstWrite, viewForWriting } from "./first-write.ts";
import { ObjectStates } from "./object-states.ts";
import { checkNotOnion } from "./onion.ts";
import { openingError } from "./opening-error.ts";
import { SpaceKeeper } from "./space-keeper.ts";

/** What one transaction has: the file as it is now, and what changes it. */
export interface FileTransaction {
  /** The file as it is now: objects that were opened before a change may be out of date. */
  readonly file: H5File;
  readonly edit: EditContext;
  /** What `WritableFile.reserveEarly` has given, and is full, is of this transaction. @returns its address */
  adopt(extent: EarlyExtent): number;
}

export interface WritableFileOptions extends OpenForWritingOptions, Pick<OpenOptions, "externalFiles"> {
  /** Called before a checkpoint where states are pinned: returns once none is. Without it, such a checkpoint waits for a later change. */
  readonly waitForReaders?: (() => void) | undefined;
  /** Waits for the disk in what is started; checkpoints are then made when they are started, and not by `transaction`. */
  readonly syncThread?: SyncThread | undefined;
  /** Where it is kept from session to session what is free in files; default: nowhere. */
  readonly spaceDirectory?: string | undefined;
}

/** A class of its own: a getter in an object that is made for each transaction would be compiled for each. */
class OpenTransaction implements FileTransaction {
  readonly edit: EditContext;
  readonly #file: H5File;
  readonly #store: Transaction;

  constructor(file: H5File, edit: EditContext, store: Transaction) {
    this.#file = file;
    this.edit = edit;
    this.#store = store;
  }

  get file(): H5File {
    this.edit.writeEdited();
    return this.#file;
  }

  adopt(extent: EarlyExtent): number {
    this.#store.adopt(extent);
    return extent.offset - this.edit.context.space.base;
  }
}

/** An HDF5 file that is changed in place: every transaction whole or not at all (docs/writing.md). */
export class WritableFile {
  readonly #file: H5File;
  readonly #journal: JournaledFile;
  readonly #globalHeapSpace = new GlobalHeapSpace();
  readonly #kept = new KeptStructures();
  readonly #space: SpaceKeeper;
  readonly #states = new ObjectStates();
  /** As it was when the file was opened: its version and K values do not change. */
  readonly #superblock: Superblock;
  /** The first transaction has to put something in order. */
  #needsPreparation: boolean;
  #isClosed = false;

  private constructor(journal: JournaledFile, file: H5File, space: SpaceKeeper, needsPreparation: boolean) {
    this.#needsPreparation = needsPreparation;
    this.#journal = journal;
    this.#file = file;
    this.#superblock = file.superblock;
    this.#space = space;
  }

  /**
   * Opens a file for reading and writing, after what recovery had to do.
   * @throws H5Error where it is no HDF5 file, is in use, or cannot be written safely
   */
  static open(path: string, options: WritableFileOptions = {}): WritableFile {
    checkNotOnion(path);
    return WritableFile.over(openForWriting(path, options), options);
  }

  /** The same for a file that is open and locked. It is closed, too, where that fails. */
  static over(opened: OpenedForWriting, options: Omit<WritableFileOptions, "journalDirectory"> = {}): WritableFile {
    const { file } = opened;
    const { waitForReaders, syncThread } = options;
    let journal: JournaledFile;
    try {
      journal = JournaledFile.open({ ...opened, superblock: findSuperblockSector(file), waitForReaders, syncThread });
    } catch (error) {
      file.close();
      throw openingError(error, file.name);
    }
    // Closes the journal where the file cannot be opened.
    const first = H5File.open(journal);
    try {
      const { fileSpace, needsPreparation } = viewForWriting(first);
      const { strategy, version, pageSize } = fileSpace ?? {};
      if (version === 1 && strategy === PAGED && pageSize !== undefined) {
        journal.allocator.usePages({ size: pageSize, origin: first.space.base });
      }
      const memory = options.spaceDirectory === undefined ? undefined : new FreeSpaceMemory(options.spaceDirectory);
      const space = SpaceKeeper.open(journal, file.fd, memory);
      return new WritableFile(journal, H5File.attachChanging(journal, options), space, needsPreparation);
    } catch (error) {
      journal.close();
      throw error;
    }
  }

  get recovery(): Recovery {
    return this.#journal.recovery;
  }

  /** Does what the first transaction would have to wait for. Where the disk refuses, that transaction says why. */
  prepareLog(): void {
    try {
      this.#journal.prepareLog();
    } catch (error) {
      if (!(error instanceof Error && "code" in error)) throw error;
    }
  }

  /** The file as it is now, and after each change: see `H5File.attachChanging`. */
  read(): H5File {
    return this.#file;
  }

  /** Calls `listener` with every range of the file, as offsets in it, whose bytes have changed. */
  onChange(listener: (offset: number, length: number) => void): void {
    this.#journal.onChange(listener);
  }

  /**
   * Keeps what pieces and descriptions of the present state tell, for threads that read by themselves, from being
   * overwritten until it is released.
   */
  pin(): Pin {
    return this.#journal.pin();
  }

  /**
   * Another number after each transaction that has changed the object whose header is at `address`: its header, its attributes
   * or its elements.
   */
  stateOf(address: number): number {
    return this.#states.of(address);
  }

  /**
   * Publishes all that `change` did; an exception leaves the file as it was before.
   * @param encoded chunks that it may write
   */
  transaction<T>(change: (transaction: FileTransaction) => T, encoded?: EncodedBefore): T {
    this.#space.searchSoon();
    const store = this.#journal.begin();
    const changed = new Set<number>();
    this.#kept.encoded = encoded;
    try {
      return this.#change(store, changed, change);
    } finally {
      this.#kept.encoded = undefined;
      this.#states.changed(changed);
    }
  }

  #change<T>(store: Transaction, changed: Set<number>, change: (transaction: FileTransaction) => T): T {
    let result: T;
    try {
      const file = this.#file;
      const edited = (): EditContext =>
        new EditContext(file.context, this.#superblock, store, this.#globalHeapSpace, this.#kept, changed);
      if (this.#needsPreparation) prepareFirstWrite(file, edited());
      const edit = edited();
      result = change(new OpenTransaction(file, edit, store));
      edit.writeEdited();
    } catch (error) {
      this.#journal.rollback();
      this.#forget();
      throw error;
    }
    this.#kept.trim();
    try {
      this.#journal.publish();
    } catch (error) {
      this.#forget();
      throw error;
    }
    this.#needsPreparation = false;
    return result;
  }

  /** Space for large raw data that are written before the transaction that adopts them, see `EarlyExtent`. @throws H5Error where it cannot be written */
  reserveEarly(length: number): EarlyExtent | undefined {
    return this.#journal.reserveEarly(length);
  }

  /** What is in memory may be ahead of the file. */
  #forget(): void {
    this.#globalHeapSpace.clear();
    this.#kept.clear();
  }

  /** What is published survives a power cut when this returns. */
  sync(): void {
    this.#journal.sync();
  }

  /** The file itself is whole and current when this returns, for programs that take no lock. @throws H5Error where a state stays pinned */
  checkpoint(): void {
    this.#journal.checkpoint();
  }

  /** As `sync`, but the thread that was given at the opening waits for the disk; `proceed` goes on when it has. Nothing else may be under way. */
  startSync(): void {
    this.#journal.startSync();
  }

  /** As `checkpoint`, likewise: a transaction that begins before it is done waits for it. */
  startCheckpoint(): void {
    this.#journal.startCheckpoint();
  }

  /** Goes on with what was started, where that thread is done with its part. @throws H5Error where it has failed */
  proceed(): void {
    this.#journal.proceed();
  }

  /** Why nothing is written any more; `undefined`: it is. */
  get failure(): H5Error | undefined {
    return this.#journal.failure;
  }

  /** Something was started and is not done. */
  get isBusy(): boolean {
    return this.#journal.isBusy;
  }

  /** A checkpoint was started and is not done. */
  get isCheckpointing(): boolean {
    return this.#journal.isCheckpointing;
  }

  /** So much has changed that a checkpoint should be made. */
  get isCheckpointDue(): boolean {
    return this.#journal.isCheckpointDue;
  }

  /** All that is published survives a power cut. */
  get isSynced(): boolean {
    return this.#journal.isSynced;
  }

  /** Why the last checkpoint that the log's size asked for could not be made, such as a full disk: nothing is lost, and it is tried again. */
  get checkpointProblem(): unknown {
    return this.#journal.checkpointProblem;
  }

  /**
   * Looks for space in the file that nothing uses, where that was too much for `open`. It pauses now and then: changes may be
   * made meanwhile, but a checkpoint ends the search.
   * @returns true: all that there is has been found
   */
  *searchFreeSpace(): Generator<undefined, boolean> {
    return yield* this.#space.search();
  }

  /** There is nothing that such a search would find. */
  get isSpaceKnown(): boolean {
    return this.#space.isComplete;
  }

  /** Space at the end of the file that a search has found to be free goes with the next checkpoint. */
  cutTail(): void {
    const { endOfFile, baseAddress } = this.#file.superblock;
    if (this.#journal.allocator.endAfterCheckpoint >= endOfFile + baseAddress) return;
    // Whatever is changed, the end of allocation is written anew with it.
    this.transaction(({ edit }) => edit.free(edit.allocate(1, "metadata"), 1));
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#journal.close(() => this.#space.remember(this.#globalHeapSpace.hasLost));
  }
}
