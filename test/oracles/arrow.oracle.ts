import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { whyNoMount, withMount } from "../support/mount.ts";
import { notRun } from "../support/not-run.ts";
import { projectRoot } from "../support/project.ts";
import { python } from "../support/python.ts";
import { output, run } from "../support/run.ts";
import { withTempDir } from "../support/temp-dir.ts";
import { withWritableMount } from "../support/writable-mount.ts";

const FILES = join(projectRoot(), "test/oracles/arrow_files.py");
const SCRIPT = join(projectRoot(), "test/oracles/arrow_views.py");

describe("Arrow files of a mount", () => {
  let interpreter: string;

  before(async function () {
    const found = python();
    const why = whyNoMount();
    if (found === undefined) return notRun(this, "no oracle Python; npm run test:oracles makes one");
    if (why !== undefined) return notRun(this, why);
    const { status } = await run(found, ["-c", "import duckdb, pandas, pyarrow"]);
    if (status !== 0) return notRun(this, "Python has no pyarrow, or no duckdb", "excused");
    interpreter = found;
  });

  it("are read by pyarrow, pandas and DuckDB as what h5py reads", async () => {
    await withTempDir(async (dir) => {
      const file = join(dir, "data.h5");
      await output(interpreter, [SCRIPT, "make", file]);
      await withMount(file, {}, async (mount) => {
        const lines = (await output(interpreter, [SCRIPT, "compare", file, mount.dir])).trimEnd().split("\n");
        assert.ok(lines.length > 25, `${lines.length} files`);
        assert.deepEqual(
          lines.filter((line) => line.startsWith("!")),
          [],
        );
      });
    });
  });

  it("that are copied into a mount become tables, which h5py reads, and stay the same bytes", async () => {
    await withTempDir(async (dir) => {
      const file = join(dir, "data.h5");
      const folder = join(dir, "files");
      mkdirSync(folder);
      await withWritableMount(file, { transport: "kernel", options: ["mode=a"] }, async (mount) => {
        assert.equal(await output(interpreter, [FILES, "write", mount.dir, folder]), "");
      });
      await withMount(file, {}, async (mount) => {
        const lines = (await output(interpreter, [FILES, "compare", file, mount.dir, folder])).trimEnd().split("\n");
        assert.ok(lines.length > 35, `${lines.length} files`);
        assert.deepEqual(
          lines.filter((line) => line.startsWith("!")),
          [],
        );
      });
    });
  });
});
