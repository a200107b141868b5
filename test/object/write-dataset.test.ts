import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import h5wasm from "h5wasm/node";
import { RangeReader } from "../../src/chunk/read-range.ts";
import type { Selector } from "../../src/chunk/selection.ts";
import { H5Error } from "../../src/errors.ts";
import type { Filter } from "../../src/format/filter-pipeline.ts";
import { setAttribute } from "../../src/object/attribute-edit.ts";
import { changeStorage } from "../../src/object/change-storage.ts";
import { Dataset } from "../../src/object/dataset.ts";
import { integerType } from "../../src/object/datatypes.ts";
import { H5File } from "../../src/object/file.ts";
import { addLink } from "../../src/object/link-edit.ts";
import {
  createChunkedDataset,
  createCompactDataset,
  createLateDataset,
  type NewChunkedDataset,
} from "../../src/object/new-dataset.ts";
import { createFile, LIBRARY_VERSIONS, type LibraryVersion } from "../../src/object/new-file.ts";
import { unlink } from "../../src/object/unlink.ts";
import { type FileTransaction, WritableFile } from "../../src/object/writable-file.ts";
import {
  allocateDataset,
  appendToDataset,
  elementsOfMask,
  elementsOfPoints,
  resizeDataset,
  writeSelection,
} from "../../src/object/write-dataset.ts";
import { assertSound } from "../support/sound.ts";
import { withTempDir } from "../support/temp-dir.ts";
import { ArrayModel, product, seededBelow, someIndexes } from "./array-model.ts";

const NOW = 1_700_000_000;

const int32 = integerType(4, true);

const SHUFFLE: Filter = { id: 2, name: "shuffle", optional: true, clientData: [4] };
const DEFLATE: Filter = { id: 1, name: "deflate", optional: true, clientData: [4] };
const FLETCHER32: Filter = { id: 3, name: "fletcher32", optional: false, clientData: [] };

const PIPELINES = { none: [], packed: [SHUFFLE, DEFLATE, FLETCHER32], summed: [FLETCHER32] };

interface Shape {
  readonly dims: readonly number[];
  readonly maxDims: readonly (number | undefined)[];
  readonly chunkShape: readonly number[];
  readonly allocationTime?: "early";
  readonly edgeChunksUnfiltered?: true;
}

/** From HDF5 1.10 on, each has an index of its own; before, all have B-trees. */
const SHAPES: Record<string, Shape> = {
  single: { dims: [6, 5], maxDims: [6, 5], chunkShape: [6, 5] },
  implicit: { dims: [7, 5], maxDims: [9, 5], chunkShape: [3, 2], allocationTime: "early" },
  fixed: { dims: [7, 5, 2], maxDims: [20, 6, 2], chunkShape: [3, 2, 2] },
  paged: { dims: [170, 20], maxDims: [300, 20], chunkShape: [1, 3] },
  extensible: { dims: [5], maxDims: [undefined], chunkShape: [3] },
  turned: { dims: [4, 10], maxDims: [6, undefined], chunkShape: [2, 3] },
  early: { dims: [5, 3], maxDims: [undefined, 7], chunkShape: [2, 4], allocationTime: "early" },
  bTree: { dims: [5, 7], maxDims: [undefined, undefined], chunkShape: [2, 3] },
  edges: { dims: [7, 7], maxDims: [undefined, 9], chunkShape: [4, 3], edgeChunksUnfiltered: true },
};

function link(transaction: FileTransaction, name: string, address: number): number {
  const named = { creationOrder: undefined, charset: "utf-8", kind: "hard", name, address } as const;
  addLink(transaction.edit, transaction.file.root.address, named);
  return address;
}

