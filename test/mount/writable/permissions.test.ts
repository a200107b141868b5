import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import h5wasm from "h5wasm/node";
import { EditableFile } from "../../../src/object/editable-file.ts";
import type { Mount } from "../../support/mount.ts";
import { needMount } from "../../support/need-mount.ts";
import { removeTempDir, tempDir } from "../../support/temp-dir.ts";
import { withWritableMount } from "../../support/writable-mount.ts";

describe("owners and permissions in a mount that is written", function () {
  this.timeout(60_000);
  let directory: string;
  let file: string;

  beforeEach(async function () {
    needMount(this, "kernel");
    await h5wasm.ready;
    directory = tempDir();
    file = join(directory, "file.h5");
  });

  afterEach(() => {
    if (directory !== undefined) removeTempDir(directory);
  });

  const mounted = (options: readonly string[], use: (mount: Mount) => void): Promise<void> =>
    withWritableMount(file, { transport: "kernel", options: ["mode=a", ...options] }, use);
  const denied = (call: () => void): void => assert.throws(call, { code: "EPERM" });

  it("are the file's own with posix=off; times are HDF5's, in seconds", async () => {
    const { uid, gid } = fs.statSync(directory);
    await mounted(["posix=off"], ({ dir }) => {
      const path = join(dir, "f");
      fs.writeFileSync(path, "text", { mode: 0o600 });
      fs.mkdirSync(join(dir, "g"), { mode: 0o700 });
      const mode = fs.statSync(path).mode & 0o777;
      assert.equal(mode, fs.statSync(file).mode & 0o666);
      fs.chmodSync(path, mode);
      fs.chownSync(path, uid, gid);
      denied(() => fs.chmodSync(path, mode ^ 0o100));
      denied(() => fs.chownSync(path, uid + 1, gid));
      fs.utimesSync(path, 0, 1_000_000_000.75);
      assert.equal(fs.statSync(path).mtimeMs, 1_000_000_000_000);
      fs.symlinkSync("f", join(dir, "link"));
      assert.equal(fs.readFileSync(join(dir, "link"), "utf8"), "text");
    });
    const read = new h5wasm.File(file, "r");
    for (const name of ["/", "f", "g"]) {
      const object = read.get(name);
      assert.ok(object instanceof h5wasm.Dataset || object instanceof h5wasm.Group);
      assert.deepEqual(
        Object.keys(object.attrs).filter((attribute) => attribute.startsWith("H5FS")),
        [],
        name,
      );
    }
    read.close();
    const edited = EditableFile.open(file);
    assert.equal(edited.dataset("/f").dataset.modificationTime, 1_000_000_000);
    edited.close();
  });

  it("leave symlinks to datasets the names of their views with posix=off, for nothing says what else they are called", async () => {
    const made = EditableFile.open(file, { mode: "x" });
    made.createDataset("/x", { data: [1, 2] });
    made.close();
    await mounted(["posix=off"], ({ dir }) => {
      fs.symlinkSync("x.npy", join(dir, "z.npy"));
      denied(() => fs.symlinkSync("x.npy", join(dir, "w")));
      fs.mkdirSync(join(dir, "g"));
      fs.symlinkSync("../x.npy", join(dir, "g", "y.npy"));
      assert.deepEqual(fs.readdirSync(dir).sort(), ["g", "x.npy", "z.npy"]);
      assert.equal(fs.readlinkSync(join(dir, "z.npy")), "x.npy");
      assert.deepEqual(fs.readFileSync(join(dir, "g", "y.npy")), fs.readFileSync(join(dir, "x.npy")));
    });
    const read = new h5wasm.File(file, "r");
    assert.deepEqual(read.keys().sort(), ["g", "x", "z"]);
    for (const name of ["z", "g/y"]) {
      const object = read.get(name);
      assert.ok(object instanceof h5wasm.Dataset);
      assert.deepEqual(Array.from(object.value as Int32Array, Number), [1, 2]);
    }
    read.close();
  });

  it("are those of uid, gid and the masks where they are given, whatever is kept", async () => {
    await mounted([], ({ dir }) => {
      fs.writeFileSync(join(dir, "f"), "text");
      fs.chmodSync(join(dir, "f"), 0o777);
      fs.utimesSync(join(dir, "f"), 0, 1_234_567_890.5);
    });
    await mounted(["uid=12,gid=34,fmask=027,dmask=077"], ({ dir }) => {
      const stat = (name: string): unknown => {
        const { uid, gid, mode } = fs.statSync(join(dir, name));
        return [uid, gid, (mode & 0o777).toString(8)];
      };
      fs.mkdirSync(join(dir, "d"));
      assert.deepEqual(
        [stat("f"), stat("d")],
        [
          [12, 34, "750"],
          [12, 34, "700"],
        ],
      );
      fs.chmodSync(join(dir, "f"), 0o640);
      denied(() => fs.chmodSync(join(dir, "f"), 0o644));
      denied(() => fs.chownSync(join(dir, "f"), 0, 34));
      assert.equal(fs.statSync(join(dir, "f")).mtimeMs, 1_234_567_890_500);
    });
    // HDF5's own time went with the other; where another program has changed the data since, it is the later one.
    const edited = EditableFile.open(file);
    assert.equal(edited.dataset("/f").dataset.modificationTime, 1_234_567_890);
    edited.close();
  });
});
