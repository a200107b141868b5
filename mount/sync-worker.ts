import { fdatasyncSync, writeSync } from "node:fs";
import { workerData } from "node:worker_threads";
import { answerSync, awaitSync } from "./shared-sync-thread.ts";

/** What the main thread gives the thread that waits for the disk. */
export interface SyncWorkerSetup {
  readonly state: SharedArrayBuffer;
  /** An eventfd by which the session's thread is woken. */
  readonly wakeup: number;
}

const setup: SyncWorkerSetup = workerData;
const state = new Int32Array(setup.state);
const wake = new BigUint64Array([1n]);

for (;;) {
  const descriptor = awaitSync(state);
  let errno = 0;
  try {
    fdatasyncSync(descriptor);
  } catch (error) {
    if (!(error instanceof Error && "errno" in error && typeof error.errno === "number")) throw error;
    errno = error.errno;
  }
  answerSync(state, errno);
  writeSync(setup.wakeup, wake);
}
