import { strict as assert } from "node:assert";
import type { Selection } from "../../src/chunk/selection.ts";
import { deleteAttribute, setAttribute } from "../../src/object/attribute-edit.ts";
import { changeShape } from "../../src/object/change-shape.ts";
import { createDataset } from "../../src/object/create-dataset.ts";
import { datasetAt } from "../../src/object/dataset-at.ts";
import { integerType } from "../../src/object/datatypes.ts";
import { createChunkedDataset, createLateDataset } from "../../src/object/new-dataset.ts";
import type { LibraryVersion } from "../../src/object/new-file.ts";
import { makeGroup, moveLink, placeObject, placeOf, removeLinkAt } from "../../src/object/path-edit.ts";
import type { FileTransaction } from "../../src/object/writable-file.ts";
import {
  allocateDataset,
  appendToDataset,
  placeChunk,
  resizeDataset,
  writeSelection,
} from "../../src/object/write-dataset.ts";
import type { Recording } from "./crash-states.ts";
import { appendLines } from "./file-scenario.ts";

/** What programs do with files, to be looked at as crashes leave it. */
export interface Scenario {
  readonly name: string;
  readonly libver: LibraryVersion;
  /** @param scale how much of it: 1 is as the name says, but a few changes are made in any case */
  play(recording: Recording, scale: number): void;
}

const NOW = 1_700_000_000;
const int32 = integerType(4, true);

/** So many at that scale, and enough to be worth it. */
function scaled(count: number, scale: number): number {
  return Math.max(Math.min(count, 6), Math.round(count * scale));
}

/** After each change a sync, a checkpoint, or neither. */
function settle(recording: Recording, n: number): void {
  if (n % 7 === 3) recording.sync();
  if (n % 11 === 5) recording.checkpoint();
}

function ramp(count: number, first: number): Uint8Array {
  return new Uint8Array(Int32Array.from({ length: count }, (_, i) => first + i).buffer);
}

function box(...ranges: readonly (readonly [start: number, count: number])[]): Selection {
  return {
    selectors: ranges.map(([start, count]) => ({ kind: "range", start, step: 1, count })),
    runs: [{ offset: 0, length: 4 }],
  };
}

interface Chunked {
  readonly dims: readonly number[];
  readonly maxDims: readonly (number | undefined)[];
  readonly chunkShape: readonly number[];
  readonly isFiltered?: boolean;
  readonly isEarly?: boolean;
}

const DEFLATE = { id: 1, name: "deflate", optional: true, clientData: [4] };

function createChunked(transaction: FileTransaction, path: string, chunked: Chunked): number {
  const { dims, maxDims, chunkShape, isFiltered = false, isEarly = false } = chunked;
  const address = createChunkedDataset(
    transaction.edit,
    {
      datatype: int32,
      dataspace: { kind: "simple", dims, maxDims, maxDimsStored: true },
      chunkShape,
      filters: isFiltered ? [DEFLATE] : [],
      ...(isEarly && { allocationTime: "early" as const }),
    },
    NOW,
  );
  placeObject(transaction, placeOf(transaction.file, path), address);
  if (isEarly) allocateDataset(transaction, address);
  return address;
}

function createGroups(recording: Recording, scale: number): void {
  const count = scaled(100, scale);
  for (let n = 0; n < count; n++) {
    recording.change((transaction) => makeGroup(transaction, `/a group with the number ${n}`, false));
    settle(recording, n);
  }
}

const CHUNKS = 1000;
const CHUNKS_AT_ONCE = 20;

/** Chunks one after the other, along the first dimension that may grow, or into a dataset that is there. */
function appendChunks(chunked: Chunked, index: string) {
  return (recording: Recording, scale: number): void => {
    let address = 0;
    recording.change((transaction) => {
      address = createChunked(transaction, "/x", chunked);
    });
    const { chunkShape, dims, maxDims } = chunked;
    const rows = (chunkShape[0] ?? 1) * CHUNKS_AT_ONCE;
    const width = dims[1] ?? 1;
    const grows = maxDims[0] !== dims[0];
    for (let n = 0; n < scaled(CHUNKS / CHUNKS_AT_ONCE, scale); n++) {
      recording.change((transaction) => {
        const values = ramp(rows * width, n * rows * width + 1);
        if (grows && maxDims[0] === undefined) appendToDataset(transaction, address, values);
        else {
          if (grows) resizeDataset(transaction, address, [(n + 1) * rows]);
          writeSelection(transaction, address, box([n * rows, rows]), values);
        }
      });
      settle(recording, n);
    }
    const dataset = recording.file.read().object(address);
    const { layout } = dataset.kind === "dataset" ? dataset : assert.fail("it is a dataset");
    assert.equal(layout.kind === "chunked" && layout.indexing.type, index);
  };
}

