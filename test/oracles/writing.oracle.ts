import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RangeReader } from "../../src/chunk/read-range.ts";
import type { Selector } from "../../src/chunk/selection.ts";
import { selectorCount } from "../../src/chunk/selection.ts";
import type { Datatype } from "../../src/format/datatype.ts";
import type { Filter } from "../../src/format/filter-pipeline.ts";
import { Dataset } from "../../src/object/dataset.ts";
import { H5File } from "../../src/object/file.ts";
import { addLink } from "../../src/object/link-edit.ts";
import { createChunkedDataset } from "../../src/object/new-dataset.ts";
import { createFile, LIBRARY_VERSIONS } from "../../src/object/new-file.ts";
import { createGroup } from "../../src/object/new-object.ts";
import { type FileTransaction, WritableFile } from "../../src/object/writable-file.ts";
import { allocateDataset, appendToDataset, resizeDataset, writeSelection } from "../../src/object/write-dataset.ts";
import { ArrayModel, product, seededBelow, someIndexes } from "../object/array-model.ts";
import { notRun } from "../support/not-run.ts";
import { projectRoot } from "../support/project.ts";
import { python } from "../support/python.ts";
import { output } from "../support/run.ts";
import { assertSound } from "../support/sound.ts";
import { removeTempDir, tempDir } from "../support/temp-dir.ts";

const integer = (size: number): Datatype => ({
  class: "integer",
  size,
  order: "little",
  signed: false,
  bitOffset: 0,
  precision: size * 8,
  lowPadding: "zero",
  highPadding: "zero",
});

const DATATYPES: readonly Datatype[] = [integer(1), integer(2), integer(8), { class: "opaque", size: 12, tag: "" }];

interface Shape {
  readonly dims: readonly number[];
  readonly maxDims: readonly (number | undefined)[];
  readonly chunkShape: readonly number[];
  readonly early?: true;
  readonly edgeChunksUnfiltered?: true;
  /** So many chunks that its index has every kind of block: tried with one datatype. */
  readonly isLarge?: true;
}

const SHAPES: Readonly<Record<string, Shape>> = {
  single: { dims: [9, 7], maxDims: [9, 7], chunkShape: [9, 7] },
  implicit: { dims: [6, 11], maxDims: [8, 12], chunkShape: [3, 5], early: true },
  fixed: { dims: [6, 5, 4], maxDims: [15, 8, 4], chunkShape: [2, 3, 3] },
  pages: { dims: [2000, 2], maxDims: [5000, 2], chunkShape: [1, 2], isLarge: true },
  extensible: { dims: [40], maxDims: [undefined], chunkShape: [3] },
  blocks: { dims: [132_000], maxDims: [undefined], chunkShape: [1], isLarge: true },
  turned: { dims: [3, 40, 2], maxDims: [4, undefined, 3], chunkShape: [2, 4, 1] },
  early: { dims: [11, 3], maxDims: [undefined, 5], chunkShape: [3, 2], early: true },
  bTree: { dims: [13, 11], maxDims: [undefined, undefined], chunkShape: [2, 3] },
  levels: { dims: [150, 130], maxDims: [undefined, undefined], chunkShape: [1, 2], isLarge: true },
  edges: { dims: [17, 9], maxDims: [undefined, 12], chunkShape: [4, 5], edgeChunksUnfiltered: true },
};

const PIPELINES = {
  none: (): Filter[] => [],
  packed: (size: number): Filter[] => [
    { id: 2, name: "shuffle", optional: true, clientData: [size] },
    { id: 1, name: "deflate", optional: true, clientData: [4] },
  ],
  summed: (): Filter[] => [{ id: 3, name: "fletcher32", optional: false, clientData: [] }],
};

/** One dataset, and what it must hold. */
interface Tried {
  readonly name: string;
  readonly shape: Shape;
  readonly size: number;
  readonly model: ArrayModel;
  readonly address: number;
}

const NOW = 1_700_000_000;

describe("datasets that are written by us and by libhdf5 in turn", () => {
  let interpreter: string;
  let folder: string;

  before(async function () {
    const found = python();
    if (found === undefined) return notRun(this, "no oracle Python; npm run test:oracles makes one");
    interpreter = found;
    folder = tempDir();
  });
  after(() => {
    if (folder !== undefined) removeTempDir(folder);
  });

  for (const libver of LIBRARY_VERSIONS) {
    for (const [shapeName, shape] of Object.entries(SHAPES)) {
      const isOld = libver === "earliest" || libver === "v18";
      // Old files have B-trees for all shapes.
      if (isOld && (shape.edgeChunksUnfiltered || shapeName === "blocks")) continue;
      it(`${libver}, ${shapeName}: each datatype and pipeline, random changes`, async () => {
        const directory = join(folder, `${libver}-${shapeName}`);
        mkdirSync(directory);
        const path = join(directory, "x.h5");
        createFile(path, { libver, userBlock: shapeName === "fixed" ? 1024 : 0 });
        const below = seededBelow(shapeName.length * 31 + libver.length);
        let file = WritableFile.open(path);
        const tried = createAll(file, shape, below);
        const [rounds, changes] = shape.isLarge ? [2, 1] : [3, 3];
        for (let round = 0; round < rounds; round++) {
          for (let i = 0; i < changes; i++) {
            file.transaction((transaction) => {
              for (const each of tried) for (let n = below(3); n >= 0; n--) change(transaction, each, below);
            });
          }
          file.close();
          assertReads(path, tried, `round ${round}`);
          for (const { name, model } of tried) writeFileSync(join(directory, binOf(name)), model.bytes);
          const shapes = tried.map(({ name, model, shape: s }) => ({ name, shape: model.shape, maxDims: s.maxDims }));
          writeFileSync(join(directory, "datasets.json"), JSON.stringify(shapes));
          const script = join(projectRoot(), "test/oracles/writing/go_on.py");
          const answer: unknown = JSON.parse(await output(interpreter, [script, directory, `${round}`]));
          assert.ok(Array.isArray(answer));
          for (const [i, { model, name }] of tried.entries()) {
            model.shape = answer[i];
            model.bytes = new Uint8Array(readFileSync(join(directory, binOf(name))));
          }
          assertReads(path, tried, `after libhdf5, round ${round}`);
          file = WritableFile.open(path);
        }
        file.close();
      });
    }
  }
});

