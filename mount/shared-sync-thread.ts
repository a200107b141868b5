import { getSystemErrorName } from "node:util";
import type { DiskFile } from "../src/storage/journal/disk.ts";
import type { SyncOutcome, SyncThread } from "../src/storage/journal/sync-runner.ts";

/** What the words of the shared memory are: how far the sync is, of which descriptor, and the errno (negative) it ended with. */
const PHASE = 0;
const DESCRIPTOR = 1;
const RESULT = 2;
const WORDS = 3;

const IDLE = 0;
const ASKED = 1;
const DONE = 2;

/** The memory that the session's thread and the one that waits for the disk share. */
export function syncState(): SharedArrayBuffer {
  return new SharedArrayBuffer(4 * WORDS);
}

/** The thread that waits for the disk, as the session's thread knows it. */
export class SharedSyncThread implements SyncThread {
  readonly #state: Int32Array;
  #name = "";

  constructor(state: SharedArrayBuffer) {
    this.#state = new Int32Array(state);
  }

  start({ fd, name }: DiskFile): void {
    this.#name = name;
    Atomics.store(this.#state, DESCRIPTOR, fd);
    Atomics.store(this.#state, PHASE, ASKED);
    Atomics.notify(this.#state, PHASE);
  }

  outcome(): SyncOutcome | undefined {
    if (Atomics.compareExchange(this.#state, PHASE, DONE, IDLE) !== DONE) return undefined;
    const errno = Atomics.load(this.#state, RESULT);
    if (errno === 0) return { error: undefined };
    const code = getSystemErrorName(errno);
    return { error: Object.assign(new Error(`${code}: fdatasync of ${this.#name}`), { code, errno }) };
  }

  wait(): SyncOutcome {
    for (;;) {
      const outcome = this.outcome();
      if (outcome !== undefined) return outcome;
      Atomics.wait(this.#state, PHASE, ASKED);
    }
  }
}

/** On the other thread: waits until it is asked. @returns the descriptor */
export function awaitSync(state: Int32Array): number {
  for (let phase = Atomics.load(state, PHASE); phase !== ASKED; phase = Atomics.load(state, PHASE)) {
    Atomics.wait(state, PHASE, phase);
  }
  return Atomics.load(state, DESCRIPTOR);
}

/** On the other thread: it is done. @param errno negative, or 0 */
export function answerSync(state: Int32Array, errno: number): void {
  Atomics.store(state, RESULT, errno);
  Atomics.store(state, PHASE, DONE);
  Atomics.notify(state, PHASE);
}
