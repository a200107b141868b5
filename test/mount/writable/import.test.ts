import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { tableFromIPC } from "apache-arrow";
import h5wasm from "h5wasm/node";
import { floatType } from "../../../src/object/datatypes.ts";
import { encodeNpyHeader } from "../../../src/view/npy.ts";
import { errnoName } from "../../support/errno-name.ts";
import { fact, getxattrText, listxattr, setxattr } from "../../support/extended-attributes.ts";
import { H5FS, type Mount, withMount } from "../../support/mount.ts";
import { needMount } from "../../support/need-mount.ts";
import { output } from "../../support/run.ts";
import { removeTempDir, tempDir } from "../../support/temp-dir.ts";
import { withWritableMount } from "../../support/writable-mount.ts";

const CSV = "n,text,x\n1,one,1.50\n2,two,2.25\n";

/** Milliseconds. */
const PATIENCE = 10_000;

function npy(values: Float64Array, dims: readonly number[]): Buffer {
  return Buffer.concat([encodeNpyHeader(floatType(8), dims), new Uint8Array(values.buffer)]);
}

/** Until the file is a dataset, or it is known why it is none. */
async function settled(path: string): Promise<void> {
  for (const end = performance.now() + PATIENCE; performance.now() < end; await sleep(50)) {
    if (fact(path, "dtype") !== "uint8") return;
    if (errnoName(() => fact(path, "problem")) === undefined) return;
  }
  assert.fail(`${path}: nothing has become of it`);
}

