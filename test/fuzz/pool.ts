import { type ChildProcess, fork } from "node:child_process";
import { openSync, readSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { processorSeconds, residentBytesOf } from "./measure.ts";
import type { Failure } from "./try-input.ts";
import type { Tried, WorkerTask } from "./worker.ts";

/** Until an input is given up: seconds of processor time, or of any where that cannot be told, and bytes of memory. */
const GIVE_UP_SECONDS = 8;
const GIVE_UP_WALL_SECONDS = 90;
const GIVE_UP_BYTES = 1.5 * 2 ** 30;
const LOOK_MS = 200;

export interface PoolOptions {
  readonly seed: number;
  readonly first: number;
  readonly files: readonly string[];
  readonly directory: string;
  readonly jobs: number;
  tried(result: Tried): void;
  /** An input that the process did not survive. */
  lost(number: number, failure: Failure): void;
}

/** Processes that try inputs one after the other; one that dies of an input goes on, as a new one, with the next. */
export class Pool {
  readonly #lanes: Lane[];

  constructor(options: PoolOptions) {
    this.#lanes = Array.from({ length: options.jobs }, (_, lane) => new Lane(options, lane));
  }

  stop(): void {
    for (const lane of this.#lanes) lane.stop();
  }
}

class Lane {
  readonly #options: PoolOptions;
  readonly #progress: string;
  readonly #fd: number;
  readonly #timer: NodeJS.Timeout;
  #child: ChildProcess;
  #stopped = false;
  #watched = { number: -1, cpu: 0, since: 0 };
  #killedFor: Failure | undefined;

  constructor(options: PoolOptions, lane: number) {
    this.#options = options;
    this.#progress = join(options.directory, `progress-${lane}`);
    writeFileSync(this.#progress, new Uint8Array(8));
    this.#fd = openSync(this.#progress, "r");
    this.#child = this.#start(options.first + lane);
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
    this.#child.kill("SIGKILL");
  }

  #start(first: number): ChildProcess {
    const { seed, files, jobs } = this.#options;
    const task: WorkerTask = { seed, first, step: jobs, files, progress: this.#progress };
    this.#watched = { number: -1, cpu: 0, since: Date.now() };
    this.#killedFor = undefined;
    let last = first - jobs;
    const child = fork(fileURLToPath(new URL("./worker.js", import.meta.url)), [JSON.stringify(task)], {
      execArgv: ["--expose-gc", "--max-old-space-size=768", "--enable-source-maps"],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    let errors = "";
    child.stderr?.on("data", (bytes: Buffer) => {
      errors = (errors + bytes.toString()).slice(-4000);
    });
    child.on("message", (result: Tried) => {
      last = result.number;
      this.#options.tried(result);
    });
    child.on("close", (status, signal) => {
      if (this.#stopped) return;
      const number = last + jobs;
      this.#options.lost(
        number,
        this.#killedFor ?? { kind: "crash", what: `the process ended with ${signal ?? status}`, detail: errors },
      );
      this.#child = this.#start(number + jobs);
    });
    return child;
  }

  /** Kills a process that an input holds for too long, or that has become too large. */
  #look(): void {
    const pid = this.#child.pid;
    if (pid === undefined) return;
    const number = this.#currentNumber();
    const cpu = processorSeconds(pid);
    const now = Date.now();
    if (number !== this.#watched.number) {
      this.#watched = { number, cpu: cpu ?? 0, since: now };
      return;
    }
    const seconds = cpu === undefined ? 0 : cpu - this.#watched.cpu;
    const bytes = residentBytesOf(pid) ?? 0;
    if (bytes > GIVE_UP_BYTES) {
      this.#kill({ kind: "memory", what: "killed for its memory", detail: `${Math.round(bytes / 2 ** 20)} MiB` });
    } else if (seconds > GIVE_UP_SECONDS || now - this.#watched.since > GIVE_UP_WALL_SECONDS * 1000) {
      this.#kill({ kind: "hang", what: "killed for its time", detail: `${seconds} s` });
    }
  }

  #kill(failure: Failure): void {
    this.#killedFor ??= failure;
    this.#child.kill("SIGKILL");
  }

  #currentNumber(): number {
    const bytes = new Uint8Array(8);
    readSync(this.#fd, bytes, 0, 8, 0);
    return new Float64Array(bytes.buffer)[0] ?? 0;
  }
}
