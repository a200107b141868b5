import assert from "node:assert/strict";
import h5wasm from "h5wasm/node";
import { storedRanges } from "../../src/chunk/stored-ranges.ts";
import { Dataset } from "../../src/object/dataset.ts";
import { H5File } from "../../src/object/file.ts";
import { createChunkedDataset, createLateDataset } from "../../src/object/new-dataset.ts";
import { clearRows, writeSelection } from "../../src/object/write-dataset.ts";
import { withTempDir } from "../support/temp-dir.ts";
import { ArrayModel, product, seededBelow } from "./array-model.ts";
import { assertReads, bytesOf, DEFLATE, fileWith, int32, link, NOW, simple } from "./written-dataset.ts";

/** Each has another index of its chunks. */
const CASES = [
  { what: "B-tree v1", libver: "earliest", max: [undefined, 6] },
  { what: "B-tree v2", libver: "v110", max: [undefined, undefined] },
  { what: "fixed array", libver: "v110", max: [40, 6] },
  { what: "extensible array", libver: "v110", max: [undefined, 6] },
] as const;

describe("rows that become fill values again", () => {
  before(async () => {
    await h5wasm.ready;
  });

  for (const { what, libver, max } of CASES) {
    it(`${what}: read so here and in libhdf5, their chunks freed`, async () => {
      await withTempDir((directory) => {
        const shape = [40, 6];
        const model = new ArrayModel(shape, bytesOf(Int32Array.of(9)));
        const below = seededBelow(what.length);
        const make = { datatype: int32, fillValue: bytesOf(Int32Array.of(9)), chunkShape: [4, 4], filters: [DEFLATE] };
        const { path, file, address } = fileWith(
          directory,
          ({ edit }) => createChunkedDataset(edit, { ...make, dataspace: simple(shape, max) }, NOW),
          libver,
        );
        for (let round = 0; round < 12; round++) {
          file.transaction((transaction) => {
            const selectors = shape.map((dim) => {
              const start = below(dim);
              return { kind: "range", start, step: 1, count: 1 + below(dim - start) } as const;
            });
            const values = new Int32Array(product(selectors.map(({ count }) => count))).fill(round + 100);
            writeSelection(transaction, address, { selectors, runs: [{ offset: 0, length: 4 }] }, bytesOf(values));
            model.set(selectors, bytesOf(values));
            const from = below(40);
            const to = from + 1 + below(40 - from);
            clearRows(transaction, address, from, to);
            model.values.fill(9, from * 6, to * 6);
          });
        }
        file.close();
        assertReads(path, new Map([["x", model]]), what);
        const wasm = new h5wasm.File(path, "r");
        const dataset = wasm.get("x");
        assert.ok(dataset instanceof h5wasm.Dataset);
        assert.deepEqual(dataset.value, model.values);
        wasm.close();
      });
    });
  }

  it("are holes where the fill value is zero, and nowhere else", async () => {
    await withTempDir((directory) => {
      const { path, file, address } = fileWith(directory, (transaction) => {
        const { edit } = transaction;
        const dataset = { datatype: int32, dataspace: simple([40], [undefined]), chunkShape: [10], filters: [] };
        link(
          transaction,
          "filled",
          createChunkedDataset(edit, { ...dataset, fillValue: bytesOf(Int32Array.of(1)) }, NOW),
        );
        link(transaction, "late", createLateDataset(edit, { datatype: int32, dataspace: simple([40]) }, NOW));
        return createChunkedDataset(edit, dataset, NOW);
      });
      file.transaction((transaction) => {
        const all = {
          selectors: [{ kind: "range", start: 0, step: 1, count: 40 } as const],
          runs: [{ offset: 0, length: 4 }],
        };
        writeSelection(transaction, address, all, bytesOf(new Int32Array(40).fill(5)));
        clearRows(transaction, address, 8, 25);
      });
      file.close();
      const opened = H5File.open(path);
      const ranges = (name: string) => {
        const dataset = opened.resolve(name);
        assert.ok(dataset instanceof Dataset);
        return storedRanges(dataset);
      };
      const all = [{ from: 0, to: 160 }];
      assert.deepEqual(ranges("/x"), [
        { from: 0, to: 40 },
        { from: 80, to: 160 },
      ]);
      assert.deepEqual([ranges("/filled"), ranges("/late")], [all, []]);
      opened.close();
    });
  });
});
