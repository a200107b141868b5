import assert from "node:assert/strict";
import { join } from "node:path";
import h5wasm from "h5wasm/node";
import { changeShape, type NewShape } from "../../src/object/change-shape.ts";
import { datasetAt } from "../../src/object/dataset-at.ts";
import { floatType } from "../../src/object/datatypes.ts";
import { EditableFile } from "../../src/object/editable-file.ts";
import { LIBRARY_VERSIONS } from "../../src/object/new-file.ts";
import { WritableFile } from "../../src/object/writable-file.ts";
import { writeSelection } from "../../src/object/write-dataset.ts";
import { assertSoundAt } from "../support/sound.ts";
import { withTempDir } from "../support/temp-dir.ts";

/** 3 rows of 4, and how they are stored. */
const LAYOUTS = {
  compact: { layout: "compact" },
  contiguous: {},
  chunked: { chunks: [2, 3], fillValue: 7 },
  filtered: { chunks: [2, 3], filters: ["shuffle", "gzip"] },
  growing: { chunks: [2, 3], maxShape: [null, 4] },
} as const;

const VALUES = Int32Array.from({ length: 12 }, (_, i) => i + 1);

describe("a dataset that is given a shape that it cannot be resized to", () => {
  before(() => h5wasm.ready);

  for (const libver of LIBRARY_VERSIONS) {
    for (const [name, options] of Object.entries(LAYOUTS)) {
      it(`keeps what is in both shapes, its attributes and how it is stored: ${libver}, ${name}`, () =>
        withTempDir(async (directory) => {
          const path = join(directory, "file.h5");
          const made = EditableFile.open(path, { mode: "x", libver });
          made.createDataset("/x", { data: VALUES, shape: [3, 4], ...options }).attributes.set("unit", "m");
          made.close();
          change(path, { dims: [5, 6], isKept: true });
          const fill = name === "chunked" ? 7 : 0;
          const kept = [1, 2, 3, 4, fill, fill, 5, 6, 7, 8, fill, fill, 9, 10, 11, 12, fill, fill];
          const { values, metadata, unit } = read(path);
          assert.deepEqual(values, [...kept, ...new Array<number>(12).fill(fill)]);
          assert.deepEqual(metadata.shape, [5, 6]);
          assert.deepEqual(metadata.maxshape, name === "growing" ? [2 ** 64, 6] : [5, 6]);
          assert.deepEqual(metadata.chunks, "chunks" in options ? [2, 3] : null);
          assert.equal(unit, "m");
          change(path, { dims: [7], isKept: true });
          assert.deepEqual(read(path).values, new Array<number>(7).fill(fill));
          change(path, { dims: [], datatype: floatType(8, "little"), isKept: false }, Float64Array.of(2.5));
          const scalar = read(path);
          assert.deepEqual([scalar.values, scalar.metadata.shape, scalar.unit], [2.5, [], "m"]);
          change(path, { dims: [2, 2], isKept: false }, Float64Array.of(1, 2, 3, 4));
          assert.deepEqual(read(path).values, [1, 2, 3, 4]);
          assertSoundAt(path);
        }));
    }
  }

  it("keeps strings of any length", () =>
    withTempDir(async (directory) => {
      const path = join(directory, "file.h5");
      const made = new h5wasm.File(path, "w");
      made.create_dataset({ name: "x", data: ["one", "two", "three"] });
      made.close();
      change(path, { dims: [4], isKept: true });
      assert.deepEqual(read(path).values, ["one", "two", "three", ""]);
      change(path, { dims: [2], isKept: true });
      assert.deepEqual(read(path).values, ["one", "two"]);
      assertSoundAt(path);
    }));
});

function change(path: string, shape: NewShape, values?: Float64Array): void {
  const file = WritableFile.open(path);
  file.transaction((transaction) => {
    const object = transaction.file.root.link("x");
    assert.ok(object?.kind === "hard");
    changeShape(transaction, datasetAt(transaction.file, object.address), shape);
    if (values === undefined) return;
    const bytes = new Uint8Array(values.buffer);
    const selectors = shape.dims.map((count) => ({ kind: "range", start: 0, step: 1, count }) as const);
    writeSelection(transaction, object.address, { selectors, runs: [{ offset: 0, length: 8 }] }, bytes);
  });
  file.close();
}

function read(path: string) {
  const file = new h5wasm.File(path, "r");
  const dataset = file.get("x");
  assert.ok(dataset instanceof h5wasm.Dataset);
  const { value, metadata } = dataset;
  const values = ArrayBuffer.isView(value) ? Array.from(value as Int32Array) : value;
  const unit = dataset.attrs.unit?.value;
  file.close();
  return { values, metadata, unit };
}