function bytesOf(values: Int32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function create(
  file: WritableFile,
  name: string,
  { dims, maxDims, ...rest }: Shape,
  options: Pick<NewChunkedDataset, "filters" | "fillValue">,
): number {
  return file.transaction((transaction) => {
    const dataspace = { kind: "simple", dims, maxDims, maxDimsStored: true } as const;
    const address = createChunkedDataset(transaction.edit, { datatype: int32, dataspace, ...rest, ...options }, NOW);
    link(transaction, name, address);
    if (rest.allocationTime === "early") allocateDataset(transaction, address);
    return address;
  });
}

/** A random change of the dataset, made to the model, too. */
function change(
  transaction: FileTransaction,
  address: number,
  model: ArrayModel,
  maxDims: readonly (number | undefined)[],
  below: (limit: number) => number,
): void {
  const how = below(8);
  if (how === 0) {
    const shape = model.shape.map((dim, d) => {
      const max = maxDims[d] ?? dim + 12;
      return below(3) === 0 ? below(max + 1) : Math.min(max, Math.max(0, dim - 3 + below(7)));
    });
    resizeDataset(transaction, address, shape);
    model.resize(shape);
    return;
  }
  if (how === 1) {
    const axis = below(model.shape.length);
    const from = model.shape[axis] ?? 0;
    const count = Math.min(1 + below(5), (maxDims[axis] ?? Number.POSITIVE_INFINITY) - from);
    const shape = model.shape.map((dim, d) => (d === axis ? count : dim));
    const values = Int32Array.from({ length: product(shape) }, () => below(1000));
    if (values.length === 0) return;
    appendToDataset(transaction, address, bytesOf(values), axis);
    model.resize(model.shape.map((dim, d) => (d === axis ? dim + count : dim)));
    model.set(
      shape.map((n, d) => ({ kind: "range", start: d === axis ? from : 0, step: 1, count: n })),
      bytesOf(values),
    );
    return;
  }
  const selectors: Selector[] = model.shape.map((dim) => someIndexes(dim, below));
  const count = product(selectors.map((each) => (each.kind === "range" ? each.count : each.indexes.length)));
  const values = Int32Array.from({ length: count }, () => below(100_000) - 50_000);
  writeSelection(transaction, address, { selectors, runs: [{ offset: 0, length: 4 }] }, bytesOf(values));
  model.set(selectors, bytesOf(values));
}

/** What a file must hold, by the names of its datasets. */
type Models = ReadonlyMap<string, ArrayModel>;

function assertReads(path: string, models: Models, message: string): void {
  const file = H5File.open(path);
  assertSound(file);
  for (const [name, model] of models) {
    const dataset = file.resolve(`/${name}`);
    assert.ok(dataset instanceof Dataset);
    assert.deepEqual(dataset.dims, model.shape, `${name}, ${message}`);
    const bytes = new RangeReader().read(dataset, name, 0, model.values.byteLength);
    assert.deepEqual(new Int32Array(bytes.slice().buffer), model.values, `${name}, ${message}`);
  }
  file.close();
}

/** libhdf5 reads the same, and makes changes of its own. */
function libraryGoesOn(path: string, models: Models, maxDims: Shape["maxDims"], message: string): void {
  const wasm = new h5wasm.File(path, "a");
  for (const [name, model] of models) {
    const dataset = wasm.get(name);
    assert.ok(dataset instanceof h5wasm.Dataset);
    assert.deepEqual(dataset.shape, model.shape, `${name}, ${message}`);
    if (model.values.length > 0) assert.deepEqual(dataset.value, model.values, `libhdf5: ${name}, ${message}`);
    const shape = model.shape.map((dim, d) => Math.min(maxDims[d] ?? Number.POSITIVE_INFINITY, dim + 2));
    dataset.resize(shape);
    model.resize(shape);
    if (model.values.length > 0) {
      const last = shape.map((dim) => dim - 1);
      dataset.write_slice(
        last.map((at) => [at, at + 1]),
        Int32Array.of(4711),
      );
      model.values[model.values.length - 1] = 4711;
    }
    const smaller = shape.map((dim) => Math.max(1, dim - 1));
    dataset.resize(smaller);
    model.resize(smaller);
  }
  wasm.close();
}

describe("datasets, written", () => {
  before(async () => {
    await h5wasm.ready;
  });

  for (const libver of LIBRARY_VERSIONS) {
    for (const [name, shape] of Object.entries(SHAPES)) {
      const pipelines = Object.entries(PIPELINES).filter(([, filters]) => isTried(libver, name, shape, filters));
      if (pipelines.length === 0) continue;
      it(`${libver}, ${name}: random changes, ours and libhdf5's in turn`, async () => {
        await withTempDir((directory) => {
          const path = join(directory, "x.h5");
          const below = seededBelow(name.length * 1000 + libver.length);
          createFile(path, { libver });
          let file = WritableFile.open(path);
          const models = new Map<string, ArrayModel>();
          const addresses = new Map<string, number>();
          for (const [pipeline, filters] of pipelines) {
            const fill = pipeline === "packed" ? -7 : 0;
            const fillValue = fill === 0 ? undefined : bytesOf(Int32Array.of(fill));
            models.set(pipeline, new ArrayModel(shape.dims, bytesOf(Int32Array.of(fill))));
            addresses.set(pipeline, create(file, pipeline, shape, { filters, fillValue }));
          }
          for (let round = 0; round < 2; round++) {
            for (let i = 0; i < 4; i++) {
              file.transaction((transaction) => {
                for (const [pipeline, model] of models) {
                  const address = addresses.get(pipeline) ?? 0;
                  for (let n = below(4); n >= 0; n--) change(transaction, address, model, shape.maxDims, below);
                }
              });
            }
            file.close();
            assertReads(path, models, `round ${round}`);
            libraryGoesOn(path, models, shape.maxDims, `round ${round}`);
            assertReads(path, models, `after libhdf5, round ${round}`);
            file = WritableFile.open(path);
          }
          file.transaction((transaction) => {
            for (const pipeline of models.keys()) unlink(transaction, transaction.file.root.address, pipeline);
          });
          file.close();
          const empty = H5File.open(path);
          assertSound(empty);
          empty.close();
        });
      });
    }
  }

  function writeAll(file: WritableFile, address: number, model: ArrayModel, values: Int32Array): void {
    const selectors = model.shape.map((count) => ({ kind: "range", start: 0, step: 1, count }) as const);
    file.transaction((transaction) => {
      writeSelection(transaction, address, { selectors, runs: [{ offset: 0, length: 4 }] }, bytesOf(values));
    });
    model.set(selectors, bytesOf(values));
  }

  /** A file with one dataset, "x", made by `make`, and its address. */
  function fileWith(directory: string, make: (transaction: FileTransaction) => number, libver: LibraryVersion = "v18") {
    const path = join(directory, "x.h5");
    createFile(path, { libver });
    const file = WritableFile.open(path);
    const address = file.transaction((transaction) => link(transaction, "x", make(transaction)));
    return { path, file, address };
  }

  const simple = (dims: readonly number[], maxDims: readonly (number | undefined)[] = dims) =>
    ({ kind: "simple", dims, maxDims, maxDimsStored: true }) as const;

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

/** Old files have one index for all shapes; those of HDF5 2.0 differ from those of 1.10 only where there are filters. */
function isTried(libver: LibraryVersion, name: string, shape: Shape, filters: readonly Filter[]): boolean {
  switch (libver) {
    case "earliest":
      return name === "turned" || name === "bTree";
    case "v18":
      return name === "fixed" || name === "early";
    case "v110":
      return shape.edgeChunksUnfiltered !== true || filters.length > 0;
    case "v200":
      return filters.length > 1 && shape.edgeChunksUnfiltered !== true && shape.allocationTime !== "early";
  }
}
