import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import h5wasm from "h5wasm/node";
import { floatType, integerType } from "../../../src/object/datatypes.ts";
import { encodeNpyHeader } from "../../../src/view/npy.ts";
import { fact } from "../../support/extended-attributes.ts";
import { needMount } from "../../support/need-mount.ts";
import { output } from "../../support/run.ts";
import { assertSoundAt } from "../../support/sound.ts";
import { removeTempDir, tempDir } from "../../support/temp-dir.ts";
import { withWritableMount } from "../../support/writable-mount.ts";

describe("a dataset that cannot grow, and is written as a whole", function () {
  this.timeout(60_000);
  let directory: string;

  before(async function () {
    needMount(this, "kernel");
    await h5wasm.ready;
    directory = tempDir();
  });

  after(() => {
    if (directory !== undefined) removeTempDir(directory);
  });

  it("takes the shape and type of what is written, and keeps its attributes", async () => {
    const path = join(directory, "file.h5");
    const made = new h5wasm.File(path, "w");
    const grid = made.create_dataset({
      name: "grid",
      data: Int32Array.from({ length: 24 }, (_, i) => i),
      shape: [4, 6],
    });
    grid.create_attribute("unit", "m");
    made.create_dataset({ name: "scalar", data: 2.5, shape: [] });
    made.create_dataset({ name: "packed", data: new Int32Array(10), shape: [10], chunks: [10], compression: 4 });
    made.create_dataset({ name: "words", data: ["a", "bb", "c"] });
    made.create_dataset({ name: "scale", data: Int32Array.of(1, 2), shape: [2] }).create_attribute("REFERENCE_LIST", 1);
    made
      .create_dataset({ name: "long", data: new Float32Array(400_000), shape: [400_000] })
      .create_attribute("REFERENCE_LIST", 1);
    made.close();
    await withWritableMount(path, { transport: "kernel", options: ["mode=r+"] }, async ({ dir }) => {
      const at = (name: string): string => join(dir, name);
      const array = npy(floatType(4, "little"), [3], Float32Array.of(1.5, -2, 3));
      for (const name of ["grid.npy", "scalar.npy", "packed.npy"]) {
        fs.writeFileSync(at(name), array);
        assert.ok(fs.readFileSync(at(name)).equals(array), name);
      }
      // Of the same shape it may be, whoever relies on that; so many bytes get new space.
      const long = npy(floatType(4, "little"), [400_000], new Float32Array(400_000).fill(1.5));
      fs.writeFileSync(at("long.npy"), long);
      assert.ok(fs.readFileSync(at("long.npy")).equals(long));
      // A row less, by a file that is renamed over it, then two more in pieces, each of them closed.
      await output("sed", ["-i", "2d", "words.txt"], { cwd: dir });
      assert.equal(fs.readFileSync(at("words.txt"), "utf8"), "a\nc\n");
      await output("sh", ["-c", "(/bin/echo one; /bin/echo two; /bin/echo three; /bin/echo four) > words.txt"], {
        cwd: dir,
      });
      assert.equal(fs.readFileSync(at("words.txt"), "utf8"), "one\ntwo\nthree\nfour\n");
      // What is not the whole of it is none of these.
      assert.throws(() => fs.appendFileSync(at("words.txt"), "five\n"), { code: "EFBIG" });
      assert.throws(() => fs.truncateSync(at("grid.npy"), 100), { code: "EINVAL" });
      // Others rely on a dimension scale's length.
      assert.throws(() => fs.writeFileSync(at("scale.npy"), array), { code: "EINVAL" });
      assert.match(fact(at("scale.npy"), "problem"), /other datasets share its dimensions \(REFERENCE_LIST\)/);
      fs.writeFileSync(at("junk"), "no array");
      fs.renameSync(at("junk"), at("scale.npy"));
      assert.match(fact(at("scale.npy"), "problem"), /a file beside the dataset that it was renamed over: npy header/);
      fs.rmSync(at("scale.npy"));
      // Fortran's order: the first index varies fastest.
      const header = Buffer.from(encodeNpyHeader(integerType(4, true, "little"), [2, 3]));
      const columns = Buffer.concat([
        Buffer.from(header.toString("latin1").replace("'fortran_order': False", "'fortran_order': True "), "latin1"),
        Buffer.from(Int32Array.of(1, 4, 2, 5, 3, 6).buffer),
      ]);
      fs.writeFileSync(at("grid.npy"), columns);
      const rows = npy(integerType(4, true, "little"), [2, 3], Int32Array.of(1, 2, 3, 4, 5, 6));
      assert.ok(fs.readFileSync(at("grid.npy")).equals(rows));
    });
    const read = new h5wasm.File(path, "r");
    const dataset = (name: string) => {
      const found = read.get(name);
      assert.ok(found instanceof h5wasm.Dataset, name);
      return found;
    };
    assert.deepEqual(dataset("grid").to_array(), [
      [1, 2, 3],
      [4, 5, 6],
    ]);
    assert.equal(dataset("grid").attrs.unit?.value, "m");
    for (const name of ["scalar", "packed"]) {
      assert.deepEqual([dataset(name).dtype, dataset(name).to_array()], ["<f", [1.5, -2, 3]], name);
    }
    assert.deepEqual(
      dataset("packed").filters.map(({ id }) => id),
      [1],
    );
    assert.deepEqual(dataset("words").to_array(), ["one", "two", "three", "four"]);
    assert.deepEqual(dataset("scale").to_array(), [1, 2]);
    assert.deepEqual(dataset("long").value, new Float32Array(400_000).fill(1.5));
    read.close();
    assertSoundAt(path);
  });
});

function npy(
  datatype: Parameters<typeof encodeNpyHeader>[0],
  dims: readonly number[],
  values: Float32Array | Int32Array,
): Buffer {
  return Buffer.concat([encodeNpyHeader(datatype, dims), Buffer.from(values.buffer)]);
}
