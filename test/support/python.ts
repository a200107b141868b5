import { existsSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "./project.ts";

/** The Python that has h5py and PyTables: H5FS_PYTHON, else the project's .venv (made by scripts/oracles), else undefined. */
export function python(): string | undefined {
  const chosen = process.env.H5FS_PYTHON ?? join(projectRoot(), ".venv/bin/python");
  return existsSync(chosen) ? chosen : undefined;
}
