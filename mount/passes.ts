import type { TextProgress } from "./text-progress.ts";

/** A pass that takes longer is told of, in milliseconds. */
const LONG = 10_000;

interface Pass {
  readonly path: string;
  readonly since: number;
  isTold: boolean;
}

/** The passes by which sizes are found out, for the log: when one takes long, and when that one ends. */
export class Passes {
  readonly #log: (line: string) => void;
  readonly #passes = new Map<TextProgress, Pass>();

  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  /** @param path as it is shown */
  begin(text: TextProgress, path: string): void {
    if (!this.#passes.has(text)) this.#passes.set(text, { path, since: performance.now(), isTold: false });
  }

  /** To be called when a text has moved on. */
  look(text: TextProgress): void {
    const pass = this.#passes.get(text);
    if (pass === undefined) return;
    const elapsed = performance.now() - pass.since;
    const { done, total } = text.rows;
    const what = `finding out the size of ${pass.path}`;
    const seconds = `${Math.round(elapsed / 1000)} s`;
    if (!text.isSizeAwaited) {
      this.#passes.delete(text);
      if (!pass.isTold) return;
      if (text.size !== undefined) this.#log(`${what}: ${text.size} bytes, after ${seconds}`);
      else
        this.#log(`${what}: ended after ${done} of ${total} rows: ${text.failure?.message ?? "nobody waits for it"}`);
    } else if (!pass.isTold && elapsed > LONG) {
      pass.isTold = true;
      this.#log(`${what}: ${done} of ${total} rows after ${seconds}`);
    }
  }
}
