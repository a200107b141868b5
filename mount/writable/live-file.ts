import type { EncodedBefore } from "../../src/format/kept-structures.ts";
import type { H5File } from "../../src/object/file.ts";
import type { FileTransaction, WritableFile } from "../../src/object/writable-file.ts";
import type { EarlyExtent } from "../../src/storage/journal/early-extents.ts";

/** After so many milliseconds without a change the file is made whole for any other program. */
const IDLE = 1000;

/** Called when what was published survives a power cut, or with the reason why it may not. */
export type Synced = (error: unknown) => void;

/** The mounted file while it changes. */
export class LiveFile {
  readonly #writable: WritableFile;
  /** The file as it is now. */
  readonly file: H5File;
  #settings = 0;
  /** When the last change was; `undefined`: a checkpoint has been asked for since. */
  #changed: number | undefined;
  /** What another thread waits for the disk for. */
  #started: "sync" | "checkpoint" | undefined;
  /** Whether a checkpoint is to be made: after a sync, while which changes go on and which leaves it little to wait for, or now. */
  #wanted: "no" | "synced first" | "now" = "no";
  /** Who waits for what was started, and who for the next sync. */
  #syncing: Synced[] = [];
  #waiting: Synced[] = [];
  /** One has been asked for: the file was changed. */
  #hasCheckpoint = false;
  #search: Generator<undefined, boolean> | undefined;
  /** There is space for which `reserveEarly` was asked, and which is no transaction's: nothing else may be done now. */
  hasEarly = false;
  readonly #failed: (error: unknown) => void;

  /** @param failed is told of a checkpoint that could not be made: nothing is lost, and it is tried again after the next change */
  constructor(writable: WritableFile, failed: (error: unknown) => void) {
    this.#writable = writable;
    this.file = writable.read();
    this.#failed = failed;
  }

  /** Publishes all that `change` did; an exception leaves the file as it was before. @param encoded chunks that it may write */
  transaction<T>(change: (transaction: FileTransaction) => T, encoded?: EncodedBefore): T {
    this.#mustBeSettled();
    this.changed();
    const result = this.#writable.transaction(change, encoded);
    if (this.#writable.isCheckpointDue) this.checkpoint();
    return result;
  }

  /** See `WritableFile.reserveEarly`. @throws H5Error */
  reserveEarly(length: number): EarlyExtent | undefined {
    this.hasEarly = true;
    this.changed();
    return this.#writable.reserveEarly(length);
  }

  /** Another number after each transaction that has changed the object at that address. */
  stateOf(address: number): number {
    return this.#writable.stateOf(address);
  }

  /** Another number after each change of attributes of groups, or of the places of directories. */
  get settings(): number {
    return this.#settings;
  }

  settingsChanged(): void {
    this.#settings++;
  }

  /** There is something that is to be stored soon. */
  changed(): void {
    this.#changed = performance.now();
  }

  /** A checkpoint is being made: a change would wait for it, and everybody with it. */
  get isHeld(): boolean {
    return this.#writable.isCheckpointing;
  }

  /** All that is published survives a power cut. */
  get isSynced(): boolean {
    return this.#writable.isSynced;
  }

  /** Calls `done` when what is published now survives a power cut. */
  sync(done: Synced): void {
    this.#mustBeSettled();
    this.#waiting.push(done);
    this.#next();
  }

  /** Milliseconds until a checkpoint is due; `undefined`: there is nothing to be done. */
  get due(): number | undefined {
    return this.#changed === undefined ? undefined : Math.max(0, this.#changed + IDLE - performance.now());
  }

  /** Begins one, where none is to be made already. */
  checkpoint(): void {
    this.#mustBeSettled();
    this.#changed = undefined;
    this.#hasCheckpoint = true;
    if (this.#wanted === "no") this.#wanted = "synced first";
    this.#next();
  }

  /** The thread that waits for the disk may be done. */
  proceed(): void {
    this.#attempt(() => this.#writable.proceed());
    this.#next();
  }

  /** Everything that was changed is in its place, and what is free in the file is not known: it can be looked for. */
  get canSearchSpace(): boolean {
    if (!this.#hasCheckpoint || this.#writable.isSpaceKnown) return false;
    return this.#changed === undefined && this.#wanted === "no" && !this.#writable.isBusy;
  }

  /** Goes on with the search for space that nothing uses, for a moment; what of it is at the end is cut off. */
  searchSpace(): void {
    this.#mustBeSettled();
    this.#search ??= this.#writable.searchFreeSpace();
    if (this.#search.next().done !== true) return;
    this.#search = undefined;
    if (!this.#writable.isSpaceKnown) return;
    this.changed();
    this.#writable.cutTail();
  }

  close(): void {
    this.#mustBeSettled();
    this.#writable.close();
  }

  /** Starts what is to be done next, once nothing is under way. */
  #next(): void {
    while (!this.#writable.isBusy) {
      // It may have been waited for, and have failed, elsewhere.
      this.#answer(this.#writable.failure);
      if (this.#wanted === "now") {
        this.#wanted = "no";
        this.#start("checkpoint");
      } else if (this.#wanted === "synced first" || this.#waiting.length > 0) {
        if (this.#wanted !== "no") this.#wanted = "now";
        this.#start("sync");
      } else {
        return;
      }
    }
  }

  /** Either makes all durable that is published. */
  #start(what: "sync" | "checkpoint"): void {
    this.#mustBeSettled();
    this.#started = what;
    this.#syncing = this.#waiting;
    this.#waiting = [];
    this.#attempt(() => (what === "sync" ? this.#writable.startSync() : this.#writable.startCheckpoint()));
  }

  #mustBeSettled(): void {
    if (this.hasEarly) throw new TypeError("what was written early is to be stored first");
  }

  #attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      const hasFailedToSync = this.#started === "sync";
      // Where writing has not ended, those who wait for a sync can have one.
      if (!hasFailedToSync) this.#waiting = [...this.#syncing.splice(0), ...this.#waiting];
      if (!hasFailedToSync || this.#syncing.length === 0) this.#failed(error);
      this.#answer(error);
    }
  }

  #answer(error: unknown): void {
    this.#started = undefined;
    for (const done of this.#syncing.splice(0)) done(error);
  }
}
