import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import h5wasm from "h5wasm/node";
import { errnoName } from "../../support/errno-name.ts";
import { fact } from "../../support/extended-attributes.ts";
import { needMount } from "../../support/need-mount.ts";
import { removeTempDir, tempDir } from "../../support/temp-dir.ts";
import { withWritableMount } from "../../support/writable-mount.ts";

/** Strings of so many bytes, and so many of them that their text is not made as a whole. */
const SIZE = 1024;
const COUNT = 17_000;

describe("a text of more data than are kept in memory", function () {
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

  const textOf = (values: readonly string[]): string => ["x", ...values, ""].join("\n");

  function makeStrings(values: readonly string[]): void {
    const made = new h5wasm.File(file, "w");
    // h5wasm makes strings that are padded with blanks, and leaves that to its caller.
    const data = values.map((value) => value.padEnd(SIZE));
    const x = made.create_dataset({
      name: "x",
      data,
      dtype: `S${SIZE}`,
      chunks: [500],
      compression: 1,
      maxshape: [null],
    });
    x.create_attribute("units", "words");
    made.close();
  }

  function dataset(name: string): InstanceType<typeof h5wasm.Dataset> {
    const found = new h5wasm.File(file, "r").get(name);
    assert.ok(found instanceof h5wasm.Dataset, name);
    return found;
  }

  it("is edited by rows: some more, some others, all anew; what is wrong changes nothing, and is kept", async () => {
    const values = Array.from({ length: COUNT }, (_, i) => `row ${i}`);
    makeStrings(values);
    await withWritableMount(file, { transport: "kernel", options: ["mode=r+", "views=csv"] }, ({ dir }) => {
      const csv = join(dir, "x.csv");
      const isNow = (what: string): void => {
        assert.equal(fs.statSync(csv).size, textOf(values).length, what);
        assert.equal(fs.readFileSync(csv, "latin1"), textOf(values), what);
      };
      const inode = fs.statSync(csv).ino;
      for (const more of [["one more"], ["two", "", "three, and four"]]) {
        fs.appendFileSync(
          csv,
          more.map((value) => `${value === "" || value.includes(",") ? `"${value}"` : value}\n`).join(""),
        );
        values.push(...more);
        assert.equal(fs.readFileSync(csv, "latin1").split("\n").length, values.length + 2);
      }
      values.splice(-2, 2, '""', '"three, and four"');
      isNow("after rows were added");
      assert.equal(
        errnoName(() => fs.appendFileSync(csv, `${"long".repeat(SIZE)}\n`)),
        "EINVAL",
      );
      isNow("after a row that is too long");
      assert.equal(fs.readFileSync(join(dir, "x.csv.rej"), "latin1"), `${"long".repeat(SIZE)}\n`);
      assert.equal(
        errnoName(() => fs.writeFileSync(csv, "y\na\n")),
        "EINVAL",
      );
      isNow("after a text with another header");
      assert.equal(
        errnoName(() => writeAt(csv, 100, "z")),
        "ENOTSUP",
      );
      isNow("after a letter in the middle");
      // As `sed -i` does it.
      values[COUNT / 2] = "another";
      values.pop();
      fs.writeFileSync(join(dir, "sedAbc"), textOf(values));
      fs.renameSync(join(dir, "sedAbc"), csv);
      isNow("after another text was renamed over it");
      fs.writeFileSync(join(dir, "sedAbc"), `${textOf(values)}"needless quotes"\n`);
      fs.renameSync(join(dir, "sedAbc"), join(dir, "x.csv"));
      assert.equal(fs.readFileSync(csv, "latin1"), `${textOf(values)}"needless quotes"\n`);
      fs.rmSync(csv);
      assert.equal(fs.statSync(csv).ino, inode);
      values.splice(1, 1);
      values[7] = "changed";
      fs.writeFileSync(csv, textOf(values));
      isNow("after it was written anew");
    });
    const x = dataset("x");
    const text = (i: number): string => String(x.slice([[i, i + 1]])).trimEnd();
    assert.deepEqual(x.shape, [values.length]);
    assert.deepEqual([0, 1, 7, values.length - 1].map(text), ["row 0", "row 2", "changed", ""]);
    assert.equal(x.attrs.units?.value, "words");
    assert.deepEqual(
      x.filters.map(({ id }) => id),
      [1],
    );
  });

  it("that was made from a file grows by rows, and is the file that was written whatever comes after them", async () => {
    const rows = (from: number, to: number): string =>
      Array.from({ length: to - from }, (_, i) => `${from + i},\n`).join("");
    let text = `n,s\n0,${"x".repeat(64)}\n${rows(1, 300_000)}`;
    await withWritableMount(file, { transport: "kernel", options: ["mode=a"] }, async ({ dir }) => {
      const csv = join(dir, "x.csv");
      const isNow = (what: string): void => {
        assert.equal(fs.statSync(csv).size, text.length, what);
        assert.equal(fs.readFileSync(csv, "latin1"), text, what);
      };
      fs.writeFileSync(csv, text);
      while (fact(csv, "dtype") === "uint8") await sleep(50);
      const handle = fs.openSync(csv, "a+");
      fs.writeSync(handle, rows(300_000, 300_002));
      text += rows(300_000, 300_002);
      fs.closeSync(handle);
      assert.equal(fact(csv, "shape"), "(300002,)");
      isNow("after rows were added");
      const again = fs.openSync(csv, "a+");
      fs.writeSync(again, "half a");
      text += "half a";
      assert.equal(fs.fstatSync(again).size, text.length);
      const end = Buffer.alloc(20);
      assert.equal(fs.readSync(again, end, 0, 20, text.length - 20), 20);
      assert.equal(end.toString("latin1"), text.slice(-20));
      fs.closeSync(again);
      isNow("after half a row was added");
      assert.equal(fact(csv, "dtype"), "uint8");
    });
  });
});

function writeAt(path: string, offset: number, text: string): void {
  const handle = fs.openSync(path, "r+");
  try {
    fs.writeSync(handle, text, offset);
  } finally {
    fs.closeSync(handle);
  }
}
