import { printable } from "./printable.ts";

/** Milliseconds between two states of the line. */
const INTERVAL = 200;

const CLEAR = "\r\x1b[K";

/** Of commands that may take long. */
export const QUIET = { alias: "q", type: "boolean", default: false, describe: "no progress on a terminal" } as const;

/** What has been done, as a line of the terminal that is written again and again; nothing where there is no terminal. */
export class Progress {
  readonly #stream: NodeJS.WriteStream;
  readonly #isShown: boolean;
  readonly #verb: string;
  readonly #start = performance.now();
  #last = this.#start;
  #objects = 0;
  #bytes = 0;

  /** @param verb what is told of it at the end */
  constructor(stream: NodeJS.WriteStream, quiet: boolean, verb = "copied") {
    this.#stream = stream;
    this.#verb = verb;
    this.#isShown = stream.isTTY && !quiet;
  }

  /** So many more bytes of what is at `path`. */
  working(path: string, bytes: number): void {
    this.#bytes += bytes;
    const now = performance.now();
    if (!this.#isShown || now - this.#last < INTERVAL) return;
    this.#last = now;
    const line = `${this.#summary()}  ${printable(path)}`;
    this.#stream.write(CLEAR + line.slice(0, Math.max(20, (this.#stream.columns || 80) - 1)));
  }

  /** One more object is done. */
  done(): void {
    this.#objects++;
  }

  /** A line that stays. */
  tell(line: string): void {
    this.#stream.write(`${this.#isShown ? CLEAR : ""}${line}\n`);
  }

  /** Takes the line away, for what comes after it. */
  clear(): void {
    if (this.#isShown) this.#stream.write(CLEAR);
  }

  end(): void {
    if (this.#isShown) this.#stream.write(`${CLEAR}${this.#verb} ${this.#summary()}\n`);
  }

  #summary(): string {
    const seconds = (performance.now() - this.#start) / 1000;
    const objects = this.#objects === 0 ? "" : `${this.#objects} ${this.#objects === 1 ? "object" : "objects"}, `;
    return `${objects}${sizeText(this.#bytes)} in ${seconds.toFixed(1)} s, ${sizeText(this.#bytes / seconds)}/s`;
  }
}

const UNITS = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"];

export function sizeText(bytes: number): string {
  let size = bytes;
  let unit = 0;
  while (size >= 1024 && unit < UNITS.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${unit === 0 ? Math.round(size) : size.toFixed(1)} ${UNITS[unit]}`;
}
