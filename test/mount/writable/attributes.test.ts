import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import h5wasm from "h5wasm/node";
import { eventually } from "../../support/eventually.ts";
import { fact, getxattrText, setxattr } from "../../support/extended-attributes.ts";
import { H5FS, type Mount, mountFile } from "../../support/mount.ts";
import { needMount } from "../../support/need-mount.ts";
import { output } from "../../support/run.ts";
import { removeTempDir, tempDir } from "../../support/temp-dir.ts";

describe("attributes of a file that is mounted to be written", function () {
  this.timeout(60_000);
  let directory: string;
  let file: string;
  let mount: Mount;

  before(async function () {
    needMount(this, "kernel");
    await h5wasm.ready;
    directory = tempDir();
    file = join(directory, "file.h5");
    const made = new h5wasm.File(file, "w");
    for (const name of ["x", "y"]) {
      const dataset = made.create_dataset({ name, data: Float64Array.from([1, 2]) });
      dataset.create_attribute("n", 5, null, "<i4");
      dataset.create_attribute("text", "metres");
      dataset.create_attribute("gone", 1);
    }
    made.create_group("g").create_attribute("a", 1.5);
    made.close();
    mount = await mountFile(file, { transport: "kernel", options: ["mode=r+"] });
  });

  after(async () => {
    await mount?.unmount();
    if (directory !== undefined) removeTempDir(directory);
  });

  const at = (name: string): string => join(mount.dir, name);
  const text = (name: string): string => fs.readFileSync(at(name), "utf8");

  it("are changed as a whole by x.attrs.json: types, shapes, names", () => {
    const path = at(".h5fs/x.attrs.json");
    const { text: kept } = JSON.parse(text(".h5fs/x.attrs.json"));
    const n = { type: "float64", shape: [2], value: [0.5, -1] };
    const big = { type: "uint8", shape: [70_000], value: new Array(70_000).fill(7) };
    const before = fs.statSync(at("x.npy")).mtimeMs;
    fs.writeFileSync(path, JSON.stringify({ n, text: kept, big }));
    assert.deepEqual(Object.keys(JSON.parse(text(".h5fs/x.attrs.json"))), ["big", "n", "text"]);
    assert.equal(fs.statSync(path).size, fs.readFileSync(path).length);
    assert.equal(fs.statSync(at("x.npy")).mtimeMs, before);
    fs.writeFileSync(at(".h5fs/g/.attrs.json"), "{}");
    fs.writeFileSync(at(".h5fs/.attrs.json"), '{"r": {"type": "int8", "shape": [], "value": -3}}');
  });

  it("stay as they are where the text is not right, which is kept", async () => {
    const path = at(".h5fs/y.attrs.json");
    const before = text(".h5fs/y.attrs.json");
    const wrong = '{"n": {"type": "int8", "shape": [], "value": 300}}';
    assert.throws(() => fs.writeFileSync(path, wrong), { code: "EINVAL" });
    assert.equal(text("y.attrs.json.rej"), wrong);
    await eventually("the log says where it is", () => mount.log().includes(".rej"));
    assert.match(mount.log(), /y.attrs.json.rej: line 1, column 46: "300" does not fit/);
    assert.throws(() => fs.writeFileSync(path, '{"H5FS_POSIX": {"error": ""}}'), { code: "EINVAL" });
    assert.throws(() => fs.chmodSync(path, 0o600), { code: "EPERM" });
    assert.throws(() => fs.unlinkSync(path), { code: "EPERM" });
    assert.equal(text(".h5fs/y.attrs.json"), before);
  });

  it("may be read by whoever may read the object", () => {
    fs.chmodSync(at("x.npy"), 0o640);
    fs.chmodSync(at("g"), 0o750);
    const mode = (name: string): number => fs.statSync(at(`.h5fs/${name}`)).mode;
    assert.deepEqual(["x.attrs.json", "g.attrs.json", "x[0:1].csv"].map(mode), [0o100640, 0o100640, 0o100440]);
  });

  it("do not make a file of a dataset, nor a dataset of a file", () => {
    fs.writeFileSync(at("plain"), "text");
    const path = at(".h5fs/plain.attrs.json");
    const { NODE_TYPE, ...others } = JSON.parse(text(".h5fs/plain.attrs.json"));
    assert.ok(NODE_TYPE !== undefined);
    assert.throws(() => fs.writeFileSync(path, JSON.stringify(others)), { code: "EINVAL" });
    fs.writeFileSync(path, JSON.stringify({ NODE_TYPE, ...others, TITLE: NODE_TYPE }));
    assert.equal(text("plain"), "text");
  });

  it("are written as long as they are open, whatever became of the folder", () => {
    fs.mkdirSync(at("d"));
    const fd = fs.openSync(at(".h5fs/d/.attrs.json"), "r+");
    fs.rmdirSync(at("d"));
    fs.writeSync(fd, '{"a": {"type": "int8", "shape": [], "value": 1}}', 0);
    assert.ok(fs.fstatSync(fd).isFile());
    fs.closeSync(fd);
    assert.equal(fs.existsSync(at("d")), false);
  });

  it("and chunks and filters are those of a file that an editor has set aside to write it anew", () => {
    fs.writeFileSync(at("note"), "one");
    setxattr(at("note"), "user.h5fs.chunks", "5000");
    setxattr(at("note"), "user.h5fs.filters", "gzip=1");
    setxattr(at("note"), "user.language", "en");
    fs.renameSync(at("note"), at("note~"));
    fs.writeFileSync(at("note"), "two");
    fs.unlinkSync(at("note~"));
    assert.deepEqual(
      [getxattrText(at("note"), "user.language"), fact(at("note"), "chunks"), fact(at("note"), "filters")],
      ["en", "(5000,)", "1 1"],
    );
    assert.equal(text("note"), "two");
    // What stands there for long is nobody's predecessor.
    fs.writeFileSync(at("other~"), "");
    setxattr(at("other~"), "user.language", "en");
    fs.writeFileSync(at("other"), "");
    assert.equal(JSON.parse(text(".h5fs/other.attrs.json")).language, undefined);
  });

  it("are what libhdf5 reads afterwards", async () => {
    assert.equal(mount.log().includes("defect"), false, mount.log());
    await mount.unmount();
    assert.match(await output(process.execPath, [H5FS, "check", file]), /no damage found/);
    const read = new h5wasm.File(file, "r");
    const attributesOf = (path: string): unknown => {
      const object = read.get(path);
      assert.ok(object instanceof h5wasm.Dataset || object instanceof h5wasm.Group);
      const found = Object.entries(object.attrs).filter(([name]) => !name.startsWith("H5FS_"));
      return Object.fromEntries(found.map(([name, { dtype, shape, value }]) => [name, { dtype, shape, value }]));
    };
    assert.deepEqual(attributesOf("x"), {
      big: { dtype: "<B", shape: [70_000], value: new Uint8Array(70_000).fill(7) },
      n: { dtype: "<d", shape: [2], value: Float64Array.from([0.5, -1]) },
      text: { dtype: "S", shape: [], value: "metres" },
    });
    assert.deepEqual(attributesOf("g"), {});
    assert.deepEqual(attributesOf("/"), { r: { dtype: "<b", shape: [], value: -3 } });
    read.close();
  });
});
