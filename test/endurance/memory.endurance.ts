import assert from "node:assert/strict";
import { rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Dataset } from "../../src/object/dataset.ts";
import { H5File } from "../../src/object/file.ts";
import { notRun } from "../support/not-run.ts";
import { projectRoot } from "../support/project.ts";
import { output } from "../support/run.ts";
import { assertSound } from "../support/sound.ts";
import { withTempDir } from "../support/temp-dir.ts";

const GIB = Number(process.env.H5FS_ENDURANCE_GIB ?? 1);
const MIB = 2 ** 20;

/** Left on the disk for others. */
const SPARED = 2 ** 30;

/** How much more memory the last quarter may take than the first one did: collections of garbage come when they come. */
const ALLOWED = 64 * MIB;

const PROGRAM = join(projectRoot(), "dist/test/endurance/write-much.js");

describe(`the memory that writing ${GIB} GiB of a contiguous dataset takes does not grow`, () => {
  for (const [how, title] of [
    ["each", "each slice a transaction"],
    ["one", "all slices one transaction"],
  ] as const) {
    it(title, async function () {
      const { bavail, bsize } = statfsSync(tmpdir());
      if (bavail * bsize < GIB * 2 ** 30 + SPARED) notRun(this, `too little space in ${tmpdir()}`);
      await withTempDir(async (folder) => {
        const path = join(folder, "a.h5");
        const said = await output(process.execPath, [PROGRAM, path, `${GIB}`, how], { timeout: 3_600_000 });
        const quarters: readonly number[] = JSON.parse(said);
        console.log(
          `      most memory in each quarter, MiB: ${quarters.map((bytes) => Math.round(bytes / MIB)).join(", ")}`,
        );
        const file = H5File.open(path);
        const x = file.resolve("/x");
        assert.ok(x instanceof Dataset);
        const last = x.elementCount - 1;
        assert.deepEqual(x.read([[0, Math.floor(last / 2), last]]), valuesAt([0, Math.floor(last / 2), last]));
        assertSound(file);
        file.close();
        rmSync(path);
        const [first = 0, ...others] = quarters;
        assert.ok(Math.max(...others) <= first + ALLOWED);
      });
    });
  }
});

/** What write-much.js puts there. */
function valuesAt(elements: readonly number[]): Float32Array {
  return Float32Array.from(elements, (element) => Math.floor(element / 2 ** 22));
}
