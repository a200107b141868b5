import assert from "node:assert/strict";
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import h5wasm from "h5wasm/node";
import { Dataset } from "../../src/object/dataset.ts";
import { vlenStringType } from "../../src/object/datatypes.ts";
import { EditableFile } from "../../src/object/editable-file.ts";
import { H5File } from "../../src/object/file.ts";
import { LIBRARY_VERSIONS } from "../../src/object/new-file.ts";
import { ofKind } from "../support/error-kind.ts";
import { projectRoot } from "../support/project.ts";
import { assertSound, assertSoundAt } from "../support/sound.ts";
import { withTempDir } from "../support/temp-dir.ts";

/** What h5wasm says of a dataset. */
async function values(path: string, name: string): Promise<unknown> {
  await h5wasm.ready;
  const file = new h5wasm.File(path, "r");
  try {
    const dataset = file.get(name);
    assert.ok(dataset instanceof h5wasm.Dataset, name);
    return dataset.to_array();
  } finally {
    file.close();
  }
}

describe("docs/library.md", () => {
  const page = readFileSync(join(projectRoot(), "docs/library.md"), "utf8");
  const examples = Array.from(page.matchAll(/^```js\n(.*?)^```$/gms), ([, code]) => code ?? "");

  it("has examples that do what it says", async () => {
    assert.ok(examples.length >= 6);
    await withTempDir(async (directory) => {
      const library = pathToFileURL(join(projectRoot(), "dist/src/index.js")).href;
      for (const [i, example] of examples.entries()) {
        const expected = Array.from(example.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm), ([, text]) => text);
        const code = example
          .replace('"h5fs"', JSON.stringify(library))
          .replace(/\(("[\w-]+\.h5")/g, (_, name) => `(${JSON.stringify(join(directory, JSON.parse(name)))}`)
          .replaceAll("console.log(", "told.push(");
        const path = join(directory, `${i}.mjs`);
        writeFileSync(path, `export const told = [];\n${code}`);
        const module = import(pathToFileURL(path).href);
        if (example.includes("// refused")) {
          await assert.rejects(module, ofKind("argument"));
          continue;
        }
        const { told } = await module;
        assert.deepEqual(
          told.map((value: unknown) => (typeof value === "string" ? value : inspect(value))),
          expected,
        );
      }
    });
  });
});

