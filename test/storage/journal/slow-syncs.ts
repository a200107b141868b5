import type { DiskFile } from "../../../src/storage/journal/disk.ts";
import type { SyncOutcome, SyncThread } from "../../../src/storage/journal/sync-runner.ts";
import type { RecordingDisk } from "./recording-disk.ts";

/** A thread whose syncs end when the test says so, or when they are waited for. */
export class SlowSyncs implements SyncThread {
  readonly #disk: RecordingDisk;
  #end: (() => void) | undefined;
  #isDone = false;

  constructor(disk: RecordingDisk) {
    this.#disk = disk;
  }

  /** What is under way is done. */
  end(): void {
    this.#isDone = true;
  }

  start(file: DiskFile): void {
    if (this.#end !== undefined) throw new Error("a sync is under way");
    this.#end = this.#disk.beginSync(file.name);
    this.#isDone = false;
  }

  outcome(): SyncOutcome | undefined {
    return this.#isDone ? this.wait() : undefined;
  }

  wait(): SyncOutcome {
    const end = this.#end;
    if (end === undefined) throw new Error("no sync is under way");
    this.#end = undefined;
    try {
      end();
    } catch (error) {
      if (error instanceof Error) return { error };
      throw error;
    }
    return { error: undefined };
  }
}
