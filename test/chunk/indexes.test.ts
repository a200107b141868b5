import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { inflateSync } from "node:zlib";
import { BTreeV2Index } from "../../src/chunk/b-tree-v2-index.ts";
import type { IndexedDataset } from "../../src/chunk/chunk-grid.ts";
import type { ChunkIndex } from "../../src/chunk/chunk-index.ts";
import { ExtensibleArrayIndex } from "../../src/chunk/extensible-array-index.ts";
import { FixedArrayIndex } from "../../src/chunk/fixed-array-index.ts";
import { chunkSize } from "../../src/chunk/geometry.ts";
import { ImplicitIndex } from "../../src/chunk/implicit-index.ts";
import { SingleChunkIndex } from "../../src/chunk/single-index.ts";
import { H5Error } from "../../src/errors.ts";
import { BTreeV2 } from "../../src/format/b-tree-v2.ts";
import type { FormatContext } from "../../src/format/context.ts";
import { decodeDataLayout } from "../../src/format/data-layout.ts";
import { MESSAGE } from "../../src/format/header-message.ts";
import { contextOf, fixtureBytes, fixtureTruth, messageReader } from "../support/index-fixture.ts";

interface Truth {
  readonly header: number;
  readonly dims: number[];
  readonly maxDims: (number | null)[];
  readonly chunkDims: number[];
  readonly elementSize: number;
  readonly filtered: boolean;
  /** Scaled coordinates, address (null where the library tells it wrong), stored size, filter mask, md5 without address. */
  readonly chunks: [number[], number | null, number, number, string?][];
  readonly absent: number[][];
}

function open(context: FormatContext, truth: Truth): { type: string; version: number; index: ChunkIndex } {
  const layout = decodeDataLayout(messageReader(context, truth.header, MESSAGE.dataLayout));
  assert(layout.kind === "chunked");
  assert.deepEqual(layout.chunkDims, truth.chunkDims);
  const dataset: IndexedDataset = {
    context,
    dims: truth.dims,
    maxDims: truth.maxDims.map((dim) => dim ?? undefined),
    chunkDims: layout.chunkDims,
    elementSize: layout.elementSize,
    filtered: truth.filtered,
    layoutVersion: layout.version,
  };
  const { indexing, address, version } = layout;
  const made = (): ChunkIndex => {
    switch (indexing.type) {
      case "single": {
        const { storedSize, filterMask } = indexing;
        return new SingleChunkIndex(
          dataset,
          address,
          storedSize === undefined ? undefined : { storedSize, filterMask },
        );
      }
      case "implicit":
        return new ImplicitIndex(dataset, address);
      case "fixed-array":
        return new FixedArrayIndex(dataset, address);
      case "extensible-array":
        return new ExtensibleArrayIndex(dataset, address);
      case "b-tree-v2":
        return new BTreeV2Index(dataset, address);
      default:
        throw new Error(`no index of a new kind: ${indexing.type}`);
    }
  };
  return { type: indexing.type, version, index: made() };
}

/** What chunk indexes each file must hold, lest a change of the library empties the test. */
const FILES: Record<string, { readonly types: string[]; readonly version: number | undefined }> = {
  small: { types: ["b-tree-v2", "extensible-array", "fixed-array", "implicit", "single"], version: undefined },
  paged: { types: ["extensible-array", "fixed-array"], version: 4 },
  trees: { types: ["b-tree-v2"], version: 4 },
  "version-4": { types: ["b-tree-v2", "extensible-array", "fixed-array"], version: 4 },
  "version-5": { types: ["b-tree-v2", "extensible-array", "fixed-array"], version: 5 },
  "offsets-4": { types: ["b-tree-v2", "extensible-array", "fixed-array"], version: 5 },
  "lengths-4": { types: ["fixed-array"], version: 5 },
};

