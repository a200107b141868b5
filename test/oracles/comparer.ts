import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { projectRoot } from "../support/project.ts";

/** What compare_mount.py found in one file. */
export interface Comparison {
  /** Why h5py cannot open the file; then nothing else is there. */
  readonly error?: string;
  /** Number of views whose every value equals h5py's. */
  readonly same: number;
  /** [path, reason, whether nothing about the dataset is unusual] */
  readonly refused: readonly (readonly [string, string, boolean])[];
  readonly wrong: readonly (readonly [string, string])[];
  readonly unreadable: readonly (readonly [string, string])[];
}

const LIMIT_MS = 240_000;

/** One Python for many comparisons: importing h5py takes longer than most of them. */
export class Comparer {
  readonly python: string;
  #process: ChildProcessWithoutNullStreams | undefined;

  constructor(python: string) {
    this.python = python;
  }

  /** Compares what is mounted at `mount` with what h5py reads from `file`. Rejects if h5py crashes, or takes over four minutes. */
  compare(file: string, mount: string): Promise<Comparison> {
    this.#process ??= spawn(this.python, [join(projectRoot(), "test/oracles/compare_mount.py")]);
    const child = this.#process;
    return new Promise((resolve, reject) => {
      const lines = createInterface(child.stdout);
      let complaints = "";
      const complain = (bytes: Buffer) => {
        complaints += bytes.toString();
      };
      const end = (error: Error) => {
        settle();
        this.close();
        reject(error);
      };
      const crash = () => end(new Error(`h5py ended while it read ${file}: ${complaints.trim()}`));
      const timer = setTimeout(() => end(new Error(`h5py took over ${LIMIT_MS} ms for ${file}`)), LIMIT_MS);
      const settle = () => {
        clearTimeout(timer);
        lines.close();
        child.off("exit", crash);
        child.stderr.off("data", complain);
      };
      child.on("exit", crash);
      child.stderr.on("data", complain);
      lines.once("line", (line) => {
        settle();
        resolve(JSON.parse(line));
      });
      child.stdin.write(`${JSON.stringify({ file, mount })}\n`);
    });
  }

  close(): void {
    this.#process?.kill("SIGKILL");
    this.#process = undefined;
  }
}
