import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { createFile, type LibraryVersion } from "../../../src/object/new-file.ts";
import { fact } from "../../support/extended-attributes.ts";
import { withMount } from "../../support/mount.ts";
import { needMount } from "../../support/need-mount.ts";
import { withTempDir } from "../../support/temp-dir.ts";
import { withWritableMount } from "../../support/writable-mount.ts";
import { contents, DATASET_NAMES, outcome, randomCall, randomNumbers } from "./posix-model.ts";

/** `npm test` has few; a suite asks for more. */
const CALLS = Number(process.env.H5FS_POSIX_CALLS ?? 100);
const VERSIONS: readonly LibraryVersion[] = CALLS > 200 ? ["earliest", "v18", "v110"] : ["v110"];
const seed = Number(process.env.H5FS_SEED ?? 1);

/** Files become datasets when they were left alone for half a second. */
const PAUSE = 650;
const PAUSES = 4;

for (const libver of VERSIONS)
  describe(`random calls on files that become datasets (${libver})`, function () {
    this.timeout(Math.max(60_000, CALLS * 100));

    it("do what they do in a folder, and what they made is there at the next mount", async function () {
      needMount(this, "kernel");
      await withTempDir(async (directory) => {
        const file = join(directory, "file.h5");
        const plain = join(directory, "plain");
        fs.mkdirSync(plain);
        createFile(file, { libver });
        const options = { transport: "kernel", options: ["mode=r+"] } as const;
        let datasets = 0;
        await withWritableMount(file, options, async (mount) => {
          const random = randomNumbers(seed);
          for (let i = 0; i < CALLS; i++) {
            const { name, call } = randomCall(random, DATASET_NAMES);
            const [here, there] = [outcome(call, plain), outcome(call, mount.dir)];
            assert.deepEqual(there, here, `call ${i} of seed ${seed}: ${name}`);
            if (i % Math.ceil(Math.min(20, CALLS / PAUSES)) > 0) continue;
            Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE);
            datasets += countDatasets(mount.dir);
            assert.deepEqual(contents(mount.dir), contents(plain), `after call ${i} of seed ${seed}: ${name}`);
          }
        });
        assert.ok(datasets > 0, "no file became a dataset");
        await withMount(file, options, (mount) => assert.deepEqual(contents(mount.dir), contents(plain)));
      });
    });
  });

/** Files that are no mere bytes. */
function countDatasets(dir: string): number {
  return fs
    .readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && fact(join(entry.parentPath, entry.name), "dtype") !== "uint8").length;
}
