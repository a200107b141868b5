import assert from "node:assert/strict";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createFile } from "../../src/object/new-file.ts";
import { repackFile } from "../../src/object/repack.ts";
import { FreshFile } from "../../src/storage/fresh-file.ts";
import { projectRoot } from "../support/project.ts";
import { run } from "../support/run.ts";
import { withTempDir } from "../support/temp-dir.ts";

const ABANDON = join(projectRoot(), "dist/test/storage/abandon-fresh-file.js");

describe("a file that is made anew", () => {
  it("is removed, with its log, by the next one in its directory where its writer was killed; never while that is alive", () =>
    withTempDir(async (directory) => {
      const path = join(directory, "a.h5");
      createFile(path);
      const { signal, stderr } = await run(process.execPath, [ABANDON, path]);
      assert.equal(signal, "SIGKILL", stderr);
      const left = readdirSync(directory);
      assert.equal(left.filter((name) => name.startsWith(".h5fs-new-")).length, 1, left.join());
      assert.equal(left.filter((name) => name.endsWith(".h5fs-journal")).length, 1, left.join());

      const alive = FreshFile.begin(join(directory, "b.h5"), "refuse");
      writeFileSync(join(directory, ".h5fs-new-or-old"), "a user's own");
      repackFile(path);
      assert.deepEqual(
        readdirSync(directory).sort(),
        [alive.temporary.slice(directory.length + 1), ".h5fs-new-or-old", "a.h5"].sort(),
      );
      alive.discard();
      assert.deepEqual(readdirSync(directory).sort(), [".h5fs-new-or-old", "a.h5"]);
    }));
});