describe("datasets that the library makes", () => {
  for (const libver of LIBRARY_VERSIONS) {
    it(`are to libhdf5 what was written: ${libver}`, async () => {
      await withTempDir(async (directory) => {
        const path = join(directory, "a.h5");
        const file = EditableFile.open(path, { mode: "w", libver });
        const grown = file.createDataset("/grown", {
          dtype: "float32",
          shape: [0, 3],
          maxShape: [null, 3],
          filters: ["shuffle", { gzip: 6 }, "fletcher32"],
          fillValue: -1,
        });
        grown.append([
          [1, 2, 3],
          [4, 5, 6],
        ]);
        grown.append(Float32Array.of(7, 8, 9));
        grown.resize([4, 3]);
        grown.write([1, { start: 0, step: 2 }], [40, 60]);
        file.createDataset("/words", { data: ["a", "bé", ""] });
        file.createDataset("/fixed", { dtype: "S4", data: ["abc", "d"] });
        file.createDataset("/same", { dtype: ">i2", shape: [2, 2], data: -7 });
        const masked = file.createDataset("/masked", { dtype: "int32", shape: [5], data: 7 });
        masked.write({ mask: Uint8Array.of(1, 0, 1, 0, 0) }, [100, 200]);
        masked.write({ points: [[4]] }, [300]);
        file.createDataset("/table", {
          dtype: [
            ["id", "i4"],
            ["pos", "f8", [2]],
          ],
          data: [{ id: 1, pos: [1.5, 2] }],
        });
        file.close();
        assert.deepEqual(await values(path, "/grown"), [
          [1, 2, 3],
          [40, 5, 60],
          [7, 8, 9],
          [-1, -1, -1],
        ]);
        assert.deepEqual(await values(path, "/words"), ["a", "bé", ""]);
        assert.deepEqual(await values(path, "/fixed"), ["abc", "d"]);
        assert.deepEqual(await values(path, "/same"), [
          [-7, -7],
          [-7, -7],
        ]);
        assert.deepEqual(await values(path, "/masked"), [100, 7, 200, 7, 300]);
        assert.deepEqual(await values(path, "/table"), [[1, [1.5, 2]]]);
        assertSoundAt(path);
      });
    });
  }

  for (const libver of LIBRARY_VERSIONS) {
    it(`lie where and as early as was asked for: ${libver}`, async () => {
      await withTempDir(async (directory) => {
        const path = join(directory, "a.h5");
        const made = EditableFile.open(path, { mode: "w", libver });
        const options = { dtype: "int16", shape: [4, 3], fillValue: 7 } as const;
        made.createDataset("/compact", { ...options, layout: "compact" }).write([1], [1, 2, 3]);
        for (const allocationTime of ["early", "late", "incremental"] as const) {
          for (const layout of ["contiguous", "chunked"] as const) {
            made.createDataset(`/${layout}-${allocationTime}`, { ...options, layout, allocationTime });
          }
        }
        made.createDataset("/filtered", { ...options, filters: ["gzip"], allocationTime: "early", data: 9 });
        made.createDataset("/names", { data: ["Ada", "Zoë"], layout: "compact" });
        made.close();
        const file = H5File.open(path);
        assertSound(file);
        const storedOf = (name: string): unknown => {
          const dataset = file.resolve(`/${name}`);
          assert.ok(dataset instanceof Dataset, name);
          return [dataset.layout.kind, dataset.fill.allocationTime, dataset.storedBytes()];
        };
        assert.deepEqual(storedOf("compact"), ["compact", "early", 24]);
        assert.deepEqual(storedOf("contiguous-early"), ["contiguous", "early", 24]);
        assert.deepEqual(storedOf("contiguous-late"), ["contiguous", "late", 0]);
        assert.deepEqual(storedOf("chunked-early"), ["chunked", "early", 24]);
        assert.deepEqual(storedOf("chunked-incremental"), ["chunked", "incremental", 0]);
        file.close();
        const sevens = [7, 7, 7];
        assert.deepEqual(await values(path, "/compact"), [sevens, [1, 2, 3], sevens, sevens]);
        for (const name of ["contiguous-early", "contiguous-late", "chunked-early", "chunked-incremental"]) {
          assert.deepEqual(await values(path, `/${name}`), [sevens, sevens, sevens, sevens], name);
        }
        assert.deepEqual(await values(path, "/filtered"), Array(4).fill([9, 9, 9]));
        assert.deepEqual(await values(path, "/names"), ["Ada", "Zoë"]);
      });
    });
  }

  it("are refused where the options make no sense, and leave the file as it was byte for byte", async () => {
    await withTempDir((directory) => {
      const path = join(directory, "a.h5");
      const made = EditableFile.open(path, { mode: "w" });
      made.createDataset("/x", { dtype: "int8", shape: [3], maxShape: [6] });
      made.createDataset("/flat", { dtype: "int8", shape: [3] });
      made.close();
      const before = readFileSync(path);
      const file = EditableFile.open(path);
      const x = file.dataset("/x");
      const szip = { id: 4, name: "szip", optional: false, clientData: [141, 32] };
      const refused: readonly (readonly [string, () => unknown])[] = [
        ["exists", () => file.createDataset("/x", { data: 1 })],
        ["not-found", () => file.createDataset("/no/x", { data: 1 })],
        ["argument", () => file.createDataset("/y", {})],
        ["argument", () => file.createDataset("/y", { shape: [2] })],
        ["argument", () => file.createDataset("/y", { dtype: "i1", shape: [2], layout: "compact", filters: ["gzip"] })],
        [
          "argument",
          () => file.createDataset("/y", { dtype: "i1", shape: [2], maxShape: [null], layout: "contiguous" }),
        ],
        ["argument", () => file.createDataset("/y", { dtype: "i1", shape: [65_521], layout: "compact" })],
        ["argument", () => file.createDataset("/y", { data: 1, layout: "chunked" })],
        ["argument", () => file.createDataset("/y", { data: [1], layout: "compact", allocationTime: "late" })],
        ["argument", () => file.createDataset("/y", { dtype: "i3", shape: [2] })],
        ["argument", () => file.createDataset("/y", { dtype: "i4", shape: [-1] })],
        ["argument", () => file.createDataset("/y", { dtype: "i4", shape: [2], data: [1, 2, 3] })],
        ["argument", () => file.createDataset("/y", { dtype: "i1", data: [1, 200] })],
        ["argument", () => file.createDataset("/y", { dtype: "i4", shape: [4], maxShape: [2] })],
        ["argument", () => file.createDataset("/y", { dtype: "i4", shape: [4], chunks: [2, 2] })],
        ["argument", () => file.createDataset("/y", { dtype: "i4", shape: [], filters: ["gzip"] })],
        ["argument", () => file.createDataset("/y", { dtype: "i4", shape: [4], filters: [{ gzip: 10 }] })],
        ["argument", () => file.createDataset("/y", { dtype: "i4", shape: [4], filters: [{ bzip2: 0 }] })],
        ["argument", () => file.createDataset("/y", { dtype: "i4", shape: [4], filters: [{ gzip: 1, lzo: 1 }] })],
        ["unsupported", () => file.createDataset("/y", { data: [1, 2], filters: [szip] })],
        ["locked", () => EditableFile.open(path)],
        ["argument", () => file.createDataset("/y", { dtype: "i4", shape: [4], fillValue: 0.5 })],
        ["argument", () => file.createDataset("/y", { as: "Table", dtype: "i4", shape: [4] })],
        ["argument", () => x.write("all", [1, 2])],
        ["argument", () => x.write([3], 1)],
        ["argument", () => x.write([{ start: 0, stop: 2 }], [1, 300])],
        ["argument", () => x.append(7)],
        ["argument", () => x.append([1, 2, 3, 4])],
        ["argument", () => x.resize([7])],
        ["argument", () => x.resize([1, 1])],
        ["unsupported", () => file.dataset("/flat").resize([2])],
        ["unsupported", () => file.createDataset("/y", { dtype: [["s", vlenStringType(4)]], shape: [2] })],
        ["argument", () => file.dataset("/")],
        ["not-found", () => file.dataset("/no")],
        ["argument", () => x.attributes.set("a", [1, "b"])],
        ["not-found", () => x.attributes.delete("a")],
        ["argument", () => x.attributes.set("", 1)],
        ["argument", () => x.attributes.set("a\0b", 1)],
        ["argument", () => x.read([{ step: -1 }])],
        ["argument", () => x.read([{ step: 0 }])],
        ["argument", () => x.read([0.5])],
        ["argument", () => x.write([{ start: 2, step: -1 }], 1)],
        ["argument", () => x.write({ points: [[0.5]] }, 1)],
        ["argument", () => H5File.open(path, JSON.parse(`{"mode": "r+"}`))],
        ["argument", () => EditableFile.open(path, JSON.parse('{"mode": "rw"}'))],
        ["argument", () => EditableFile.open(join(directory, "b.h5"), JSON.parse('{"mode": "x", "libver": "1.8"}'))],
        ...["{}", "null", "5", '{"class": "reference", "kind": "object", "size": 4}'].map(
          (dtype) =>
            [
              /size/.test(dtype) ? "unsupported" : "argument",
              () => file.createDataset("/y", { dtype: JSON.parse(dtype), shape: [1] }),
            ] as const,
        ),
        ["argument", () => file.createDataset("/y", JSON.parse('{"dtype": "i4", "shape": 3}'))],
        ["argument", () => x.read(JSON.parse('"some"'))],
      ];
      for (const [kind, change] of refused) assert.throws(change, ofKind(kind), String(change));
      file.close();
      assert.deepEqual(readFileSync(path), before);
      assert.ok(!existsSync(join(directory, "b.h5")));
    });
  });

  it("are not read any more when the file is closed, whose descriptor may be another file's by then", async () => {
    await withTempDir((directory) => {
      const path = join(directory, "a.h5");
      const data = Float64Array.from({ length: 100_000 }, (_, i) => i);
      const file = EditableFile.open(path, { mode: "x" });
      file.createDataset("/x", { data });
      file.close();
      const other = join(directory, "other");
      writeFileSync(other, Buffer.alloc(2 ** 20, 7));
      const read = H5File.open(path);
      const x = read.resolve("/x");
      assert.ok(x instanceof Dataset);
      read.close();
      read.close();
      const changed = EditableFile.open(path);
      const y = changed.dataset("/x");
      y.write([0], 5);
      changed.close();
      changed.close();
      const descriptors = [1, 2, 3, 4].map(() => openSync(other, "r+"));
      for (const use of [() => x.read(), () => y.read(), () => y.write([0], 1), () => changed.createGroup("/g")]) {
        assert.throws(use, /a\.h5: the file is closed/);
      }
      for (const descriptor of descriptors) closeSync(descriptor);
      assert.deepEqual(readFileSync(other), Buffer.alloc(2 ** 20, 7));
    });
  });
});
