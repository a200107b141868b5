import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import h5wasm from "h5wasm/node";
import { H5Error } from "../../src/errors.ts";
import { setAttribute } from "../../src/object/attribute-edit.ts";
import { changeStorage } from "../../src/object/change-storage.ts";
import { Dataset } from "../../src/object/dataset.ts";
import { createChunkedDataset, createCompactDataset, createLateDataset } from "../../src/object/new-dataset.ts";
import { elementsOfMask, elementsOfPoints } from "../../src/object/selection-spec.ts";
import { type FileTransaction, WritableFile } from "../../src/object/writable-file.ts";
import { appendToDataset, resizeDataset, writeSelection } from "../../src/object/write-dataset.ts";
import { withTempDir } from "../support/temp-dir.ts";
import { ArrayModel, product, seededBelow, someIndexes } from "./array-model.ts";
import { assertReads, bytesOf, DEFLATE, fileWith, int32, link, NOW, simple } from "./written-dataset.ts";

function writeAll(file: WritableFile, address: number, model: ArrayModel, values: Int32Array): void {
  const selectors = model.shape.map((count) => ({ kind: "range", start: 0, step: 1, count }) as const);
  file.transaction((transaction) => {
    writeSelection(transaction, address, { selectors, runs: [{ offset: 0, length: 4 }] }, bytesOf(values));
  });
  model.set(selectors, bytesOf(values));
}

