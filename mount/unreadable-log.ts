import type { Log } from "./log.ts";
import type { Unreadable } from "./transport.ts";

/** So many different problems are told of: what is asked for again and again must not fill a disk. */
const MAX_TOLD = 1000;

/** Says once of each dataset why it could not be read. */
export class UnreadableLog {
  readonly #log: Log;
  readonly #told = new Set<string>();

  constructor(log: Log) {
    this.#log = log;
  }

  tell({ path, problem }: Unreadable): void {
    if (this.#told.size >= MAX_TOLD || this.#told.has(path)) return;
    this.#told.add(path);
    const end = this.#told.size === MAX_TOLD ? "; of more such nothing is said" : "";
    this.#log("warning", `${problem.includes(path) ? "" : `${path}: `}${problem}${end}`);
  }
}
