import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, readFileSync, realpathSync, renameSync, rmSync, symlinkSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { RangeReader } from "../../src/chunk/read-range.ts";
import { H5Error } from "../../src/errors.ts";
import { checkFile } from "../../src/object/check.ts";
import type { Dataset } from "../../src/object/dataset.ts";
import { EditableFile } from "../../src/object/editable-file.ts";
import { ExternalFiles, type ExternalPolicy } from "../../src/object/external-files.ts";
import { H5File } from "../../src/object/file.ts";
import { LocalFile } from "../../src/storage/local-file.ts";
import { projectRoot } from "../support/project.ts";
import { withTempDir } from "../support/temp-dir.ts";

/** Made by h5py: of 20 int32, which count, ten are in `first.raw` from byte 16 on, the others in `second.raw`. */
const DATA = join(projectRoot(), "test/data/external");

function opened(directory: string, policy: ExternalPolicy = "below"): H5File {
  const main = realpathSync(join(directory, "external.h5"));
  return H5File.open(LocalFile.open(main), { externalFiles: new ExternalFiles({ main, policy }) });
}

function two(file: H5File): Dataset {
  const dataset = file.resolve("/group/two");
  assert.ok(dataset.kind === "dataset");
  return dataset;
}

function values(dataset: Dataset, first = 0, count = 20): number[] {
  const bytes = new RangeReader().read(dataset, dataset.path, 4 * first, 4 * count);
  return [...new Int32Array(bytes.slice().buffer)];
}

function refused(directory: string, kind: H5Error["kind"], message: RegExp, policy?: ExternalPolicy): void {
  const dataset = two(opened(directory, policy));
  assert.throws(
    () => values(dataset),
    (error) => error instanceof H5Error && error.kind === kind && message.test(error.message),
  );
  assert.match(dataset.problem()?.message ?? "", message);
}

function withCopy(use: (directory: string) => Promise<void> | void): Promise<void> {
  return withTempDir(async (directory) => {
    cpSync(DATA, directory, { recursive: true });
    await use(realpathSync(directory));
  });
}

const COUNT = Array.from({ length: 20 }, (_, i) => i);

describe("raw data in other files", () => {
  it("are read where the files say, whole and in parts", () => {
    const file = opened(DATA);
    const dataset = two(file);
    assert.deepEqual(values(dataset), COUNT);
    assert.deepEqual(values(dataset, 8, 5), [8, 9, 10, 11, 12]);
    assert.deepEqual(dataset.read([{ start: 1, stop: 20, step: 6 }]), Int32Array.of(1, 7, 13, 19));
    assert.equal(dataset.storedBytes(), 80);
    assert.deepEqual(checkFile(file, { data: true }).findings, []);
  });

  it("are zeros where a file is too short, as libhdf5 has them", () =>
    withCopy((directory) => {
      truncateSync(join(directory, "second.raw"), 18);
      // Two bytes of 14 are there.
      assert.deepEqual(values(two(opened(directory))), [...COUNT.slice(0, 14), 14, 0, 0, 0, 0, 0]);
      truncateSync(join(directory, "first.raw"), 10);
      assert.deepEqual(values(two(opened(directory)), 0, 11), [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10]);
    }));

  it("are not read from where they must not be, nor from what is no file", () =>
    withCopy((directory) =>
      withTempDir((other) => {
        const first = join(directory, "first.raw");
        refused(directory, "unsupported", /first\.raw: other files are not read \(external=off\)/, "off");
        renameSync(first, join(other, "moved"));
        refused(directory, "io", /^\/group\/two: the raw data are in another file, first\.raw, which does not exist$/);
        // The HDF5 file is as it was.
        const severities = checkFile(opened(directory)).findings.map(({ severity }) => severity);
        assert.deepEqual(severities, ["unchecked"]);
        symlinkSync(join(other, "moved"), first);
        refused(directory, "unsupported", /first\.raw: it is not below .*; external=all reads it all the same$/);
        assert.deepEqual(values(two(opened(directory, "all"))), COUNT);
        rmSync(first);
        execFileSync("mkfifo", [first]);
        refused(directory, "io", /first\.raw, which is no regular file$/);
        const alone = two(H5File.open(join(DATA, "external.h5")));
        assert.throws(() => values(alone), /^H5Error: \/group\/two: the raw data are in another file, first\.raw$/);
      }),
    ));

  it("are not written, nor is the dataset", () =>
    withCopy((directory) => {
      const path = join(directory, "external.h5");
      const before = [path, join(directory, "first.raw")].map((name) => readFileSync(name));
      const externalFiles = new ExternalFiles({ main: path, policy: "below" });
      const file = EditableFile.open(path, { externalFiles });
      try {
        const dataset = file.dataset("/group/two");
        assert.equal(dataset.read([19]), 19);
        assert.throws(() => dataset.write([0], 7), /cannot be written: its raw data are in other files/);
        assert.throws(() => dataset.resize([30]), H5Error);
        assert.throws(() => dataset.store({ chunks: "choose" }), /has its raw data in other files, where they stay/);
      } finally {
        file.close();
      }
      assert.deepEqual(
        [path, join(directory, "first.raw")].map((name) => readFileSync(name)),
        before,
      );
    }));
});