/** What is deleted is free after a checkpoint, and the next dataset gets its space. */
function deleteAndReuse(recording: Recording, scale: number): void {
  recording.change((transaction) => makeGroup(transaction, "/kept", false));
  for (let n = 0; n < scaled(40, scale); n++) {
    recording.change((transaction) => {
      if (n >= 3) removeLinkAt(transaction, placeOf(transaction.file, `/kept/${n - 3}`));
      const length = 1000 + ((n * 997) % 3000);
      const dataspace = { kind: "simple", dims: [length], maxDims: [length], maxDimsStored: false } as const;
      const address = createLateDataset(transaction.edit, { datatype: int32, dataspace }, NOW);
      placeObject(transaction, placeOf(transaction.file, `/kept/${n}`), address);
      writeSelection(transaction, address, box([0, length]), ramp(length, n));
    });
    if (n % 2 === 1) recording.checkpoint();
    else settle(recording, n);
  }
}

/** Up to 20 and down to 2 again and again: over libhdf5's thresholds of 8 and 6. */
function churnAttributes(recording: Recording, scale: number): void {
  recording.change((transaction) => makeGroup(transaction, "/group", false));
  const set = ({ edit, file }: FileTransaction, n: number, length: number): void =>
    setAttribute(edit, file.resolve("/group").address, {
      name: `attribute ${n}`,
      charset: "utf-8",
      datatype: int32,
      dataspace: { kind: "simple", dims: [length], maxDims: [length], maxDimsStored: false },
      data: ramp(length, n),
    });
  let [first, next] = [0, 0];
  let isGrowing = true;
  for (let n = 0; n < scaled(80, scale); n++) {
    recording.change((transaction) => {
      const { edit, file } = transaction;
      if (next > first && n % 5 === 4) set(transaction, first, 1 + (n % 40));
      else if (isGrowing) set(transaction, next++, 1 + (n % 9));
      else deleteAttribute(edit, file.resolve("/group").address, `attribute ${first++}`);
    });
    if (next - first >= 20) isGrowing = false;
    if (next - first <= 2) isGrowing = true;
    settle(recording, n);
  }
}

function resizeBothWays(recording: Recording, scale: number): void {
  let address = 0;
  const chunked = { dims: [10, 12], maxDims: [undefined, undefined], chunkShape: [3, 4], isFiltered: true };
  recording.change((transaction) => {
    address = createChunked(transaction, "/x", chunked);
    writeSelection(transaction, address, box([0, 10], [0, 12]), ramp(120, 1));
  });
  for (let n = 0; n < scaled(60, scale); n++) {
    const shape = [(n * 7) % 23, (n * 5) % 19];
    const [rows = 0, columns = 0] = shape;
    recording.change((transaction) => {
      resizeDataset(transaction, address, shape);
      if (rows > 0 && columns > 0) {
        writeSelection(transaction, address, box([rows - 1, 1], [0, columns]), ramp(columns, n * 100));
      }
    });
    settle(recording, n);
  }
}

/** Datasets of three layouts, each time of another length and written anew. */
function replaceAll(recording: Recording, scale: number): void {
  const addresses: number[] = [];
  recording.change((transaction) => {
    addresses.push(createChunked(transaction, "/x", { dims: [40], maxDims: [40], chunkShape: [8], isFiltered: true }));
    for (const [path, layout] of [
      ["/y", "contiguous"],
      ["/z", "compact"],
    ] as const) {
      const options = { data: new Int32Array(40), layout };
      addresses.push(createDataset(transaction, placeOf(transaction.file, path), options));
    }
  });
  for (let n = 0; n < scaled(60, scale); n++) {
    const length = 1 + ((n * 37) % 200);
    recording.change((transaction) => {
      const dataset = datasetAt(transaction.file, addresses[n % addresses.length] ?? 0);
      const isKept = n % 4 === 3;
      changeShape(transaction, dataset, { dims: [length], isKept });
      if (!isKept) writeSelection(transaction, dataset.address, box([0, length]), ramp(length, n * 100));
    });
    settle(recording, n);
  }
}

