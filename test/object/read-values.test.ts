import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import h5wasm from "h5wasm/node";
import { Dataset } from "../../src/object/dataset.ts";
import { EditableFile } from "../../src/object/editable-file.ts";
import { H5File } from "../../src/object/file.ts";
import type { DimensionSelection } from "../../src/object/selection-spec.ts";
import { walkObjects } from "../../src/object/walk.ts";
import { seededRandom } from "../storage/journal/cell-file.ts";
import { assertRefused, ofKind } from "../support/error-kind.ts";
import { SAMPLE, writeSample } from "../support/h5wasm-file.ts";
import { hdf5Files, projectRoot } from "../support/project.ts";
import { withTempDir } from "../support/temp-dir.ts";

const DATA = join(projectRoot(), "test/data");

function datasetAt(file: H5File, path: string): Dataset {
  const object = file.resolve(path);
  assert.ok(object instanceof Dataset);
  return object;
}

/** Numbers as `readNested` has them. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  const isSafe = typeof value === "bigint" && Number.isSafeInteger(Number(value));
  return isSafe ? Number(value) : value;
}

describe("values that a dataset is read as", () => {
  it("are libhdf5's, in the fixtures", async () => {
    await h5wasm.ready;
    let compared = 0;
    const everything = hdf5Files(join(DATA, "engine")).filter((path) => path.includes("everything"));
    for (const path of [...everything, join(DATA, "indexes/small.h5")]) {
      const file = H5File.open(path);
      const library = new h5wasm.File(path, "r");
      for (const { address } of walkObjects(file.root)) {
        const dataset = file.object(address);
        if (!(dataset instanceof Dataset) || dataset.dims.length === 0) continue;
        if (dataset.elementCount === 0 || dataset.elementCount > 5000) continue;
        const { class: kind, size } = dataset.datatype;
        if (!(kind === "integer" ? [1, 2, 4, 8] : kind === "float" ? [4, 8] : []).includes(size)) continue;
        const theirs = library.get(dataset.path);
        if (!(theirs instanceof h5wasm.Dataset) || !ArrayBuffer.isView(theirs.value)) continue;
        const what = `${path}: ${dataset.path}`;
        assert.deepEqual(dataset.read(), theirs.value, what);
        assert.deepEqual(dataset.readNested(), plain(theirs.to_array()), what);
        compared++;
      }
      library.close();
      file.close();
    }
    assert.ok(compared > 100, `only ${compared} were compared`);
  });

  it("are those that are selected: indexes, slices, lists, points and masks", () =>
    withTempDir(async (directory) => {
      const file = H5File.open(await writeSample(directory));
      const matrix = datasetAt(file, "/group/matrix");
      const random = seededRandom(7);
      const pick = (n: number): number => Math.floor(random() * n);
      const choose = (dim: number): [spec: DimensionSelection, indexes: number[]] => {
        const start = pick(dim);
        const kind = pick(3);
        if (kind === 0) return [start - (pick(2) === 0 ? dim : 0), [start]];
        const [stop, step] = [start + pick(dim), 1 + pick(5)];
        const indexes = Array.from({ length: dim }, (_, i) => i);
        if (kind === 1) {
          return [{ start, stop, step }, indexes.filter((i) => i >= start && i < stop && (i - start) % step === 0)];
        }
        const list = Array.from({ length: pick(6) }, () => pick(dim));
        return [list, list];
      };
      for (let round = 0; round < 80; round++) {
        const [rowSpec, rows] = choose(30);
        const [columnSpec, columns] = choose(40);
        // One list in a selection, as h5py has it.
        if (Array.isArray(rowSpec) && Array.isArray(columnSpec)) continue;
        const flat = rows.flatMap((row) => columns.map((column) => SAMPLE.matrix[row * 40 + column] ?? 0));
        const isOne = typeof rowSpec === "number" && typeof columnSpec === "number";
        const expected = isOne ? flat[0] : Int32Array.from(flat);
        assert.deepEqual(matrix.read([rowSpec, columnSpec]), expected, JSON.stringify([rowSpec, columnSpec]));
      }
      assert.deepEqual(matrix.read([-1]), SAMPLE.matrix.slice(29 * 40));
      const points = [
        [29, 39],
        [0, 0],
        [0, 1],
        [7, 9],
        [0, 0],
      ];
      assert.deepEqual(
        matrix.read({ points }),
        Int32Array.from(points, ([y = 0, x = 0]) => SAMPLE.matrix[y * 40 + x] ?? 0),
      );
      const mask = Uint8Array.from({ length: 1200 }, () => pick(2));
      assert.deepEqual(
        matrix.read({ mask }),
        SAMPLE.matrix.filter((_, i) => mask[i] === 1),
      );
      assert.deepEqual(datasetAt(file, "/words").read([[2, 0]]), [SAMPLE.words[2], SAMPLE.words[0]]);
      assert.equal(datasetAt(file, "/scalar").read(), 42);
      assertRefused(() => matrix.read([30]), /the selection \[30\] is not inside the shape \(30, 40\)/);
      assertRefused(() => matrix.read({ points: [[0, 40]] }), /element -1 lies outside the dataset of 1200/);
      assertRefused(() => matrix.read("all", { member: "x" }), /its elements have no member "x"/);
      file.close();
    }));

  it("are what was written, of each type; numbers in typed arrays", () =>
    withTempDir((directory) => {
      const file = EditableFile.open(join(directory, "a.h5"), { mode: "w" });
      const cases = [
        [">i2", [1, -2], Int16Array.of(1, -2)],
        [">u8", [1n, 2n ** 64n - 1n], BigUint64Array.of(1n, 2n ** 64n - 1n)],
        [">f4", [0.5, Number.NaN], Float32Array.of(0.5, Number.NaN)],
        ["f2", [0.5, -65504], Float32Array.of(0.5, -65504)],
        ["bool", [true, false], [true, false]],
        [{ enum: { RED: 3, BLUE: -1 } }, ["RED", "BLUE"], Int8Array.of(3, -1)],
        ["S4", ["ab", ""], ["ab", ""]],
        ["string", ["ab", ""], ["ab", ""]],
        [{ vlen: "i2" }, [[1, 2], []], [[1, 2], []]],
        [
          { array: "u1", shape: [2] },
          [
            [1, 2],
            [3, 4],
          ],
          [
            [1, 2],
            [3, 4],
          ],
        ],
      ] as const;
      for (const [i, [dtype, data, expected]] of cases.entries()) {
        const dataset = file.createDataset(`/${i}`, { dtype, data });
        assert.deepEqual(dataset.read(), expected, JSON.stringify(dtype));
        // What was read can be written.
        const again = file.createDataset(`/again-${i}`, { dtype, shape: [2] });
        again.write("all", dataset.read());
        assert.deepEqual(again.read(), expected, JSON.stringify(dtype));
      }
      const table = file.createDataset("/table", {
        dtype: [
          ["id", "<i4"],
          [
            "at",
            [
              ["x", ">f8"],
              ["name", "S2"],
            ],
          ],
        ],
        data: [
          { id: 1, at: { x: 0.5, name: "a" } },
          { id: 2, at: { x: -1, name: "b" } },
        ],
        chunks: [1],
      });
      assert.deepEqual(table.read("all", { member: "at.x" }), Float64Array.of(0.5, -1));
      assert.deepEqual(table.read({ points: [[1]] }, { member: "id" }), Int32Array.of(2));
      assert.deepEqual(table.read([1], { member: "at.name" }), "b");
      assert.deepEqual(JSON.stringify(table.readNested([0])), '{"id":1,"at":{"x":0.5,"name":"a"}}');
      file.transaction(() => {
        table.write([0], { id: 9, at: { x: 8, name: "" } });
        assert.deepEqual(table.read("all", { member: "id" }), Int32Array.of(9, 2), "as the transaction left it");
      });
      file.close();
    }));

  it("are PyTables' times and booleans where PyTables wrote them", () => {
    const truth = JSON.parse(readFileSync(join(DATA, "pytables/meaning.json"), "utf8"));
    const file = H5File.open(join(DATA, "pytables/meaning.h5"));
    assert.deepEqual(datasetAt(file, "/time64").read(), Float64Array.from(truth.time64));
    assert.deepEqual(datasetAt(file, "/table").read("all", { member: "time" }), Float64Array.from(truth.table.time));
    file.close();
  });

  it("are refused where there is no memory for so many", () =>
    withTempDir((directory) => {
      const file = EditableFile.open(join(directory, "a.h5"), { mode: "w" });
      const dataset = file.createDataset("/x", { dtype: "f8", shape: [2 ** 45], chunks: [2 ** 16] });
      assert.throws(() => dataset.read(), ofKind("limit"));
      assert.deepEqual(dataset.read([2 ** 45 - 1]), 0);
      file.close();
    }));
});
