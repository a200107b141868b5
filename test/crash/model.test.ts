import { strict as assert } from "node:assert";
import { join } from "node:path";
import fc from "fast-check";
import { checkFile } from "../../src/object/check.ts";
import { H5File } from "../../src/object/file.ts";
import { createFile, LIBRARY_VERSIONS } from "../../src/object/new-file.ts";
import { WritableFile } from "../../src/object/writable-file.ts";
import { withTempDir } from "../support/temp-dir.ts";
import { emptyModel, listFile, listModel, listWithLibrary } from "./file-model.ts";
import { changeAtRandom } from "./operations.ts";

/** Sequences of changes, and the longest of them; `.ci/run` and long runs by hand take more. */
const RUNS = Number(process.env.H5FS_MODEL_RUNS ?? 3);
const CHANGES = Number(process.env.H5FS_MODEL_CHANGES ?? 40);
const SEED = process.env.H5FS_MODEL_SEED === undefined ? undefined : Number(process.env.H5FS_MODEL_SEED);

/** Numbers that each change may draw. */
const DRAWN = 12;

describe("random changes", function () {
  this.timeout(Number(process.env.H5FS_CRASH_TIMEOUT ?? 60_000));
  let done = 0;
  let refused = 0;
  let read = 0;

  it("leave what the same changes leave of a model, for h5fs after each and for libhdf5", async () => {
    const sequence = fc.record({
      libver: fc.constantFrom(...LIBRARY_VERSIONS),
      userBlock: fc.constantFrom(0, 0, 1024),
      changes: fc.array(fc.array(fc.nat(2 ** 30), { minLength: DRAWN, maxLength: DRAWN }), {
        minLength: 10,
        maxLength: CHANGES,
        size: "max",
      }),
    });
    await fc.assert(
      fc.asyncProperty(sequence, ({ libver, userBlock, changes }) =>
        withTempDir(async (directory) => {
          const path = join(directory, "file.h5");
          createFile(path, { libver, userBlock });
          const model = emptyModel();
          let file = WritableFile.open(path);
          for (const [i, drawn] of changes.entries()) {
            const numbers = drawn.values();
            const { name, isDone } = changeAtRandom(file, model, (n) => Number(numbers.next().value ?? 0) % n);
            if (isDone) done++;
            else refused++;
            assert.equal(listFile(file.read()), listModel(model), name);
            assertUndamaged(file.read(), name);
            const what = (drawn[0] ?? 0) % 8;
            if (what === 0) file.checkpoint();
            if (what !== 1 && i + 1 < changes.length) continue;
            file.close();
            const closed = H5File.open(path);
            assert.equal(listFile(closed), listModel(model), name);
            closed.close();
            assert.equal(await listWithLibrary(path), listModel(model), name);
            read++;
            file = WritableFile.open(path);
          }
          file.close();
        }),
      ),
      { numRuns: RUNS, interruptAfterTimeLimit: 120_000, ...(SEED === undefined ? {} : { seed: SEED }) },
    );
  });

  after(() => {
    process.stdout.write(`    ${done} changes, ${refused} refused or taken back, ${read} files read by libhdf5\n`);
  });
});

function assertUndamaged(file: H5File, what: string): void {
  const damage = checkFile(file).findings.filter(({ severity }) => severity === "damage");
  assert.deepEqual(damage, [], what);
}