describe("chunk indexes", () => {
  for (const [file, expected] of Object.entries(FILES)) {
    const truths = Object.entries(fixtureTruth(file) as Record<string, Truth>);
    const bytes = fixtureBytes(file);
    const context = contextOf(bytes);

    it(`${file}: has the indexes that it is meant to have`, () => {
      const opened = truths.map(([, truth]) => open(context, truth));
      assert.deepEqual([...new Set(opened.map(({ type }) => type))].sort(), expected.types);
      if (expected.version !== undefined) assert(opened.every(({ version }) => version === expected.version));
    });

    for (const [name, truth] of truths) {
      it(`${file}: ${name}: finds each chunk where h5py finds it`, () => {
        const { index } = open(context, truth);
        for (const [scaled, address, storedSize, filterMask, md5] of truth.chunks) {
          const record = index.find(scaled);
          assert(record !== undefined, `chunk ${scaled}`);
          assert.equal(record.storedSize, storedSize);
          assert.equal(record.filterMask, filterMask);
          if (address !== null) assert.equal(record.address, address);
          const stored = bytes.subarray(record.address, record.address + record.storedSize);
          if (md5 !== undefined) assert.equal(createHash("md5").update(stored).digest("hex").slice(0, 8), md5);
          if (truth.filtered && filterMask === 0) {
            assert.equal(inflateSync(stored).length, chunkSize(truth));
          }
        }
        for (const scaled of truth.absent) assert.equal(index.find(scaled), undefined);
      });

      it(`${file}: ${name}: lists each chunk once`, () => {
        const { index } = open(context, truth);
        const inside = (scaled: readonly number[]): boolean =>
          scaled.every((at, d) => at * (truth.chunkDims[d] ?? 1) < (truth.dims[d] ?? 0));
        const listed = [...index.entries()].filter(({ scaled }) => inside(scaled));
        const expectedChunks = new Map(truth.chunks.map(([scaled, , size]) => [scaled.join(), size]));
        assert.equal(listed.length, expectedChunks.size);
        for (const { scaled, record } of listed) {
          assert.equal(record.storedSize, expectedChunks.get(scaled.join()));
          assert.deepEqual(index.find(scaled), record);
        }
      });
    }
  }

  it("reads B-trees of depth 0, 1 and 2", () => {
    const context = contextOf(fixtureBytes("trees"));
    const truths = fixtureTruth("trees") as Record<string, Truth>;
    const depths = Object.values(truths).map((truth) => {
      const layout = decodeDataLayout(messageReader(context, truth.header, MESSAGE.dataLayout));
      assert(layout.kind === "chunked" && layout.address !== undefined);
      const size = 8 + 8 * truth.dims.length + (truth.filtered ? 2 + 4 : 0);
      return BTreeV2.open(context, layout.address, truth.filtered ? 11 : 10, size).header.depth;
    });
    assert.deepEqual([...new Set(depths)].sort(), [0, 1, 2]);
  });

  it("refuses chunks outside the dataset", () => {
    const context = contextOf(fixtureBytes("small"));
    for (const truth of Object.values(fixtureTruth("small") as Record<string, Truth>)) {
      const { index } = open(context, truth);
      const fixed = truth.maxDims.findIndex((dim) => dim !== null);
      const scaled = truth.dims.map(() => 0);
      assert.throws(() => index.find(scaled.with(0, -1)), { kind: "argument" });
      if (fixed >= 0) assert.throws(() => index.find(scaled.with(fixed, 1000)), { kind: "argument" });
    }
  });

  it("reads few bytes to find one chunk of many", () => {
    const bytes = fixtureBytes("paged");
    const context = contextOf(bytes);
    const truth = (fixtureTruth("paged") as Record<string, Truth>)["extensible-array-paged"];
    assert(truth !== undefined);
    const { index } = open(context, truth);
    let read = 0;
    const original = context.space.read.bind(context.space);
    context.space.read = (address, length, structure) => {
      read += length;
      return original(address, length, structure);
    };
    assert(index.find([truth.chunks.at(-1)?.[0][0] ?? 0]) !== undefined);
    // A page of 1024 elements, a secondary block of 64 addresses, the index block and the header.
    assert(read < 12 * 1024, `${read} bytes`);
  });

  it("finds every damaged checksum", () => {
    // One byte changed inside each structure of these signatures must be noticed when everything is read.
    const signatures = ["BTHD", "BTIN", "BTLF", "FAHD", "FADB", "EAHD", "EAIB", "EASB", "EADB"];
    const met = new Set<string>();
    for (const file of ["trees", "paged", "version-4"]) {
      const original = fixtureBytes(file);
      const text = Buffer.from(original).toString("latin1");
      const truths = Object.values(fixtureTruth(file) as Record<string, Truth>);
      for (const signature of signatures) {
        const at = text.indexOf(signature);
        if (at < 0) continue;
        met.add(signature);
        const damaged = Uint8Array.from(original);
        damaged[at + 24] = (damaged[at + 24] ?? 0) ^ 0x10;
        const context = contextOf(damaged);
        const failures = truths.filter((truth) => {
          try {
            const { index } = open(context, truth);
            for (const [scaled] of truth.chunks) index.find(scaled);
            return [...index.entries()].length < 0;
          } catch (error) {
            assert(error instanceof H5Error, String(error));
            return true;
          }
        });
        assert.equal(failures.length, 1, `${file}: ${signature}`);
      }
    }
    assert.deepEqual([...met].sort(), signatures.toSorted());
  });
});
