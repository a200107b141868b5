import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { EditableFile } from "../../../src/object/editable-file.ts";
import { H5FS, type Mount, mountFile } from "../../support/mount.ts";
import { needMount } from "../../support/need-mount.ts";
import { output } from "../../support/run.ts";
import { removeTempDir, tempDir } from "../../support/temp-dir.ts";

describe("what follows from other names in a mount that is written", function () {
  this.timeout(60_000);
  let directory: string;
  let file: string;
  let mount: Mount;

  before(async function () {
    needMount(this, "kernel");
    directory = tempDir();
    file = join(directory, "file.h5");
    const made = EditableFile.open(file, { mode: "x" });
    for (const path of ["/alias", "/alias/sub", "/aaa", "/g"]) made.createGroup(path);
    made.link("/alias", "/main");
    made.link("/alias", "/g/inner");
    made.link("/aaa", "/beta");
    for (const name of ["x", "y"]) {
      made.createDataset(`/${name}`, { dtype: [["a", "int32"]], shape: [1], as: "Table" });
      made.createGroup(`/_i_${name}/a`, { parents: true });
      made.createDataset(`/_i_${name}/a/sorted`, { data: [1, 2] });
    }
    made.attributes("/_i_x/a").set("CLASS", "INDEX", { dtype: "S5" });
    made.attributes("/_i_x/a").set("DIRTY", 0, { dtype: "int32" });
    made.close();
    mount = await mountFile(file, { transport: "kernel", options: ["mode=r+"] });
  });

  after(async () => {
    await mount?.unmount();
    if (directory !== undefined) removeTempDir(directory);
  });

  const at = (name: string): string => join(mount.dir, name);
  const list = (name = ""): string[] => fs.readdirSync(at(name)).sort();
  /** The text of a symlink, or "/" for a folder. */
  const kind = (name: string): string =>
    fs.lstatSync(at(name)).isSymbolicLink()
      ? fs.readlinkSync(at(name))
      : fs.statSync(at(name)).isDirectory()
        ? "/"
        : "";

  it("is where a group with several names is a folder: where it was, under any name, until that is removed", () => {
    assert.deepEqual(["alias", "main", "g/inner", "aaa", "beta"].map(kind), ["/", "alias", "../alias", "/", "aaa"]);
    fs.renameSync(at("main"), at("g/moved"));
    assert.deepEqual(["alias", "g/inner", "g/moved"].map(kind), ["/", "../alias", "../alias"]);
    fs.renameSync(at("alias"), at("z with a long name"));
    assert.deepEqual(["z with a long name", "g/inner", "g/moved"].map(kind), [
      "/",
      "../z with a long name",
      "../z with a long name",
    ]);
    fs.writeFileSync(at("g/inner/sub/f"), "text");
    assert.equal(fs.readFileSync(at("z with a long name/sub/f"), "utf8"), "text");
    fs.rmdirSync(at("aaa"));
    assert.equal(kind("beta"), "/");
    fs.writeFileSync(at("beta/f"), "text");
    assert.deepEqual(list("beta"), ["f"]);
  });

  it("is the index of a table of PyTables: it is renamed and removed with the table", () => {
    assert.deepEqual([list("_i_x/a"), list("_i_y/a")], [["sorted.npy"], ["sorted.npy"]]);
    fs.renameSync(at("x.csv"), at("g/w.csv"));
    assert.deepEqual(list("g"), ["_i_w", "inner", "moved", "w.csv"]);
    assert.deepEqual(list("g/_i_w/a"), ["sorted.npy"]);
    assert.throws(() => fs.statSync(at("_i_x")), { code: "ENOENT" });
    // PyTables would find wrong rows by it.
    fs.appendFileSync(at("g/w.csv"), "7\n");
    fs.unlinkSync(at("y.csv"));
    assert.throws(() => fs.statSync(at("_i_y/a/sorted.npy")), { code: "ENOENT" });
    assert.deepEqual(list(), ["beta", "g", "z with a long name"]);
  });

  it("leaves a sound file", async () => {
    assert.equal(mount.log().includes("defect"), false, mount.log());
    await mount.unmount();
    assert.match(await output(process.execPath, [H5FS, "check", file]), /no damage found/);
    const read = EditableFile.open(file);
    const names = ["/g/inner", "/g/moved", "/z with a long name"].map((path) => read.file.resolve(path).address);
    assert.equal(new Set(names).size, 1);
    assert.deepEqual([...read.dataset("/g/_i_w/a/sorted").dataset.dims], [2]);
    assert.equal(read.file.resolve("/g/_i_w/a").attributeValue("DIRTY"), 1);
    assert.deepEqual([...read.dataset("/g/w").dataset.dims], [2]);
    read.close();
  });
});
