import { availableParallelism } from "node:os";
import { performance } from "node:perf_hooks";

/**
 * Milliseconds that the device is asked for another request before the thread sleeps. A program that reads or writes asks
 * again within microseconds of its reply; to wake a sleeping thread, on a processor that sleeps, takes as long as this in
 * a virtual machine, and half the rate of small writes.
 */
const LENGTH = 0.05;

/** Waits in vain after which it is only tried now and then: where both share a processor, it delays the one who asks. */
const PATIENCE = 16;
const RETRY = 64;

/** Whether, and how long, it is worth asking for another request instead of sleeping until there is one. */
export class ShortWait {
  readonly #isUseful = availableParallelism() > 1;
  #left = PATIENCE;
  #skipped = 0;
  #end = 0;

  /** There is no request. False: sleep. */
  goesOn(): boolean {
    const time = performance.now();
    if (this.#end === 0) {
      if (!this.#begins()) return false;
      this.#end = time + LENGTH;
      return true;
    }
    if (time < this.#end) return true;
    this.#end = 0;
    this.#left = Math.max(0, this.#left - 1);
    return false;
  }

  /** There is one. */
  found(): void {
    if (this.#end === 0) return;
    this.#end = 0;
    this.#left = PATIENCE;
  }

  #begins(): boolean {
    if (!this.#isUseful) return false;
    if (this.#left > 0) return true;
    this.#skipped = (this.#skipped + 1) % RETRY;
    return this.#skipped === 0;
  }
}
