import assert from "node:assert/strict";
import { copyFileSync, statSync } from "node:fs";
import { join } from "node:path";
import h5wasm from "h5wasm/node";
import { H5Error } from "../../src/errors.ts";
import { type AttributeValue, removeAttribute, setAttributeValue } from "../../src/object/attribute-value.ts";
import { CommittedDatatype } from "../../src/object/committed-datatype.ts";
import { datatypeName } from "../../src/object/datatype-name.ts";
import { floatType, integerType, sequenceType, stringType, vlenStringType } from "../../src/object/datatypes.ts";
import { H5File } from "../../src/object/file.ts";
import { createFile, LIBRARY_VERSIONS } from "../../src/object/new-file.ts";
import { unlink } from "../../src/object/unlink.ts";
import { decodeElement, type Value } from "../../src/object/value.ts";
import { heapOf } from "../../src/object/value-heap.ts";
import { WritableFile } from "../../src/object/writable-file.ts";
import { seededRandom } from "../storage/journal/cell-file.ts";
import { projectRoot } from "../support/project.ts";
import { assertSound, assertSoundAt } from "../support/sound.ts";
import { withTempDir } from "../support/temp-dir.ts";

const set = (file: WritableFile, name: string, value: AttributeValue): void =>
  file.transaction((transaction) => setAttributeValue(transaction, transaction.file.root.address, name, value));

/** The elements of the root's attribute. */
function elements(file: H5File, name: string): Value[] {
  const attribute = file.root.attribute(name);
  assert.ok(attribute !== undefined, name);
  const bytes = attribute.bytes();
  const { datatype } = attribute;
  const count = bytes.length / datatype.size;
  return Array.from({ length: count }, (_, i) => decodeElement(datatype, bytes, i * datatype.size, heapOf(file)));
}

function withNewFile(test: (path: string, file: WritableFile) => void | Promise<void>, libver = "v18" as const) {
  return withTempDir(async (directory) => {
    const path = join(directory, "new.h5");
    createFile(path, { libver });
    const file = WritableFile.open(path);
    await test(path, file);
  });
}