describe("datasets, written", () => {
  before(async () => {
    await h5wasm.ready;
  });

  for (const layout of ["contiguous", "compact", "chunked"] as const) {
    it(`${layout}: slices, lists, points and masks`, async () => {
      await withTempDir((directory) => {
        const dims = [40, 30];
        const model = new ArrayModel(dims, bytesOf(Int32Array.of(7)));
        const below = seededBelow(layout.length);
        const { path, file, address } = fileWith(directory, ({ edit }) => {
          const dataset = { datatype: int32, dataspace: simple(dims), fillValue: bytesOf(Int32Array.of(7)) };
          if (layout === "compact") return createCompactDataset(edit, dataset, NOW);
          if (layout === "contiguous") return createLateDataset(edit, dataset, NOW);
          return createChunkedDataset(edit, { ...dataset, chunkShape: [7, 11], filters: [DEFLATE] }, NOW);
        });
        for (let i = 0; i < 20; i++) {
          file.transaction((transaction) => {
            const selectors = dims.map((dim) => someIndexes(dim, below));
            const count = product(selectors.map((s) => (s.kind === "range" ? s.count : s.indexes.length)));
            const values = Int32Array.from({ length: count }, () => below(1000));
            writeSelection(transaction, address, { selectors, runs: [{ offset: 0, length: 4 }] }, bytesOf(values));
            model.set(selectors, bytesOf(values));
            const points = Array.from({ length: 5 }, () => dims.map((dim) => below(dim)));
            const at = Int32Array.from(points, (_, n) => -n);
            writeSelection(transaction, address, { elements: elementsOfPoints(dims, points) }, bytesOf(at));
            for (const [n, [row = 0, column = 0]] of points.entries()) model.values[row * 30 + column] = -n;
            const mask = Uint8Array.from({ length: 1200 }, () => (below(100) === 0 ? 1 : 0));
            const elements = elementsOfMask(mask);
            const masked = Int32Array.from(elements, (element) => element);
            writeSelection(transaction, address, { elements }, bytesOf(masked));
            for (const element of elements) model.values[element] = element;
          });
        }
        file.close();
        assertReads(path, new Map([["x", model]]), layout);
        const wasm = new h5wasm.File(path, "r");
        const dataset = wasm.get("x");
        assert.ok(dataset instanceof h5wasm.Dataset);
        assert.deepEqual(dataset.value, model.values);
        wasm.close();
      });
    });
  }

  it("a part of each element, a scalar, and large contiguous data that are written in pieces, out of order, and again", async () => {
    await withTempDir((directory) => {
      const count = 200_000;
      const { path, file, address } = fileWith(directory, ({ edit }) =>
        createLateDataset(edit, { datatype: int32, dataspace: simple([count]) }, NOW),
      );
      const model = new ArrayModel([count], new Uint8Array(4));
      const put = (transaction: FileTransaction, start: number, values: Int32Array): void => {
        const selectors = [{ kind: "range", start, step: 1, count: values.length }] as const;
        writeSelection(transaction, address, { selectors, runs: [{ offset: 0, length: 4 }] }, bytesOf(values));
        model.set(selectors, bytesOf(values));
      };
      file.transaction((transaction) => {
        put(transaction, 50_000, new Int32Array(50_000).fill(1));
        put(transaction, 10_000, new Int32Array(20_000).fill(2));
        put(transaction, 60_000, new Int32Array(10).fill(3));
        put(transaction, 40_000, new Int32Array(50_000).fill(4));
      });
      file.transaction((transaction) => {
        put(transaction, 100, new Int32Array(10).fill(5));
        put(transaction, 0, new Int32Array(199_999).fill(6));
        put(transaction, 500, new Int32Array(10).fill(7));
      });
      file.transaction((transaction) => {
        const selectors = [{ kind: "range", start: 3, step: 5, count: 10 }] as const;
        writeSelection(
          transaction,
          address,
          { selectors, runs: [{ offset: 1, length: 2 }] },
          new Uint8Array(20).fill(1),
        );
        for (let i = 0; i < 10; i++) model.values[3 + 5 * i] = 0x010106;
        const scalar = { kind: "scalar", dims: [], maxDims: [] } as const;
        const one = createLateDataset(transaction.edit, { datatype: int32, dataspace: scalar }, NOW);
        link(transaction, "scalar", one);
        const all = { selectors: [], runs: [{ offset: 0, length: 4 }] };
        writeSelection(transaction, one, all, bytesOf(Int32Array.of(77)));
      });
      file.close();
      assertReads(path, new Map([["x", model]]), "pieces");
      const wasm = new h5wasm.File(path, "r");
      const [dataset, scalar] = [wasm.get("x"), wasm.get("scalar")];
      assert.ok(dataset instanceof h5wasm.Dataset && scalar instanceof h5wasm.Dataset);
      assert.deepEqual(dataset.value, model.values);
      assert.equal(scalar.value, 77);
      wasm.close();
    });
  });

  it("what is kept from one transaction to the next is dropped when one is rolled back, or others change the dataset", async () => {
    await withTempDir((directory) => {
      const { path, file, address } = fileWith(directory, ({ edit }) =>
        createChunkedDataset(
          edit,
          { datatype: int32, dataspace: simple([0], [undefined]), chunkShape: [4], filters: [DEFLATE] },
          NOW,
        ),
      );
      const model = new ArrayModel([0], new Uint8Array(4));
      const append = (value: number): void => {
        file.transaction((transaction) => appendToDataset(transaction, address, bytesOf(Int32Array.of(value))));
        const [count = 0] = model.shape;
        model.resize([count + 1]);
        model.values[count] = value;
      };
      for (let i = 0; i < 6; i++) append(i);
      const failing = (): void =>
        file.transaction((transaction) => {
          for (let i = 0; i < 5; i++) appendToDataset(transaction, address, bytesOf(Int32Array.of(-i)));
          assert.ok(transaction.file.object(address) instanceof Dataset);
          throw new Error("changed my mind");
        });
      assert.throws(failing, /changed my mind/);
      append(6);
      file.transaction(({ edit }) => {
        const data = bytesOf(Int32Array.of(1));
        const dataspace = { kind: "scalar", dims: [], maxDims: [] } as const;
        setAttribute(edit, address, { name: "unit", charset: "ascii", datatype: int32, dataspace, data });
      });
      append(7);
      file.transaction((transaction) => {
        const dataset = transaction.file.object(address);
        assert.ok(dataset instanceof Dataset);
        changeStorage(transaction, dataset, { chunks: [3] });
      });
      for (let i = 8; i < 20; i++) append(i);
      file.close();
      assertReads(path, new Map([["x", model]]), "appended");
    });
  });

  it("chunks that libhdf5 adds between leaves of a B-tree out of which others were removed are found", async () => {
    await withTempDir((directory) => {
      const { path, file, address } = fileWith(directory, ({ edit }) =>
        createChunkedDataset(
          edit,
          { datatype: int32, dataspace: simple([40, 30], [40, 60]), chunkShape: [1, 3], filters: [] },
          NOW,
        ),
      );
      const model = new ArrayModel([40, 30], new Uint8Array(4));
      const values = Int32Array.from({ length: 1200 }, (_, i) => i);
      writeAll(file, address, model, values);
      file.transaction((transaction) => resizeDataset(transaction, address, [40, 4]));
      model.resize([40, 4]);
      file.close();
      assertReads(path, new Map([["x", model]]), "shrunk");
      const wasm = new h5wasm.File(path, "a");
      const dataset = wasm.get("x");
      assert.ok(dataset instanceof h5wasm.Dataset);
      dataset.resize([40, 50]);
      model.resize([40, 50]);
      for (let row = 0; row < 40; row++) {
        const column = 48;
        dataset.write_slice(
          [
            [row, row + 1],
            [column, column + 1],
          ],
          Int32Array.of(-row),
        );
        model.values[row * 50 + column] = -row;
      }
      wasm.close();
      assertReads(path, new Map([["x", model]]), "grown by libhdf5");
    });
  });

  it("large chunks: written whole, in part and whole again in one transaction, and in the next", async () => {
    await withTempDir((directory) => {
      const { path, file, address } = fileWith(directory, ({ edit }) =>
        createChunkedDataset(
          edit,
          { datatype: int32, dataspace: simple([90_000], [undefined]), chunkShape: [30_000], filters: [] },
          NOW,
        ),
      );
      const model = new ArrayModel([90_000], new Uint8Array(4));
      for (let round = 0; round < 3; round++) {
        file.transaction((transaction) => {
          for (const [start, count] of [
            [0, 90_000],
            [31_000, 10],
            [29_990, 20],
            [30_000, 30_000],
            [100, 29_000],
            [59_999, 1],
          ] as const) {
            const values = new Int32Array(count).fill(start + count + round);
            const selectors = [{ kind: "range", start, step: 1, count }] as const;
            writeSelection(transaction, address, { selectors, runs: [{ offset: 0, length: 4 }] }, bytesOf(values));
            model.set(selectors, bytesOf(values));
            // Reading what there is so far writes what waits.
            assert.ok(transaction.file.object(address) instanceof Dataset);
          }
        });
      }
      file.close();
      assertReads(path, new Map([["x", model]]), "large chunks");
    });
  });

  it("what makes no sense is refused, and leaves the file as it was, byte for byte", async () => {
    await withTempDir((directory) => {
      const made = fileWith(
        directory,
        (transaction) => {
          const dataset = { datatype: int32, dataspace: simple([6, 5], [undefined, 5]) };
          link(transaction, "flat", createLateDataset(transaction.edit, { ...dataset, dataspace: simple([6]) }, NOW));
          const address = createChunkedDataset(transaction.edit, { ...dataset, chunkShape: [2, 2], filters: [] }, NOW);
          writeSelection(
            transaction,
            address,
            { elements: Array.from({ length: 30 }, (_, i) => i) },
            bytesOf(new Int32Array(30).fill(3)),
          );
          return address;
        },
        "v110",
      );
      const { path, address } = made;
      made.file.close();
      const before = readFileSync(path);
      const file = WritableFile.open(path);
      const flat = file.read().resolve("/flat").address;
      const { root } = file.read();
      const all = { kind: "range", start: 0, step: 1, count: 5 } as const;
      const runs = [{ offset: 0, length: 4 }];
      const range = (start: number, step: number, count: number) => ({ kind: "range", start, step, count }) as const;
      const wrong: Record<string, (transaction: FileTransaction) => void> = {
        "index 6 lies outside": (t) =>
          writeSelection(t, address, { selectors: [range(2, 2, 3), all], runs }, new Uint8Array(60)),
        "59 bytes for elements of 60": (t) =>
          writeSelection(t, address, { selectors: [range(0, 2, 3), all], runs }, new Uint8Array(59)),
        "1 dimensions, but": (t) => writeSelection(t, address, { selectors: [all], runs }, new Uint8Array(20)),
        "named twice": (t) =>
          writeSelection(t, address, { selectors: [{ kind: "list", indexes: [1, 1] }, all], runs }, new Uint8Array(40)),
        "bytes 2 to 6 of elements": (t) =>
          writeSelection(
            t,
            address,
            { selectors: [range(0, 1, 1), range(0, 1, 1)], runs: [{ offset: 2, length: 4 }] },
            new Uint8Array(4),
          ),
        "element 30 lies outside": (t) => writeSelection(t, address, { elements: [30] }, new Uint8Array(4)),
        "dimension 1 can be at most 5": (t) => resizeDataset(t, address, [6, 6]),
        "dimension 0 cannot be -1": (t) => resizeDataset(t, address, [-1, 5]),
        "has 2 dimensions, not 1": (t) => resizeDataset(t, address, [7]),
        "no whole number of rows": (t) => appendToDataset(t, address, new Uint8Array(19)),
        "at most 5, not 6": (t) => appendToDataset(t, address, new Uint8Array(24), 1),
        "none with number 2": (t) => appendToDataset(t, address, new Uint8Array(24), 2),
        "is not chunked": (t) => resizeDataset(t, flat, [5]),
        "is a group": (t) => resizeDataset(t, root.address, [5]),
        "chunks of 1 dimensions": ({ edit }) =>
          createChunkedDataset(edit, { datatype: int32, dataspace: simple([3, 3]), chunkShape: [2], filters: [] }, NOW),
        "which can be at most 3": ({ edit }) =>
          createChunkedDataset(edit, { datatype: int32, dataspace: simple([3]), chunkShape: [4], filters: [] }, NOW),
        "cannot have 0 elements": ({ edit }) =>
          createChunkedDataset(edit, { datatype: int32, dataspace: simple([3]), chunkShape: [0], filters: [] }, NOW),
        "too many for an object header": ({ edit }) =>
          createCompactDataset(edit, { datatype: int32, dataspace: simple([17_000]) }, NOW),
        "a fill value of 2 bytes": ({ edit }) =>
          createLateDataset(edit, { datatype: int32, dataspace: simple([3]), fillValue: new Uint8Array(2) }, NOW),
      };
      for (const [message, attempt] of Object.entries(wrong)) {
        assert.throws(
          () =>
            file.transaction((transaction) => {
              writeSelection(transaction, address, { elements: [0] }, new Uint8Array(4));
              attempt(transaction);
            }),
          (error) => error instanceof H5Error && error.message.includes(message),
          message,
        );
      }
      file.close();
      assert.deepEqual(readFileSync(path), before);
    });
  });
});
