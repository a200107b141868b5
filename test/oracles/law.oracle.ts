import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { H5FS, whyNoMount, withMount } from "../support/mount.ts";
import { notRun } from "../support/not-run.ts";
import { projectRoot } from "../support/project.ts";
import { python } from "../support/python.ts";
import { output } from "../support/run.ts";
import { withTempDir } from "../support/temp-dir.ts";

const SCRIPT = join(projectRoot(), "test/oracles/law.py");

describe("what pandas, NumPy, DuckDB, R and awk write into a mount", () => {
  it("reads back byte for byte, also copied, by rsync and git, and is datasets that h5py and PyTables read", async function () {
    this.timeout(300_000);
    const interpreter = python();
    const why = whyNoMount("kernel");
    if (interpreter === undefined) return notRun(this, "no oracle Python; npm run test:oracles makes one");
    if (why !== undefined) return notRun(this, why);
    await withTempDir(async (directory) => {
      const file = join(directory, "file.h5");
      const plain = join(directory, "plain");
      mkdirSync(plain);
      await withMount(file, { transport: "kernel", options: ["mode=w"] }, async ({ dir, log }) => {
        await output(interpreter, [SCRIPT, "write", dir, plain], { timeout: 240_000 });
        assert.equal(log().includes("defect"), false, log());
      });
      assert.match(await output(process.execPath, [H5FS, "check", file]), /no damage found/);
      await output(interpreter, [SCRIPT, "read", file, plain]);
    });
  });
});
