import assert from "node:assert/strict";
import { copyFileSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { H5Error } from "../../src/errors.ts";
import { EditableFile } from "../../src/object/editable-file.ts";
import { H5File } from "../../src/object/file.ts";
import { repackFile } from "../../src/object/repack.ts";
import { writeSample } from "../support/h5wasm-file.ts";
import { H5FS } from "../support/mount.ts";
import { projectRoot } from "../support/project.ts";
import { run } from "../support/run.ts";
import { removeTempDir, tempDir } from "../support/temp-dir.ts";

/** Made by libhdf5: scripts/fixtures/make_several_files.py. */
const SEVERAL = join(projectRoot(), "test/data/several-files");

/** Opening for reading and for writing says this, and changes no byte. */
function assertRefused(path: string, kind: string, message: RegExp): void {
  const before = readFileSync(path);
  for (const open of [() => H5File.open(path), () => EditableFile.open(path)]) {
    assert.throws(open, (error) => {
      assert.ok(error instanceof H5Error, `${error}`);
      assert.equal(error.kind, kind, error.message);
      assert.match(error.message, message);
      assert.ok(error.message.startsWith(`${path}: `), error.message);
      return true;
    });
  }
  assert.ok(readFileSync(path).equals(before), "the file is as it was");
}

describe("a file that is not opened", () => {
  let folder: string;
  beforeEach(() => {
    folder = tempDir();
  });
  afterEach(() => removeTempDir(folder));

  for (const libver of ["earliest", "latest"]) {
    for (const name of readdirSync(join(SEVERAL, libver))) {
      const driver = name.startsWith("family") ? /family driver/ : /split or multi driver/;
      it(`${libver}/${name}: names the driver that it takes`, () => {
        for (const each of readdirSync(join(SEVERAL, libver))) {
          copyFileSync(join(SEVERAL, libver, each), join(folder, each));
        }
        assertRefused(join(folder, name), "unsupported", driver);
      });
    }

    it(`${libver}: the first of a family says so alone, too`, () => {
      const path = join(folder, "alone.h5");
      copyFileSync(join(SEVERAL, libver, "family0.part"), path);
      assertRefused(path, "unsupported", /family driver/);
    });
  }

  it("a family whose first member does not tell of it, as those of old libraries", async () => {
    const whole = readFileSync(await writeSample(folder));
    const size = 4096;
    const count = Math.ceil(whole.length / size);
    const member = (n: number): string => join(folder, `old-00${n}.h5`);
    for (let n = 0; n < count; n++) writeFileSync(member(n), whole.subarray(n * size, (n + 1) * size));
    for (let n = 0; n < count; n++) assertRefused(member(n), "unsupported", /family driver/);
  });

  it("one that is cut off is called so, whatever is beside it", async () => {
    const sample = await writeSample(folder);
    const path = join(folder, "run0.h5");
    copyFileSync(sample, path);
    truncateSync(path, 4096);
    copyFileSync(sample, join(folder, "run1.h5"));
    assertRefused(path, "format", /truncated file: it has 4096 bytes/);
  });

  it("also one whose name has no room for the number of a last member", async () => {
    const whole = readFileSync(await writeSample(folder));
    const path = join(folder, `${"x".repeat(254)}0`);
    writeFileSync(path, whole.subarray(0, Math.floor(whole.length / 12)));
    assertRefused(path, "format", /truncated file/);
  });

  it("one of the onion driver is read in its first revision, and not written", async () => {
    const path = await writeSample(folder);
    writeFileSync(`${path}.onion`, "OHDH\x01 and so on");
    const before = readFileSync(path);
    H5File.open(path).close();
    for (const act of [() => EditableFile.open(path), () => repackFile(path)]) {
      assert.throws(act, (error) => error instanceof H5Error && /onion driver/.test(error.message));
    }
    assert.ok(readFileSync(path).equals(before));
    writeFileSync(`${path}.onion`, "layers");
    EditableFile.open(path).close();
  });

  it("damage of the root group and of its links is told with the file, the structure and its place", async () => {
    const sample = await writeSample(folder);
    const damaged = readFileSync(sample);
    damaged[damaged.indexOf("OHDR")] = 0x1b;
    const path = join(folder, "damaged.h5");
    writeFileSync(path, damaged);
    assertRefused(path, "format", /object header at 0x[0-9a-f]+: /);
    const { status, stderr } = await run(process.execPath, [H5FS, "ls", path]);
    assert.equal(status, 14);
    assert.match(stderr, /^h5fs: \/.*\/damaged\.h5: object header at 0x[0-9a-f]+: [ -~]+\n$/);
  });

  it("damage that is met while a group is listed, too", async () => {
    const path = join(folder, "listed.h5");
    const bytes = readFileSync(join(projectRoot(), "test/data/engine/continued.h5"));
    // The root group's, which the superblock has beside its address.
    bytes.write("\x1b[2J", bytes.readUInt32LE(88), "latin1");
    writeFileSync(path, bytes);
    const { status, stderr } = await run(process.execPath, [H5FS, "ls", path]);
    assert.equal(status, 14);
    assert.match(stderr, /^h5fs: \/.*\/listed\.h5: local heap at 0x[0-9a-f]+: signature is "[ -~]+\n$/);
  });
});
