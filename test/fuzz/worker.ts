import { openSync, writeSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import type { Cost } from "./measure.ts";
import { Seeds } from "./seeds.ts";
import { type Failure, modeOf, tryInput } from "./try-input.ts";

/** What a worker is told, as JSON in its first argument. */
export interface WorkerTask {
  readonly seed: number;
  /** It tries the inputs `first`, `first + step`, and so on, until it is killed. */
  readonly first: number;
  readonly step: number;
  readonly files: readonly string[];
  /** A file that has the number of the input being tried, in 8 bytes. */
  readonly progress: string;
}

/** What it tells. */
export interface Tried {
  readonly number: number;
  readonly file: string;
  readonly cost: Cost;
  readonly failure: Failure | undefined;
}

const GARBAGE = 256 * 2 ** 20;

const task: WorkerTask = JSON.parse(process.argv[2] ?? "");
const progress = openSync(task.progress, "r+");
const current = new Float64Array(1);
const seeds = new Seeds(task.files);

for (let number = task.first; ; number += task.step) {
  const { bytes, file } = seeds.input(task.seed, number);
  if (process.memoryUsage.rss() > GARBAGE) globalThis.gc?.();
  current[0] = number;
  writeSync(progress, new Uint8Array(current.buffer), 0, 8, 0);
  const tried: Tried = { number, file, ...tryInput(bytes, modeOf(number)) };
  process.send?.(tried);
  await setImmediate();
}
