import assert from "node:assert/strict";
import { join } from "node:path";
import h5wasm from "h5wasm/node";
import type { Selector } from "../../src/chunk/selection.ts";
import type { Filter } from "../../src/format/filter-pipeline.ts";
import { createChunkedDataset, type NewChunkedDataset } from "../../src/object/new-dataset.ts";
import { createFile, LIBRARY_VERSIONS, type LibraryVersion } from "../../src/object/new-file.ts";
import { unlink } from "../../src/object/unlink.ts";
import { type FileTransaction, WritableFile } from "../../src/object/writable-file.ts";
import { allocateDataset, appendToDataset, resizeDataset, writeSelection } from "../../src/object/write-dataset.ts";
import { assertSoundAt } from "../support/sound.ts";
import { withTempDir } from "../support/temp-dir.ts";
import { ArrayModel, product, seededBelow, someIndexes } from "./array-model.ts";
import { assertReads, bytesOf, DEFLATE, int32, link, type Models, NOW } from "./written-dataset.ts";

const SHUFFLE: Filter = { id: 2, name: "shuffle", optional: true, clientData: [4] };
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

describe("datasets, written by h5fs and libhdf5 in turn", () => {
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
          assertSoundAt(path);
        });
      });
    }
  }
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
