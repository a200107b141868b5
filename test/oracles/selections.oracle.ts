import assert from "node:assert/strict";
import { join } from "node:path";
import { whyNoMount, withMount } from "../support/mount.ts";
import { notRun } from "../support/not-run.ts";
import { projectRoot } from "../support/project.ts";
import { python } from "../support/python.ts";
import { output, run } from "../support/run.ts";
import { withTempDir } from "../support/temp-dir.ts";

const SCRIPT = join(projectRoot(), "test/oracles/compare_selections.py");

/** Selections to compare; each is read as npy and bin, numbers as csv, too. */
const COUNT = 600;

describe("slices by name", () => {
  for (const cache of ["1G", "64K"]) {
    it(`are NumPy's own slices of what h5py reads, with a cache of ${cache}`, async function () {
      const why = whyNoMount();
      const interpreter = python();
      if (why !== undefined) return notRun(this, why);
      if (interpreter === undefined) return notRun(this, "no Python with h5py");
      await withTempDir(async (dir) => {
        const file = join(dir, "selections.h5");
        await output(interpreter, [SCRIPT, "make", file]);
        await withMount(file, { options: [`cache=${cache}`] }, async (mount) => {
          const checked = await run(interpreter, [SCRIPT, "check", file, mount.dir, `${COUNT}`]);
          assert.equal(checked.stdout.toString().trim(), `${COUNT}`, checked.stderr);
        });
      });
    });
  }
});
