import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "mocha";
import { notRun } from "./not-run.ts";
import { projectRoot } from "./project.ts";
import { hasCommand } from "./run.ts";

/** The Python that has h5py and PyTables: H5FS_PYTHON, else the project's .venv (made by scripts/oracles), else undefined. */
export function python(): string | undefined {
  const chosen = process.env.H5FS_PYTHON ?? join(projectRoot(), ".venv/bin/python");
  return existsSync(chosen) ? chosen : undefined;
}

/** Ends a test where there is no Python, of which it needs no more than the standard library. */
export async function needPython3(context: Context): Promise<void> {
  if (!(await hasCommand("python3"))) notRun(context, "python3 is not installed");
}
