import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { EditableFile } from "../../src/object/editable-file.ts";
import { H5File } from "../../src/object/file.ts";
import { LIBRARY_VERSIONS } from "../../src/object/new-file.ts";
import { repackFile } from "../../src/object/repack.ts";
import { notRun } from "../support/not-run.ts";
import { projectRoot } from "../support/project.ts";
import { python } from "../support/python.ts";
import { output, run } from "../support/run.ts";
import { assertSound } from "../support/sound.ts";
import { withTempDir } from "../support/temp-dir.ts";

/** Debian's, with HDF5 1.10. */
const SYSTEM_PYTHON = "/usr/bin/python3";

const SCRIPT = join(projectRoot(), "test/oracles/library/read.py");

function make(file: EditableFile): void {
  const x = file.createDataset("/x", {
    dtype: "float32",
    shape: [0, 3],
    maxShape: [null, 3],
    filters: ["shuffle", { gzip: 6 }, "fletcher32"],
    fillValue: -1,
  });
  x.append([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  x.append(Float32Array.of(7, 8, 9));
  x.resize([4, 3]);
  x.write([1, { start: 0, stop: 3, step: 2 }], [40, 60]);
  x.attributes.set("units", "m");
  x.attributes.set("scale", [1.5, 2]);
  x.attributes.set("flag", true);
  file.createDataset("/words", { data: ["a", "bé", ""] });
  file.createDataset("/scalar", { data: 42 });
  file.createDataset("/fixed", { dtype: "S4", data: ["abc", "d"] });
  file.createDataset("/table", {
    dtype: [
      ["id", "i4"],
      ["name", { string: 8 }],
      ["pos", "f8", [3]],
    ],
    data: [
      { id: 1, name: "x", pos: [1, 2, 3] },
      { id: 2, name: "yé", pos: [4, 5, 6] },
    ],
  });
  file.createDataset("/bools", {
    data: [
      [true, false],
      [false, true],
    ],
  });
  file.createDataset("/vlen", { dtype: { vlen: "i2" }, data: [[1, 2], [], [3]] });
  file.createDataset("/enum", { dtype: { enum: { RED: 0, GREEN: 1 } }, data: [1, 0] });
  file.createDataset("/complex", { dtype: "complex128", data: [{ r: 1, i: 2 }] });
  const numbers = Float64Array.of(1.9, -1.9, -0.5, 32767.9, -32768.5, 0.1, 16777217);
  for (const dtype of ["int16", "float32", "float64"]) {
    file.createDataset(`/converted-${dtype}`, { dtype, data: numbers.subarray(0, dtype === "int16" ? 6 : 7) });
  }
  file.createDataset("/converted-int64", { dtype: "float32", data: BigInt64Array.of(2n ** 62n + 1n, -16777217n) });
  const stored = file.createDataset("/stored", { data: Float64Array.from({ length: 1000 }, (_, i) => i) });
  stored.store({ chunks: [100], filters: ["shuffle", { gzip: 9 }] });
}

function makeReference(file: EditableFile): void {
  file.createGroup("/tree");
  file.link("/x", "/tree/x");
  file.attributes("/tree").set("first", "/tree/x", { dtype: "reference" });
  file.copy("/tree", "/copy");
  const fields = [
    ["id", "i4"],
    ["two", "reference", [2]],
  ] as const;
  file.createDataset("/references", {
    dtype: fields,
    data: [
      { id: 1, two: ["/tree", null] },
      { id: 2, two: ["/", "/words"] },
    ],
  });
  file
    .attributes("/copy/x")
    .set("DIMENSION_LIST", [["/scalar"], ["/words", "/fixed"]], { dtype: { vlen: "reference" } });
  const regions = ["/x[1:3,0:2]", "/x[3,2]+[0,1]", "/x[0:1,0:1]+[2:3,1:3]", "/x", "/x[]"];
  file.createDataset("/regions", { dtype: { class: "reference", kind: "region", size: 12 }, data: regions });
  const standard = ["/tree", ...regions, '/x.attrs["units"]', null];
  file.createDataset("/standard", { dtype: { class: "reference", kind: "object2", size: 18 }, data: standard });
}

function makePyTables(file: EditableFile): void {
  file.createGroup("/pt", { as: "Group", title: "a group", filters: ["shuffle", { gzip: 5 }] });
  const array = [
    [1, 2, 3],
    [4, 5, 6],
  ];
  file.createDataset("/pt/array", { as: "Array", title: "arr", data: array });
  file.createDataset("/pt/bools", { as: "Array", data: [true, false] });
  file.createDataset("/pt/carray", { as: "CArray", dtype: "float64", shape: [10, 20], fillValue: 1.5 });
  file.createDataset("/pt/earray", { as: "EArray", dtype: "int32", shape: [0, 3] }).append([[1, 2, 3]]);
  file.createDataset("/pt/vl", { as: "VLArray", dtype: "int32", shape: [0] }).append([[1, 2, 3], [4]]);
  const table = file.createDataset("/pt/table", {
    as: "Table",
    dtype: [
      ["a", "i4"],
      ["b", "S8"],
      ["c", "bool"],
      ["d", "f8", [2]],
      ["e", "complex128"],
      [
        "nest",
        [
          ["x", "f4"],
          ["y", "u1"],
        ],
      ],
    ],
    shape: [0],
    fillValue: { a: 7, b: "", c: false, d: [0, 0], e: { r: 0, i: 0 }, nest: { x: 0, y: 0 } },
  });
  table.append([{ a: 1, b: "hey", c: true, d: [1, 2], e: { r: 1, i: -1 }, nest: { x: 2.5, y: 9 } }]);
}

/** Each compression that PyTables' FILTERS can name, from the group and on the leaf. */
function makeCompressed(file: EditableFile): void {
  const data = Int32Array.from({ length: 50_000 }, (_, i) => (i * i) % 1000);
  for (const filter of [{ lzo: 1 }, { bzip2: 9 }, { blosc: 5 }] as const) {
    const group = `/pt-${Object.keys(filter)[0]}`;
    file.createGroup(group, { as: "Group", filters: ["fletcher32", "shuffle", filter] });
    file.createDataset(`${group}/carray`, { as: "CArray", data, dtype: "int32" });
    file.createDataset(`${group}/earray`, { as: "EArray", dtype: "float64", shape: [0] }).append([0.5, 1.5]);
  }
  file.createDataset("/lzf", { data, filters: ["shuffle", "lzf"] });
}

describe("files that the library makes, read and gone on with by h5py and PyTables", () => {
  for (const libver of LIBRARY_VERSIONS) {
    for (const which of ["h5py 3.16 and PyTables 3.11", "Debian's with HDF5 1.10"]) {
      it(`${libver}: ${which}`, async function () {
        const isDebian = which.startsWith("Debian");
        const program = isDebian ? SYSTEM_PYTHON : python();
        if (program === undefined || !existsSync(program)) notRun(this, `no Python for ${which}`);
        if (isDebian && (await run(program, ["-c", "import h5py, tables"])).status !== 0) {
          notRun(this, "no python3-h5py and python3-tables", "excused");
        }
        await withTempDir(async (directory) => {
          const path = join(directory, "made.h5");
          const file = EditableFile.open(path, { mode: "x", libver });
          make(file);
          makeReference(file);
          makePyTables(file);
          makeCompressed(file);
          file.close();
          repackFile(path);
          await output(program, [SCRIPT, path, libver]);

          const again = EditableFile.open(path);
          again
            .dataset("/pt/table")
            .write([0], { a: 5, b: "", c: false, d: [0, 0], e: { r: 0, i: 0 }, nest: { x: 0, y: 0 } });
          again.delete("/more");
          again.close();
          const read = H5File.open(path);
          assertSound(read);
          assert.equal(read.resolve("/x").kind, "dataset");
          read.close();
        });
      });
    }
  }
});