/** Within a group, from one to another, and a group with all that is in it. */
function rename(recording: Recording, scale: number): void {
  recording.change((transaction) => {
    for (const path of ["/a", "/b", "/a/inner"]) makeGroup(transaction, path, false);
    for (let n = 0; n < 12; n++) makeGroup(transaction, `/a/inner/${n}`, false);
    createChunked(transaction, "/a/inner/x", { dims: [4], maxDims: [4], chunkShape: [2] });
  });
  let at = "/a/inner";
  for (let n = 0; n < scaled(80, scale); n++) {
    const to = n % 3 === 2 ? `/${n % 2 === 0 ? "a" : "b"}/moved ${n}` : `${at.slice(0, 2)}/renamed ${n}`;
    recording.change((transaction) => {
      const { file } = transaction;
      moveLink(transaction, placeOf(file, at), placeOf(file, to));
      const child = n < 12 ? `${to}/${n}` : `${to}/renamed child ${n - 12}`;
      moveLink(transaction, placeOf(transaction.file, child), placeOf(transaction.file, `${to}/renamed child ${n}`));
    });
    at = to;
    settle(recording, n);
  }
}

/** Bytes of a chunk that gets a place of its own in the file. */
const PIECE = 2 ** 16;

/** Chunks that are in the file before the transaction that makes them the dataset's, as `cp` through a mount writes them; every third is one anew. */
function placeChunks(recording: Recording, scale: number): void {
  let address = 0;
  recording.change((transaction) => {
    address = createChunked(transaction, "/x", { dims: [0], maxDims: [undefined], chunkShape: [PIECE / 4] });
  });
  let count = 0;
  for (let n = 0; n < scaled(30, scale); n++) {
    const pieces = [0, 1].map((i) => {
      const extent = recording.file.reserveEarly(PIECE) ?? assert.fail("there is room");
      extent.append(ramp(PIECE / 4, n * 1000 + i));
      return { at: n % 3 === 2 ? i : count++, extent };
    });
    recording.change((transaction) => {
      resizeDataset(transaction, address, [(count * PIECE) / 4]);
      for (const { at, extent } of pieces) {
        placeChunk(transaction, address, [at], { address: transaction.adopt(extent), length: PIECE });
      }
    });
    settle(recording, n);
  }
}

/** As many as there is room for in the first one's chunk. */
const LINES = 25;

function makeFiles(recording: Recording, scale: number): void {
  appendLines(recording, scaled(LINES, scale), (n) => settle(recording, n));
}

const line: Chunked = { dims: [0], maxDims: [undefined], chunkShape: [2] };

export const SCENARIOS: readonly Scenario[] = [
  { name: "100 groups, in symbol tables", libver: "earliest", play: createGroups },
  { name: "100 groups, in a fractal heap", libver: "v110", play: createGroups },
  { name: "1000 chunks, B-tree version 1", libver: "earliest", play: appendChunks(line, "b-tree-v1") },
  {
    name: "1000 chunks, fixed array",
    libver: "v110",
    play: appendChunks({ dims: [0], maxDims: [2 * CHUNKS], chunkShape: [2] }, "fixed-array"),
  },
  { name: "1000 chunks, extensible array", libver: "v110", play: appendChunks(line, "extensible-array") },
  {
    name: "1000 chunks, extensible array, deflated",
    libver: "v110",
    play: appendChunks({ ...line, isFiltered: true }, "extensible-array"),
  },
  {
    name: "1000 chunks, B-tree version 2",
    libver: "v110",
    play: appendChunks({ dims: [0, 2], maxDims: [undefined, undefined], chunkShape: [1, 2] }, "b-tree-v2"),
  },
  {
    name: "1000 chunks, no index",
    libver: "v110",
    play: appendChunks({ dims: [2 * CHUNKS], maxDims: [2 * CHUNKS], chunkShape: [2], isEarly: true }, "implicit"),
  },
  { name: "datasets deleted and made in their space", libver: "v18", play: deleteAndReuse },
  { name: "attributes across the thresholds", libver: "v110", play: churnAttributes },
  { name: "attributes of an old header", libver: "earliest", play: churnAttributes },
  { name: "resizing", libver: "v110", play: resizeBothWays },
  { name: "resizing, B-tree version 1", libver: "v18", play: resizeBothWays },
  { name: "datasets replaced as a whole", libver: "v110", play: replaceAll },
  { name: "datasets replaced as a whole, old headers", libver: "earliest", play: replaceAll },
  { name: "25 new files, and lines appended, in symbol tables", libver: "earliest", play: makeFiles },
  { name: "25 new files, and lines appended, in a fractal heap", libver: "v18", play: makeFiles },
  { name: "30 times chunks that were written before, B-tree version 1", libver: "earliest", play: placeChunks },
  { name: "30 times chunks that were written before, extensible array", libver: "v110", play: placeChunks },
  { name: "renaming, in symbol tables", libver: "earliest", play: rename },
  { name: "renaming, in fractal heaps", libver: "v200", play: rename },
];
