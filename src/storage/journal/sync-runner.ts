import type { DiskFile } from "./disk.ts";

/** Work that has to wait for the disk in between: each file that it yields is synced before it goes on. A sync that fails is thrown into it. */
export type SyncSteps = Generator<DiskFile, void>;

/** Another thread that calls fsync(2), one file at a time. */
export interface SyncThread {
  start(file: DiskFile): void;
  /** What became of it; `undefined`: it is not done yet. */
  outcome(): SyncOutcome | undefined;
  /** Waits until it is done. */
  wait(): SyncOutcome;
}

export interface SyncOutcome {
  /** Why the disk may not have what was written; `undefined`: it has. */
  readonly error: Error | undefined;
}

/** Does such work, one after the other: here at once, or step by step as another thread is done with the disk. */
export class SyncRunner {
  readonly #thread: SyncThread | undefined;
  #steps: SyncSteps | undefined;

  /** @param thread `undefined`: this thread waits for the disk itself */
  constructor(thread: SyncThread | undefined) {
    this.#thread = thread;
  }

  /** Something has been started and is not done. */
  get isBusy(): boolean {
    return this.#steps !== undefined;
  }

  /** Does all of it now, after what has been started. */
  run(steps: SyncSteps): void {
    this.finish();
    runSteps(steps);
  }

  /** Begins it; `proceed` goes on. Nothing else may be under way. */
  start(steps: SyncSteps): void {
    if (this.#thread === undefined) {
      runSteps(steps);
      return;
    }
    if (this.isBusy) throw new TypeError("a sync is under way");
    this.#steps = steps;
    this.#advance(() => steps.next());
  }

  /** Goes on with what was started, as far as that is possible without waiting. */
  proceed(): void {
    const outcome = this.isBusy ? this.#thread?.outcome() : undefined;
    if (outcome !== undefined) this.#take(outcome);
  }

  /** Waits for what was started. */
  finish(): void {
    while (this.isBusy && this.#thread !== undefined) this.#take(this.#thread.wait());
  }

  #take({ error }: SyncOutcome): void {
    const steps = this.#steps;
    if (steps === undefined) return;
    this.#advance(() => (error === undefined ? steps.next() : steps.throw(error)));
  }

  #advance(step: () => IteratorResult<DiskFile, void>): void {
    let result: IteratorResult<DiskFile, void>;
    try {
      result = step();
    } catch (error) {
      this.#steps = undefined;
      throw error;
    }
    if (result.done === true) this.#steps = undefined;
    else this.#thread?.start(result.value);
  }
}

/** Does all of it on this thread. */
export function runSteps(steps: SyncSteps): void {
  let result = steps.next();
  while (result.done !== true) {
    let failure: { readonly error: unknown } | undefined;
    try {
      result.value.sync();
    } catch (error) {
      failure = { error };
    }
    result = failure === undefined ? steps.next() : steps.throw(failure.error);
  }
}
