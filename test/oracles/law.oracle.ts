import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { needMount } from "../support/need-mount.ts";
import { notRun } from "../support/not-run.ts";
import { projectRoot } from "../support/project.ts";
import { python } from "../support/python.ts";
import { output } from "../support/run.ts";
import { withTempDir } from "../support/temp-dir.ts";
import { withWritableMount } from "../support/writable-mount.ts";

const SCRIPT = join(projectRoot(), "test/oracles/law.py");

describe("what pandas, NumPy, DuckDB, R and awk write into a mount", () => {
  it("reads back byte for byte, also copied, by rsync and git, and is datasets that h5py and PyTables read", async function () {
    this.timeout(300_000);
    const interpreter = python();
    if (interpreter === undefined) return notRun(this, "no oracle Python; npm run test:oracles makes one");
    needMount(this, "kernel");
    await withTempDir(async (directory) => {
      const file = join(directory, "file.h5");
      const plain = join(directory, "plain");
      mkdirSync(plain);
      await withWritableMount(file, { transport: "kernel", options: ["mode=w"] }, ({ dir }) =>
        output(interpreter, [SCRIPT, "write", dir, plain], { timeout: 240_000 }),
      );
      await output(interpreter, [SCRIPT, "read", file, plain]);
    });
  });
});
