import { setImmediate } from "node:timers/promises";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Milliseconds of work between two looks at whether there was a signal. */
const INTERVAL = 50;

/** Thrown into work that a signal ends. */
export class Interrupted extends Error {
  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals) {
    super(`interrupted by ${signal}`);
    this.signal = signal;
  }
}

/**
 * Runs work that must clean up when Ctrl-C or another signal ends it. The work is synchronous but for calls of `pause`,
 * which throw `Interrupted` after a signal; when the work has ended by it, so does the process, as if by the signal alone.
 */
export async function interruptibly<T>(work: (pause: () => Promise<void>) => Promise<T>): Promise<T> {
  let caught: NodeJS.Signals | undefined;
  let last = performance.now();
  const onSignal = (signal: NodeJS.Signals): void => {
    caught = signal;
  };
  const pause = async (): Promise<void> => {
    if (performance.now() - last >= INTERVAL) {
      await setImmediate();
      last = performance.now();
    }
    if (caught !== undefined) throw new Interrupted(caught);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    return await work(pause);
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
    if (caught !== undefined) process.kill(process.pid, caught);
  }
}