describe("attributes from values", () => {
  for (const libver of LIBRARY_VERSIONS) {
    it(`${libver}: libhdf5 reads them, their types inferred as h5py's`, async () => {
      const { activate_throwing_error_handler, deactivate_throwing_error_handler } = await h5wasm.ready;
      await withTempDir((directory) => {
        const path = join(directory, "new.h5");
        createFile(path, { libver });
        const file = WritableFile.open(path);
        const values: Record<string, AttributeValue["value"]> = {
          text: "naïve café",
          empty: "",
          words: ["a", "", "ccc"],
          count: 5,
        };
        for (const [name, value] of Object.entries(values)) set(file, name, { value });
        set(file, "numbers", { value: [1.5, -0] });
        set(file, "long", { value: "x".repeat(100_000) });
        if (libver !== "earliest") set(file, "large", { value: 2n ** 64n - 1n });
        file.close();

        activate_throwing_error_handler();
        const wasm = new h5wasm.File(path, "r");
        for (const [name, value] of Object.entries(values)) {
          const found = wasm.attrs[name]?.value;
          assert.deepEqual(typeof found === "bigint" ? Number(found) : found, value, name);
        }
        assert.deepEqual(wasm.attrs.numbers?.value, Float64Array.of(1.5, -0));
        assert.equal(wasm.attrs.long?.value, "x".repeat(100_000));
        assert.equal(wasm.attrs.count?.dtype, "<q");
        assert.equal(wasm.attrs.numbers?.dtype, "<d");
        if (libver !== "earliest") assert.equal(wasm.attrs.large?.value, 2n ** 64n - 1n);
        wasm.close();
        deactivate_throwing_error_handler();
        const closed = H5File.open(path);
        assertSound(closed);
        assert.deepEqual(elements(closed, "words"), values.words);
        closed.close();
      });
    });
  }

  it("keep their type where that is asked for", () =>
    withNewFile((_, file) => {
      set(file, "n", { value: 5, datatype: integerType(2, true, "big") });
      set(file, "n", { value: 300, datatype: "kept" });
      assert.equal(file.read().root.attribute("n")?.datatype.size, 2);
      assert.deepEqual(elements(file.read(), "n"), [300]);
      assert.throws(
        () => set(file, "n", { value: 40_000, datatype: "kept" }),
        (error) => error instanceof H5Error && error.kind === "argument",
      );
      assert.deepEqual(elements(file.read(), "n"), [300], "a refused value changes nothing");
      set(file, "s", { value: "ab", datatype: stringType(2, "ascii") });
      set(file, "s", { value: "größer", datatype: "kept" });
      const { datatype } = file.read().root.attribute("s") ?? assert.fail();
      assert.deepEqual([datatype.class, datatype.size], ["string", 8]);
      assert.deepEqual(elements(file.read(), "s"), ["größer"]);
      set(file, "f", {
        value: [
          [1, 2],
          [3, 4],
        ],
        datatype: floatType(4),
      });
      assert.deepEqual(file.read().root.attribute("f")?.dataspace, {
        kind: "simple",
        dims: [2, 2],
        maxDims: [2, 2],
        maxDimsStored: false,
      });
      set(file, "v", { value: [[1], [], [2, 3]], datatype: sequenceType(integerType(4, true), 8) });
      assert.deepEqual(elements(file.read(), "v"), [[1], [], [2, 3]]);
      set(file, "none", { value: null });
      assert.equal(file.read().root.attribute("none")?.dataspace.kind, "null");
      set(file, "null", { value: null, datatype: vlenStringType(8) });
      assert.deepEqual(elements(file.read(), "null"), [null]);
      set(file, "record", { value: { a: 1, b: true, z: { r: 1, i: 2 } } });
      assert.equal(JSON.stringify(elements(file.read(), "record")), '[{"a":1,"b":true,"z":{"r":1,"i":2}}]');
      const record = file.read().root.attribute("record")?.datatype;
      assert.equal(record === undefined ? "" : datatypeName(record), "{a: int64, b: bool, z: complex128}");
      file.close();
    }));

  it("use the space of the global heap again, and what was replaced goes", () =>
    withNewFile((path, file) => {
      const random = seededRandom(5);
      const pick = (n: number): number => Math.floor(random() * n);
      const model = new Map<string, string[]>();
      for (let round = 0; round < 120; round++) {
        const name = `a${pick(5)}`;
        if (pick(4) === 0) {
          const removed = file.transaction((transaction) =>
            removeAttribute(transaction, transaction.file.root.address, name),
          );
          assert.equal(removed, model.delete(name));
        } else {
          const length = pick(10) === 0 ? 9000 : 60;
          const value = Array.from({ length: 1 + pick(4) }, (_, i) => `${round} ${i} `.padEnd(pick(length), "x"));
          set(file, name, { value });
          model.set(name, value);
        }
        if (round % 5 > 0) continue;
        for (const [key, value] of model) assert.deepEqual(elements(file.read(), key), value);
        if (round === 60) {
          // What an exception undoes leaves no trace.
          assert.throws(() =>
            file.transaction((transaction) => {
              setAttributeValue(transaction, transaction.file.root.address, "a0", { value: "never" });
              throw new Error("stop");
            }),
          );
        }
      }
      for (const name of model.keys()) {
        file.transaction((transaction) => removeAttribute(transaction, transaction.file.root.address, name));
      }
      file.close();
      assertSoundAt(path);
      assert.ok(statSync(path).size < 65_536, `${statSync(path).size} bytes`);
    }));

  for (const name of ["sizes-2-8.h5", "sizes-4-4.h5", "sizes-4-8-v18.h5", "sizes-8-2.h5", "userblock.h5"]) {
    it(`have strings of any length in a file with other sizes of addresses and lengths: ${name}`, () =>
      withTempDir((directory) => {
        const path = join(directory, name);
        copyFileSync(join(projectRoot(), "test/data/engine", name), path);
        const file = WritableFile.open(path);
        const value = Array.from({ length: 300 }, (_, i) => "x".repeat(i % 60));
        set(file, "words", { value });
        set(file, "reference", {
          value: ["/", null],
          datatype: { class: "reference", kind: "object", size: file.read().context.sizeOfOffsets },
        });
        assert.deepEqual(elements(file.read(), "words"), value);
        assert.deepEqual(elements(file.read(), "reference"), ["/", null]);
        file.close();
        const closed = H5File.open(path);
        assertSound(closed);
        assert.deepEqual(elements(closed, "words"), value);
        closed.close();
      }));
  }

  it("count their uses of a committed datatype, which goes with the last", () =>
    withTempDir((directory) => {
      for (const name of ["everything-earliest.h5"]) {
        const path = join(directory, name);
        copyFileSync(join(projectRoot(), "test/data/engine", name), path);
        const file = WritableFile.open(path);
        const committed = (): CommittedDatatype => {
          const object = file.read().resolve("/types/committed");
          assert.ok(object instanceof CommittedDatatype);
          return object;
        };
        const { address, linkCount, datatype: own } = committed();
        const datatype = { ...own, committedAt: address };
        const uses = (): number => file.read().object(address).linkCount;
        const zero = decodeElement(datatype, new Uint8Array(datatype.size), 0, heapOf(file.read()));
        set(file, "used", { value: zero, datatype });
        assert.equal(uses(), linkCount + 1);
        assert.equal(file.read().root.attribute("used")?.datatype.committedAt, address);
        set(file, "used", { value: zero, datatype: "kept" });
        assert.equal(uses(), linkCount + 1);
        set(file, "used", { value: 1 });
        assert.equal(uses(), linkCount);
        const types = file.read().resolve("/types").address;
        file.transaction((transaction) => unlink(transaction, types, "of_committed"));
        assert.equal(uses(), 1, "a dataset and its attribute used it");
        set(file, "used", { value: zero, datatype });
        file.transaction((transaction) => unlink(transaction, types, "committed"));
        assert.equal(uses(), 1);
        assert.deepEqual(elements(file.read(), "used"), [zero]);
        file.transaction((transaction) => removeAttribute(transaction, transaction.file.root.address, "used"));
        file.close();
        assertSoundAt(path);
      }
    }));
});
