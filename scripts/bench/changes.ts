import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { projectRoot } from "../../test/support/project.ts";
import { output } from "../../test/support/run.ts";
import type { Setting } from "./benchmarks.ts";
import { interleave, printTable } from "./measure.ts";

const WAIT = { timeout: 600_000 };

/** What is made, and how many. */
const CHANGES = [
  ["groups", 20_000],
  ["attributes", 100_000],
  ["spread", 100_000],
  ["rows", 100_000],
] as const;

/** Many small changes by the library, and by h5py, which has no transactions: what they take of the processor. */
export async function changes({ python, dir, rounds }: Setting): Promise<void> {
  const program = fileURLToPath(new URL("make-changes.js", import.meta.url));
  const script = join(projectRoot(), "scripts/bench/h5py_changes.py");
  for (const [kind, count] of CHANGES) {
    const file = join(dir, `changes-${kind}.h5`);
    const h5fs = async (mode: string) =>
      Number(await output(process.execPath, [program, file, kind, String(count), mode], WAIT));
    const results = await interleave(
      [
        { name: "h5fs, a transaction for each", trial: () => h5fs("each") },
        { name: "h5fs, all in one", trial: () => h5fs("one") },
        { name: "h5py", trial: async () => Number(await output(python, [script, file, kind, String(count)], WAIT)) },
      ],
      rounds,
    );
    printTable(`changes: ${count} ${kind === "spread" ? "attributes of 1,000 groups" : kind}`, "s of CPU", results);
  }
}