describe("files that become datasets", function () {
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

  async function written(options: readonly string[], use: (mount: Mount) => Promise<void>): Promise<void> {
    await withWritableMount(file, { transport: "kernel", options: ["mode=a", ...options] }, (mount) => use(mount));
  }

  function dataset(name: string): InstanceType<typeof h5wasm.Dataset> {
    const found = new h5wasm.File(file, "r").get(name);
    assert.ok(found instanceof h5wasm.Dataset, name);
    return found;
  }

  it("have the values that libhdf5 reads, and PyTables' attributes, and stay the files that they were", async () => {
    const values = Float64Array.from({ length: 12 }, (_, i) => i / 3);
    const bytes = npy(values, [3, 4]);
    await written([], async ({ dir }) => {
      fs.writeFileSync(join(dir, "array.npy"), bytes);
      fs.writeFileSync(join(dir, "table.csv.tmp"), CSV, { mode: 0o640 });
      fs.renameSync(join(dir, "table.csv.tmp"), join(dir, "table.csv"));
      setxattr(join(dir, "table.csv"), "user.note", "mine");
      const facts = (): unknown[] =>
        ["", "array.npy", "table.csv"].map((name) => {
          const { ino, mode, size, mtimeNs, ctimeNs } = fs.statSync(join(dir, name), { bigint: true });
          return [ino, mode, size, mtimeNs, ctimeNs];
        });
      const before = facts();
      for (const name of ["array.npy", "table.csv"]) await settled(join(dir, name));
      assert.deepEqual(facts(), before);
      assert.deepEqual(fs.readdirSync(dir).sort(), ["array.npy", "table.csv"]);
      assert.equal(fact(join(dir, "array.npy"), "shape"), "(3, 4)");
      assert.equal(fact(join(dir, "table.csv"), "path"), "/table");
      assert.deepEqual(listxattr(join(dir, "table.csv")), ["user.note"]);
      assert.equal(getxattrText(join(dir, "table.csv"), "user.note"), "mine");
    });
    assert.deepEqual(dataset("array").value, values);
    assert.deepEqual(dataset("array").attrs.CLASS?.value, "ARRAY");
    assert.deepEqual(dataset("table").to_array(), [
      [1, "one", 1.5],
      [2, "two", 2.25],
    ]);
    assert.deepEqual(dataset("table").attrs.CLASS?.value, "TABLE");
    // Whoever reads the file later sees the same files.
    await withMount(file, { transport: "kernel" }, ({ dir }) => {
      assert.deepEqual(fs.readdirSync(dir).sort(), ["array.npy", "table.csv"]);
      assert.ok(fs.readFileSync(join(dir, "array.npy")).equals(bytes));
      assert.equal(fs.readFileSync(join(dir, "table.csv"), "utf8"), CSV);
    });
    assert.equal(await output(process.execPath, [H5FS, "cat", `${file}:/table.csv`]), CSV);
  });

  it("are those that would read back the same, the others say why not, and are turned by force", async () => {
    await written([], async ({ dir }) => {
      const path = join(dir, "x.csv");
      fs.writeFileSync(path, "a\n1.50\n2.125\n");
      await settled(path);
      assert.equal(fact(path, "problem"), 'line 2: the column "a" has a number with zeros at its end');
      assert.equal(fs.readFileSync(path, "utf8"), "a\n1.50\n2.125\n");
      setxattr(path, "user.h5fs.import", "force");
      assert.equal(fs.readFileSync(path, "utf8"), "a\n1.5\n2.125\n");
      fs.writeFileSync(join(dir, "y.npy"), "no array");
      await settled(join(dir, "y.npy"));
      assert.match(fact(join(dir, "y.npy"), "problem"), /does not begin with/);
    });
    assert.deepEqual(dataset("x").to_array(), [[1.5], [2.125]]);
  });

  it("are Arrow files, which are their own bytes until other views change more than numbers", async () => {
    const folder = "test/data/view/arrow";
    const names = ["batches", "polars", "nulls"].map((name) => `${name}.arrow`);
    const bytesOf = (name: string): Buffer => fs.readFileSync(join(folder, name));
    const isSame = (dir: string, name: string): boolean => fs.readFileSync(join(dir, name)).equals(bytesOf(name));
    await written([], async ({ dir }) => {
      for (const name of names) fs.copyFileSync(join(folder, name), join(dir, name));
      for (const name of names) await settled(join(dir, name));
      assert.deepEqual(
        names.map((name) => isSame(dir, name)),
        [true, true, true],
      );
      assert.match(fact(join(dir, "nulls.arrow"), "problem"), /column a: has nulls/);

      const polars = join(dir, "polars.arrow");
      const csv = join(dir, ".h5fs", "polars.csv");
      const before = fs.readFileSync(csv, "utf8");
      fs.writeFileSync(csv, before.replace("\n0,", "\n77,"));
      assert.equal(tableFromIPC(fs.readFileSync(polars)).getChild("id")?.get(0), 77);
      assert.equal(fs.statSync(polars).size, fs.readFileSync(polars).length);
      fs.writeFileSync(csv, before.replace("n\n", "other\n"));
      const table = tableFromIPC(fs.readFileSync(polars));
      assert.deepEqual([table.getChild("name")?.get(0), table.numRows], ["other", 11]);

      // What is written into it makes it a file again.
      fs.appendFileSync(join(dir, "batches.arrow"), "more");
      assert.equal(fact(join(dir, "batches.arrow"), "dtype"), "uint8");
      assert.ok(
        fs
          .readFileSync(join(dir, "batches.arrow"))
          .equals(Buffer.concat([bytesOf("batches.arrow"), Buffer.from("more")])),
      );
      // Others are only read.
      fs.copyFileSync(join(folder, "batches.arrow"), join(dir, "again.arrow"));
      await settled(join(dir, "again.arrow"));
      fs.writeFileSync(join(dir, "array.npy"), npy(Float64Array.of(1), [1]));
      await settled(join(dir, "array.npy"));
      assert.throws(() => fs.writeFileSync(join(dir, ".h5fs", "array.arrow"), "x"), /EROFS|EACCES/);
    });
    await output(process.execPath, [H5FS, "cp", join(folder, "slices.arrow"), `${file}:/copied`]);
    const copied = dataset("copied");
    assert.deepEqual([copied.shape, copied.metadata.compound_type?.nmembers], [[10], 9]);
    assert.equal(dataset("again").attrs.CLASS, undefined);
    assert.deepEqual(dataset("polars").attrs.CLASS?.value, "TABLE");
    assert.equal(
      await output(process.execPath, [H5FS, "cat", `${file}:/again.csv`]).then((text) => text.split("\n")[0]),
      "id,big,tiny,half,x,ok,name,large,code",
    );
  });

  it("are none with import=off, and those whose names are asked for", async () => {
    await written(["import=npy"], async ({ dir }) => {
      fs.writeFileSync(join(dir, "x.csv"), CSV);
      fs.writeFileSync(join(dir, "x.npy"), npy(Float64Array.of(1), [1]));
      await settled(join(dir, "x.npy"));
    });
    assert.equal(dataset("x.csv").dtype, "<B");
    assert.deepEqual(dataset("x").value, Float64Array.of(1));
    fs.rmSync(file);
    await written(["import=off"], async ({ dir }) => fs.writeFileSync(join(dir, "x.csv"), CSV));
    assert.equal(dataset("x.csv").dtype, "<B");
  });

  it("are JSON and plain texts where that is asked for, of a mount or a file", async () => {
    const texts = {
      "table.json": '[{"a": 1, "b": "x"},\n {"a": 2, "b": "y"}]\n',
      "list.json": "[[1],\n [2, 3]]\n",
      "indented.json": '[\n  {\n    "a": 1.5\n  },\n  {\n    "a": null\n  }\n]',
      "numbers.txt": "1.5 2.0\n3.5 4.0\n",
      "saved.txt": "1.000000000000000000e+00\n2.500000000000000000e+00",
      "lines.txt": "one\n\ntwo words\n",
    };
    const copied = (dir: string): void => {
      for (const [name, text] of Object.entries(texts)) fs.writeFileSync(join(dir, name), text);
    };
    await written(["import=all"], async ({ dir }) => {
      copied(dir);
      fs.writeFileSync(join(dir, "odd.json"), "[ 1, 2 ]");
      await settled(join(dir, "odd.json"));
      for (const [name, text] of Object.entries(texts)) {
        await settled(join(dir, name));
        assert.equal(fs.readFileSync(join(dir, name), "utf8"), text);
      }
      assert.equal(fact(join(dir, "odd.json"), "problem"), "line 1: `[ 1, 2 ]` would read back as `[1,`");
      const indented = join(dir, "indented.json");
      const fd = fs.openSync(indented, "r+");
      fs.writeSync(fd, "2", texts["indented.json"].indexOf("1"));
      fs.closeSync(fd);
      await settled(indented);
      assert.equal(fact(indented, "dtype"), "{a: float64}");
      assert.equal(fs.readFileSync(indented, "utf8"), texts["indented.json"].replace("1.5", "2.5"));
      fs.appendFileSync(join(dir, "lines.txt"), "three");
      assert.equal(fs.readFileSync(join(dir, "lines.txt"), "utf8"), "one\n\ntwo words\nthree");
    });
    assert.deepEqual(dataset("table").to_array(), [
      [1, "x"],
      [2, "y"],
    ]);
    assert.deepEqual(dataset("numbers").to_array(), [
      [1.5, 2],
      [3.5, 4],
    ]);
    assert.equal(dataset("list").attrs.CLASS?.value, "VLARRAY");
    assert.deepEqual(dataset("saved").value, Float64Array.of(1, 2.5));
    assert.deepEqual(dataset("indented").to_array(), [[2.5], [Number.NaN]]);
    fs.rmSync(file);
    await written([], async ({ dir }) => {
      copied(dir);
      const set = (name: string, value: string): void => setxattr(join(dir, name), "user.h5fs.import", value);
      set("lines.txt", "on");
      fs.writeFileSync(join(dir, "odd.json"), "[ 1, 2 ]");
      assert.throws(() => set("odd.json", "on"), { code: "EINVAL" });
      set("odd.json", "force");
      assert.deepEqual(fs.readdirSync(dir).sort(), [...Object.keys(texts), "odd.json"].sort());
    });
    assert.deepEqual(dataset("lines").to_array(), ["one", "", "two words"]);
    assert.deepEqual(dataset("odd").to_array(), [1, 2]);
    assert.equal(dataset("table.json").dtype, "<B");
  });

  it("are tables of any size, and become files again", async () => {
    // Little text, and many bytes of elements.
    const text = `s,n\n${"x".repeat(64)},0\n${Array.from({ length: 300_000 }, (_, i) => `,${i}\n`).join("")}`;
    await written([], async ({ dir }) => {
      const path = join(dir, "x.csv");
      fs.writeFileSync(path, text);
      await settled(path);
      assert.equal(fact(path, "shape"), "(300001,)");
      assert.equal(fs.statSync(path).size, text.length);
      assert.equal(fs.readFileSync(path, "latin1"), text);
      fs.copyFileSync(path, join(dir, "y.csv"));
      await settled(join(dir, "y.csv"));
      fs.appendFileSync(path, "no row\n");
      assert.equal(fact(path, "dtype"), "uint8");
      assert.equal(fs.readFileSync(path, "latin1"), `${text}no row\n`);
    });
    const y = dataset("y");
    assert.deepEqual(y.slice([[299_999, 300_001]]), [
      ["", 299_998n],
      ["", 299_999n],
    ]);
    await withMount(file, { transport: "kernel" }, ({ dir }) => {
      assert.equal(fs.readFileSync(join(dir, "x.csv"), "latin1"), `${text}no row\n`);
      assert.equal(fs.readFileSync(join(dir, "y.csv"), "latin1"), text);
    });
  });

  it("are waited for by who asks for parts and other views of them", async () => {
    const many = `n\n${Array.from({ length: 100_000 }, (_, i) => `${i}\n`).join("")}`;
    await written([], async ({ dir }) => {
      fs.writeFileSync(join(dir, "small.csv"), CSV);
      fs.writeFileSync(join(dir, "large.csv"), many);
      assert.equal(fs.readFileSync(join(dir, ".h5fs/small[1].csv"), "utf8"), "n,text,x\n2,two,2.25\n");
      const part = fs.promises.readFile(join(dir, ".h5fs/large[7:9].csv"), "utf8");
      // Nobody else waits for that.
      fs.mkdirSync(join(dir, "folder"));
      assert.equal(await part, "n\n7\n8\n");
      assert.equal(fs.existsSync(join(dir, ".h5fs/smaller.csv")), false);
    });
  });

  it("keep a name that looks escaped when they become files again", async () => {
    const names: string[][] = [];
    await written([], async ({ dir }) => {
      fs.writeFileSync(join(dir, "x.csv"), CSV);
      await settled(join(dir, "x.csv"));
      fs.renameSync(join(dir, "x.csv"), join(dir, "100%25.csv"));
      fs.appendFileSync(join(dir, "100%25.csv"), "no row\n");
      names.push(fs.readdirSync(dir));
      assert.equal(fs.readFileSync(join(dir, "100%25.csv"), "utf8"), `${CSV}no row\n`);
    });
    await withMount(file, { transport: "kernel", options: ["mode=r+"] }, ({ dir }) => {
      names.push(fs.readdirSync(dir));
    });
    assert.deepEqual(names, [["100%25.csv"], ["100%25.csv"]]);
  });

  it("are turned before the mount ends", async () => {
    await written([], async ({ dir }) => fs.writeFileSync(join(dir, "late.csv"), CSV));
    assert.equal(dataset("late").shape?.[0], 2);
  });

  it("are written in chunks where they are large, a slice at a time, and become files again when they are cut", async () => {
    const values = Float64Array.from({ length: 2 ** 21 }, (_, i) => i);
    const bytes = npy(values, [2 ** 11, 2 ** 10]);
    await written([], async ({ dir }) => {
      const path = join(dir, "large.npy");
      fs.writeFileSync(path, bytes);
      await settled(path);
      assert.equal(fact(path, "dtype"), "float64");
      assert.ok(fs.readFileSync(path).equals(bytes));
      // In its place, as an element.
      const fd = fs.openSync(path, "r+");
      fs.writeSync(fd, Float64Array.of(-1), 0, 8, 128 + 8 * 1000);
      fs.closeSync(fd);
      assert.equal(fact(path, "dtype"), "float64");
      bytes.writeDoubleLE(-1, 128 + 8 * 1000);
      assert.ok(fs.readFileSync(path).equals(bytes));
      fs.truncateSync(path, bytes.length - 1);
      assert.equal(fact(path, "dtype"), "uint8");
      assert.ok(fs.readFileSync(path).equals(bytes.subarray(0, -1)));
      fs.appendFileSync(path, bytes.subarray(-1));
      await settled(path);
      assert.ok(fs.readFileSync(path).equals(bytes));
    });
    const { value } = dataset("large");
    assert.ok(value instanceof Float64Array);
    assert.equal(value[1000], -1);
  });

  it("give their short name to what is called so", async () => {
    await written([], async ({ dir }) => {
      const names = ["x.csv", "x.npy", "x", "x.d"];
      fs.writeFileSync(join(dir, "x.csv"), CSV);
      fs.writeFileSync(join(dir, "x.npy"), npy(Float64Array.of(1, 2), [2]));
      for (const name of ["x.csv", "x.npy"]) await settled(join(dir, name));
      fs.writeFileSync(join(dir, "x"), "plain");
      fs.mkdirSync(join(dir, "x.d"));
      assert.deepEqual(fs.readdirSync(dir).sort(), [...names].sort());
      assert.equal(fs.readFileSync(join(dir, "x.csv"), "utf8"), CSV);
      assert.equal(fs.readFileSync(join(dir, "x"), "utf8"), "plain");
      fs.appendFileSync(join(dir, "x.csv"), "3,three,3.00\n");
      assert.equal(fs.readFileSync(join(dir, "x.csv"), "utf8"), `${CSV}3,three,3.00\n`);
    });
    assert.equal(dataset("x.csv").shape?.[0], 3);
    assert.deepEqual(dataset("x.npy").value, Float64Array.of(1, 2));
  });

  it("have any name, and other datasets any second one, with the same bytes", async () => {
    const made = new h5wasm.File(file, "w");
    made.create_dataset({ name: "real", data: Int32Array.of(1, 2, 3) });
    made.close();
    await written([], async ({ dir }) => {
      const bytes = fs.readFileSync(join(dir, "real.npy"));
      assert.throws(() => fs.renameSync(join(dir, "real.npy"), join(dir, "real.npy~")), { code: "EINVAL" });
      fs.linkSync(join(dir, "real.npy"), join(dir, "second"));
      assert.ok(fs.readFileSync(join(dir, "second")).equals(bytes));
      fs.renameSync(join(dir, "second"), join(dir, "third"));
      assert.ok(fs.readFileSync(join(dir, "third")).equals(bytes));
      assert.equal(fs.statSync(join(dir, "third")).nlink, 2);
      fs.writeFileSync(join(dir, "x.csv"), CSV);
      await settled(join(dir, "x.csv"));
      fs.renameSync(join(dir, "x.csv"), join(dir, "x.csv.bak"));
      assert.equal(fact(join(dir, "x.csv.bak"), "path"), "/x.csv.bak");
      assert.equal(fs.readFileSync(join(dir, "x.csv.bak"), "utf8"), CSV);
      assert.deepEqual(fs.readdirSync(dir).sort(), ["real.npy", "third", "x.csv.bak"]);
    });
    await withMount(file, { transport: "kernel" }, ({ dir }) => {
      assert.deepEqual(fs.readdirSync(dir).sort(), ["real.npy", "third", "x.csv.bak"]);
      assert.equal(fs.readFileSync(join(dir, "x.csv.bak"), "utf8"), CSV);
    });
    assert.deepEqual(dataset("third").value, Int32Array.of(1, 2, 3));
  });

  it("keep the name that they were listed under, however they grow", async () => {
    const made = new h5wasm.File(file, "w");
    made.close();
    const csv = join(directory, "table.csv");
    fs.writeFileSync(csv, `a,b\n${"1,2\n".repeat(60_000)}`);
    await output(process.execPath, [H5FS, "cp", csv, `${file}:/`]);
    await written([], async ({ dir }) => {
      assert.deepEqual(fs.readdirSync(dir), ["table.csv"]);
      fs.appendFileSync(join(dir, "table.csv"), "3,4\n".repeat(20_000));
      assert.deepEqual(fs.readdirSync(dir), ["table.csv"]);
      assert.equal(fact(join(dir, "table.csv"), "shape"), "(80000,)");
    });
  });
});