function binOf(name: string): string {
  return `${name.replace("/", "-")}.bin`;
}

function createAll(file: WritableFile, shape: Shape, below: (limit: number) => number): Tried[] {
  const tried: Tried[] = [];
  const { dims, maxDims, early, isLarge, ...rest } = shape;
  file.transaction((transaction) => {
    for (const datatype of isLarge ? [integer(1)] : DATATYPES) {
      const group = createGroup(transaction.edit, NOW);
      const folder = `${datatype.class}${datatype.size}`;
      const link = { creationOrder: undefined, charset: "utf-8", kind: "hard" } as const;
      addLink(transaction.edit, transaction.file.root.address, { ...link, name: folder, address: group });
      for (const [pipeline, filtersOf] of Object.entries(PIPELINES)) {
        if (isLarge && pipeline === "summed") continue;
        const { size } = datatype;
        const name = `${folder}/${pipeline}`;
        const fillValue = below(2) === 0 ? undefined : new Uint8Array(size).fill(1 + below(200));
        const address = createChunkedDataset(
          transaction.edit,
          {
            datatype,
            dataspace: { kind: "simple", dims, maxDims, maxDimsStored: true },
            ...rest,
            filters: filtersOf(size),
            fillValue,
            allocationTime: early ? "early" : undefined,
          },
          NOW,
        );
        addLink(transaction.edit, group, { ...link, name: pipeline, address });
        if (early) allocateDataset(transaction, address);
        tried.push({ name, shape, size, address, model: new ArrayModel(dims, fillValue ?? new Uint8Array(size)) });
      }
    }
  });
  return tried;
}

function change(transaction: FileTransaction, tried: Tried, below: (limit: number) => number): void {
  const { model, size, address, shape } = tried;
  const { maxDims } = shape;
  const how = below(7);
  if (how === 0) {
    const to = model.shape.map((dim, d) => {
      const max = maxDims[d] ?? dim + 20;
      return below(3) === 0 ? below(max + 1) : Math.min(max, Math.max(0, dim - 4 + below(10)));
    });
    resizeDataset(transaction, address, to);
    model.resize(to);
    return;
  }
  if (how === 1) {
    const axis = below(model.shape.length);
    const from = model.shape[axis] ?? 0;
    const count = Math.min(1 + below(7), (maxDims[axis] ?? Number.POSITIVE_INFINITY) - from);
    const rows = model.shape.map((dim, d) => (d === axis ? count : dim));
    const bytes = randomBytes(product(rows) * size, below);
    if (bytes.length === 0) return;
    appendToDataset(transaction, address, bytes, axis);
    model.resize(model.shape.map((dim, d) => (d === axis ? dim + count : dim)));
    model.set(
      rows.map((n, d) => ({ kind: "range", start: d === axis ? from : 0, step: 1, count: n })),
      bytes,
    );
    return;
  }
  const selectors: Selector[] = model.shape.map((dim) => someIndexes(dim, below));
  const bytes = randomBytes(product(selectors.map(selectorCount)) * size, below);
  writeSelection(transaction, address, { selectors, runs: [{ offset: 0, length: size }] }, bytes);
  model.set(selectors, bytes);
}

/** Half of them noise, half of them easily compressed. */
function randomBytes(length: number, below: (limit: number) => number): Uint8Array {
  const limit = below(2) === 0 ? 256 : 3;
  return Uint8Array.from({ length }, () => below(limit));
}

function assertReads(path: string, tried: readonly Tried[], message: string): void {
  const file = H5File.open(path);
  assertSound(file);
  for (const { name, model } of tried) {
    const dataset = file.resolve(`/${name}`);
    assert.ok(dataset instanceof Dataset);
    assert.deepEqual(dataset.dims, model.shape, `${name}: ${message}`);
    const bytes = new RangeReader().read(dataset, name, 0, model.bytes.length);
    assert.ok(Buffer.compare(bytes, model.bytes) === 0, `${name}: other elements, ${message}`);
  }
  file.close();
}
