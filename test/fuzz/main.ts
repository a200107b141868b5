import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { projectRoot } from "../support/project.ts";
import { Pool } from "./pool.ts";
import { Seeds, seedFiles } from "./seeds.ts";
import { type Failure, modeOf, tryInput } from "./try-input.ts";
import type { Tried } from "./worker.ts";

const USAGE = `npm run fuzz -- [--minutes M] [--seed N] [--first N] [--jobs N]   try damaged files for M minutes (2)
npm run fuzz -- --seed N --input N [--save PATH]                  one of them again
npm run fuzz -- --file PATH                                       a file as it is`;

/** Failures of one kind that are told in full. */
const TOLD = 3;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "2" },
    seed: { type: "string", default: "1" },
    first: { type: "string", default: "0" },
    jobs: { type: "string", default: "1" },
    input: { type: "string" },
    save: { type: "string" },
    file: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

const seed = number("seed", values.seed);
if (values.help) console.log(USAGE);
else if (values.file !== undefined) {
  const bytes = new Uint8Array(readFileSync(values.file));
  for (const mode of ["native", "portable"] as const) tell(tryInput(bytes, mode));
} else if (values.input !== undefined) again(number("input", values.input));
else process.exitCode = await fuzz();

function number(option: string, text: string): number {
  const value = Number(text);
  if (!(value >= 0)) throw new Error(`--${option} takes a number, not ${JSON.stringify(text)}\n${USAGE}`);
  return value;
}

/** One input by its number. */
function again(input: number): void {
  const { bytes, recipe, file } = new Seeds(seedFiles()).input(seed, input);
  console.log([`input ${input} of seed ${seed}: ${relative(projectRoot(), file)}`, ...recipe].join("\n  "));
  if (values.save !== undefined) writeFileSync(values.save, bytes);
  tell(tryInput(bytes, modeOf(input)));
}

function tell({ cost, failure }: Pick<Tried, "cost" | "failure">): void {
  console.log(`${costText(cost.milliseconds, cost.bytes)}: ${failure === undefined ? "good" : failureText(failure)}`);
  if (failure !== undefined) process.exitCode = 1;
}

async function fuzz(): Promise<number> {
  const files = seedFiles();
  const directory = join(tmpdir(), `h5fs-fuzz-${process.pid}`);
  mkdirSync(directory, { recursive: true });
  const minutes = number("minutes", values.minutes);
  console.log(`seed ${seed}, ${files.length} files, ${minutes} minutes`);

  let tried = 0;
  let slowest = { number: -1, value: 0 };
  let largest = { number: -1, value: 0 };
  const failures = new Map<string, number[]>();
  const failedFiles = new Set<string>();
  const metFiles = new Set<string>();
  const seeds = new Seeds(files);
  const fail = (input: number, failure: Failure): void => {
    const { bytes, recipe, file } = seeds.input(seed, input);
    failedFiles.add(file);
    const key = `${failure.kind}: ${failure.what}`;
    const numbers = failures.get(key) ?? [];
    failures.set(key, [...numbers, input]);
    if (numbers.length >= TOLD) return;
    const saved = join(directory, `${seed}-${input}.h5`);
    writeFileSync(saved, bytes);
    console.log(`input ${input}, of ${relative(projectRoot(), file)}, saved as ${saved}: ${failureText(failure)}`);
    for (const step of recipe) console.log(`    ${step}`);
  };

  const pool = new Pool({
    seed,
    files,
    directory,
    first: number("first", values.first),
    jobs: number("jobs", values.jobs),
    tried({ number, file, cost, failure }) {
      tried++;
      metFiles.add(file);
      if (cost.milliseconds > slowest.value) slowest = { number, value: cost.milliseconds };
      if (cost.bytes > largest.value) largest = { number, value: cost.bytes };
      if (failure !== undefined) fail(number, failure);
    },
    lost(number, failure) {
      tried++;
      fail(number, failure);
    },
  });
  await sleep(minutes * 60_000);
  pool.stop();
  if (failures.size === 0) rmSync(directory, { recursive: true });

  const count = (kind: Failure["kind"]): number =>
    Array.from(failures, ([key, numbers]) => (key.startsWith(kind) ? numbers.length : 0)).reduce((a, b) => a + b, 0);
  console.log(
    `${tried} inputs tried, of ${metFiles.size} files; worst time ${Math.round(slowest.value)} ms (input ${slowest.number}), ` +
      `worst memory ${Math.round(largest.value / 2 ** 20)} MiB (input ${largest.number}); ` +
      `${count("crash")} crashes, ${count("hang")} hangs, ${count("memory")} over the memory limit`,
  );
  for (const [key, numbers] of failures)
    console.log(`  ${numbers.length} times ${key}: inputs ${numbers.slice(0, 8).join(", ")}`);
  const report = process.env.H5FS_TEST_REPORT;
  const failed = failedFiles.size;
  if (report !== undefined && report !== "") appendFileSync(report, `fuzz ${metFiles.size - failed} ${failed} 0\n`);
  return failed === 0 && tried > 0 ? 0 : 1;
}

function failureText({ kind, what, detail }: Failure): string {
  return `${kind}: ${what}\n    ${detail.split("\n").slice(0, 12).join("\n    ")}`;
}

function costText(milliseconds: number, bytes: number): string {
  return `${Math.round(milliseconds)} ms, ${Math.round(bytes / 2 ** 20)} MiB`;
}
