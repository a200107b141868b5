import type { MessagePort } from "node:worker_threads";
import type { Job } from "./job.ts";

/** The workers as the engine thread sees them: each has a port, and a counter of jobs given and not done, in shared memory. */
export class WorkerPool {
  readonly #ports: readonly MessagePort[];
  readonly #outstanding: Int32Array;

  constructor(ports: readonly MessagePort[], outstanding: SharedArrayBuffer) {
    this.#ports = ports;
    this.#outstanding = new Int32Array(outstanding);
  }

  get size(): number {
    return this.#ports.length;
  }

  /** Waits until the workers have done all that they were given. @returns false: that takes longer than `patience` milliseconds */
  drain(patience: number): boolean {
    const end = performance.now() + patience;
    for (const i of this.#ports.keys()) {
      for (let jobs = Atomics.load(this.#outstanding, i); jobs > 0; jobs = Atomics.load(this.#outstanding, i)) {
        if (Atomics.wait(this.#outstanding, i, jobs, Math.max(0, end - performance.now())) === "timed-out")
          return false;
      }
    }
    return true;
  }

  /** Gives the job to the worker that has the fewest; all that belongs together, to the same. */
  post(job: Job): void {
    let best = 0;
    for (let i = 1; i < this.#ports.length; i++) {
      const isBetter = Atomics.load(this.#outstanding, i) < Atomics.load(this.#outstanding, best);
      if (isBetter || job.kind === "import") best = i;
    }
    Atomics.add(this.#outstanding, best, 1);
    const own = job.kind === "render" && job.memory !== undefined ? [job.memory] : [];
    this.#ports[best]?.postMessage(job, own);
  }
}
