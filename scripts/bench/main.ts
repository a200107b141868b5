import { whyNoMount } from "../../test/support/mount.ts";
import { python } from "../../test/support/python.ts";
import { tempDir } from "../../test/support/temp-dir.ts";
import { chunked, mounting, random, type Setting, sequential, text } from "./benchmarks.ts";
import { changes } from "./changes.ts";
import { listing, lookup, memory } from "./metadata.ts";
import { compile, whyNoCompiler } from "./peers.ts";
import { replacing, space, writing } from "./writing.ts";

const BENCHMARKS: Record<string, (setting: Setting) => Promise<void>> = {
  sequential,
  random,
  mounting,
  memory,
  listing,
  lookup,
  chunked,
  text,
  writing,
  replacing,
  space,
  changes,
};

async function main(names: readonly string[]): Promise<number> {
  const unknown = names.filter((name) => !Object.hasOwn(BENCHMARKS, name));
  if (unknown.length > 0) {
    console.error(
      `bench: no benchmark is called ${unknown.join(", ")}; there are ${Object.keys(BENCHMARKS).join(", ")}`,
    );
    return 2;
  }
  const interpreter = python();
  const why = whyNoMount() ?? whyNoCompiler() ?? (interpreter === undefined ? "no oracle Python with h5py" : undefined);
  if (why !== undefined || interpreter === undefined) {
    console.log(`NOT RUN: ${why}`);
    return process.env.CI === "true" ? 1 : 0;
  }
  const dir = tempDir();
  const rounds = Number(process.env.H5FS_BENCH_ROUNDS ?? 5);
  const setting = { python: interpreter, programs: await compile(dir), dir, rounds };
  let failures = 0;
  for (const name of names.length > 0 ? names : Object.keys(BENCHMARKS)) {
    try {
      await BENCHMARKS[name]?.(setting);
    } catch (error) {
      failures++;
      console.error(`bench ${name}:`, error instanceof Error ? error.message : error);
    }
  }
  return failures === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
