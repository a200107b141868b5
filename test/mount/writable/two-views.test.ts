import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import h5wasm from "h5wasm/node";
import { eventually } from "../../support/eventually.ts";
import { fact } from "../../support/extended-attributes.ts";
import type { Mount } from "../../support/mount.ts";
import { needMount } from "../../support/need-mount.ts";
import { withTempDir } from "../../support/temp-dir.ts";
import { withWritableMount } from "../../support/writable-mount.ts";

const HEADER = 128;

/** Node.js has no name for it. */
const ESTALE = { errno: -116 };

describe("a dataset that is written through two views at once", function () {
  this.timeout(60_000);

  before(async function () {
    needMount(this, "kernel");
    await h5wasm.ready;
  });

  /** `x`, 0 to 9, and `words`, mounted to be written; then it is sound. @returns what libhdf5 reads */
  async function written(
    use: (mount: Mount, at: (name: string) => string) => Promise<void> | void,
  ): Promise<unknown[]> {
    return await withTempDir(async (directory) => {
      const file = join(directory, "file.h5");
      const made = new h5wasm.File(file, "w");
      const data = Int32Array.from({ length: 10 }, (_, i) => i);
      made.create_dataset({ name: "x", data, shape: [10], maxshape: [null], chunks: [4] });
      const large = Int32Array.from({ length: 40_000 }, (_, i) => i + 1);
      made.create_dataset({ name: "large", data: large, shape: [40_000], maxshape: [null], chunks: [10_000] });
      made.create_dataset({ name: "words", data: ["one", "two"] });
      made.close();
      await withWritableMount(file, { transport: "kernel", options: ["mode=r+"] }, (mount) =>
        use(mount, (name) => join(mount.dir, name)),
      );
      const read = new h5wasm.File(file, "r");
      const values = ["x", "words"].map((name) => {
        const dataset = read.get(name);
        assert.ok(dataset instanceof h5wasm.Dataset);
        return dataset.to_array();
      });
      read.close();
      return values;
    });
  }

  /** Opens a file, and writes at an offset. */
  function begin(path: string, text: string | Uint8Array, offset: number): number {
    const fd = fs.openSync(path, "r+");
    const bytes = Buffer.from(text);
    fs.writeSync(fd, bytes, 0, bytes.length, offset);
    return fd;
  }

  it("has what each has changed", async () => {
    const [x, words] = await written((_, at) => {
      const npy = begin(at("x.npy"), new Uint8Array(Int32Array.of(70).buffer), HEADER + 7 * 4);
      const csv = begin(at(".h5fs/x.csv"), "1", 2);
      const bin = begin(at(".h5fs/x.bin"), new Uint8Array(Int32Array.of(90).buffer), 9 * 4);
      for (const fd of [csv, npy, bin]) fs.closeSync(fd);
      // Rows that are added by one, and a row that another has changed.
      const more = fs.openSync(at(".h5fs/x.csv"), "a");
      fs.writeSync(more, "10\n");
      fs.closeSync(begin(at("x.npy"), new Uint8Array(Int32Array.of(30).buffer), HEADER + 3 * 4));
      fs.closeSync(more);
      fs.writeFileSync(at(".h5fs/words.json"), '["six","two"]\n');
    });
    assert.deepEqual(x, [1, 1, 2, 30, 4, 5, 6, 70, 8, 90, 10]);
    assert.deepEqual(words, ["six", "two"]);
  });

  it("refuses to whom a row of theirs was changed, keeps what they wrote, and says so", async () => {
    const [x] = await written(async (mount, at) => {
      const csv = begin(at(".h5fs/x.csv"), "9", 2);
      fs.closeSync(begin(at("x.npy"), new Uint8Array(Int32Array.of(50, 60).buffer), HEADER));
      assert.throws(() => fs.closeSync(csv), ESTALE);
      assert.match(fs.readFileSync(at("x.csv.rej"), "utf8"), /^x\n9\n1\n/);
      assert.match(fact(at("x.npy"), "problem"), /is kept as \/x\.csv\.rej/);
      await eventually("the log says where it is", () => mount.log().includes(".rej"));
      assert.match(
        mount.log(),
        /x\.csv: what was written last is kept as \/x\.csv\.rej: element 0 was changed through another view/,
      );
      assert.match(fs.readFileSync(at(".h5fs/x.csv"), "utf8"), /^x\n50\n60\n2\n/);
      // The same elements, the same value: there is nothing to be told.
      const bin = begin(at(".h5fs/x.bin"), new Uint8Array(Int32Array.of(77).buffer), 0);
      fs.closeSync(begin(at("x.npy"), new Uint8Array(Int32Array.of(77).buffer), HEADER));
      fs.closeSync(bin);
      assert.throws(() => fact(at("x.npy"), "problem"), { code: "ENODATA" });
    });
    assert.deepEqual(x, [77, 60, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("refuses to whom the dataset was given another shape, or strings were changed", async () => {
    const [x, words] = await written((_, at) => {
      const npy = begin(at("x.npy"), new Uint8Array(Int32Array.of(5).buffer), HEADER);
      fs.appendFileSync(at(".h5fs/x.csv"), "10\n");
      assert.throws(() => fs.closeSync(npy), ESTALE);
      const csv = begin(at(".h5fs/x.csv"), "5", 2);
      fs.truncateSync(at(".h5fs/x.bin"), 4 * 4);
      assert.throws(() => fs.closeSync(csv), ESTALE);
      const shorter = begin(at("large.npy"), new Uint8Array(Int32Array.of(5).buffer), HEADER);
      fs.truncateSync(at(".h5fs/large.bin"), 2 * 4);
      // As long as it is open it has the size that it had; what is no more reads as zeros.
      const bytes = Buffer.alloc(8, 1);
      assert.equal(fs.readSync(shorter, bytes, 0, 8, HEADER + 39_998 * 4), 8);
      assert.deepEqual(bytes, Buffer.alloc(8));
      assert.throws(() => fs.closeSync(shorter), ESTALE);
      const [listed] = fs.readdirSync(at(".")).filter((name) => name.startsWith("words"));
      const text = begin(at(listed ?? ""), "ONE", 0);
      fs.writeFileSync(at(".h5fs/words.json"), '["1","2"]\n');
      assert.throws(() => fs.closeSync(text), ESTALE);
    });
    assert.deepEqual(x, [0, 1, 2, 3]);
    assert.deepEqual(words, ["1", "2"]);
  });
});
