import assert from "node:assert/strict";
import fc from "fast-check";
import { chunksOfByteRange } from "../../src/chunk/byte-range.ts";
import { copyChunkToRange } from "../../src/chunk/copy-range.ts";
import { type ChunkGeometry, chunkSize, gridDims, mergeTrailingDims } from "../../src/chunk/geometry.ts";

/** A dataset whose bytes are all known, cut into chunks element by element, by the definition. */
interface Sample {
  readonly geometry: ChunkGeometry;
  readonly bytes: Uint8Array;
  readonly chunks: ReadonlyMap<string, Uint8Array>;
}

const sample: fc.Arbitrary<Sample> = fc
  .record({
    shape: fc.array(fc.record({ dim: fc.integer({ min: 1, max: 7 }), chunkDim: fc.integer({ min: 1, max: 8 }) }), {
      minLength: 1,
      maxLength: 4,
    }),
    elementSize: fc.constantFrom(1, 2, 3, 8, 60),
  })
  .map(({ shape, elementSize }) =>
    cut({ dims: shape.map((s) => s.dim), chunkDims: shape.map((s) => s.chunkDim), elementSize }),
  );

function cut(geometry: ChunkGeometry): Sample {
  const { dims, chunkDims, elementSize } = geometry;
  const count = dims.reduce((product, dim) => product * dim, 1);
  const bytes = Uint8Array.from({ length: count * elementSize }, (_, i) => (i * 7 + (i >> 8)) % 256);
  const chunks = new Map<string, Uint8Array>();
  for (let element = 0; element < count; element++) {
    const index: number[] = [];
    for (let d = dims.length - 1, rest = element; d >= 0; d--) {
      index.unshift(rest % (dims[d] ?? 1));
      rest = Math.floor(rest / (dims[d] ?? 1));
    }
    const key = index.map((i, d) => Math.floor(i / (chunkDims[d] ?? 1))).join();
    const chunk = chunks.get(key) ?? new Uint8Array(chunkSize(geometry)).fill(255);
    chunks.set(key, chunk);
    const inside = index.reduce((at, i, d) => at * (chunkDims[d] ?? 1) + (i % (chunkDims[d] ?? 1)), 0);
    chunk.set(bytes.subarray(element * elementSize, (element + 1) * elementSize), inside * elementSize);
  }
  return { geometry, bytes, chunks };
}

const sampleAndRange = sample.chain((s) =>
  fc.record({ s: fc.constant(s), start: fc.nat(s.bytes.length - 1) }).chain(({ start }) =>
    fc.record({
      s: fc.constant(s),
      start: fc.constant(start),
      length: fc.integer({ min: 1, max: s.bytes.length - start }),
    }),
  ),
);

/** The chunks that any element of the range is in, by the definition. */
function naiveChunks({ dims, chunkDims, elementSize }: ChunkGeometry, start: number, length: number): string[] {
  const keys = new Set<string>();
  for (let element = Math.floor(start / elementSize); element * elementSize < start + length; element++) {
    const scaled: number[] = [];
    for (let d = dims.length - 1, rest = element; d >= 0; d--) {
      scaled.unshift(Math.floor((rest % (dims[d] ?? 1)) / (chunkDims[d] ?? 1)));
      rest = Math.floor(rest / (dims[d] ?? 1));
    }
    keys.add(scaled.join());
  }
  return [...keys].sort();
}

describe("reading a range of a chunked dataset", () => {
  it("needs exactly the chunks that hold its elements", () => {
    fc.assert(
      fc.property(sampleAndRange, ({ s, start, length }) => {
        const found = chunksOfByteRange(s.geometry, start, length).map((scaled) => scaled.join());
        assert.deepEqual([...found].sort(), naiveChunks(s.geometry, start, length));
      }),
      { numRuns: 400 },
    );
  });

  it("gives the bytes of the dataset, from whole chunks, in merged dimensions or not", () => {
    fc.assert(
      fc.property(sampleAndRange, fc.boolean(), ({ s, start, length }, merge) => {
        const geometry = merge ? mergeTrailingDims(s.geometry) : s.geometry;
        const missing = s.geometry.dims.length - geometry.dims.length;
        const target = new Uint8Array(length).fill(99);
        for (const scaled of chunksOfByteRange(geometry, start, length)) {
          const chunk = s.chunks.get([...scaled, ...new Array<number>(missing).fill(0)].join());
          copyChunkToRange(geometry, scaled, chunk, undefined, start, target);
        }
        assert.deepEqual(target, s.bytes.slice(start, start + length));
      }),
      { numRuns: 400 },
    );
  });

  it("shows the fill value, in phase, where no chunk was written", () => {
    fc.assert(
      fc.property(sampleAndRange, ({ s, start, length }) => {
        const fillValue = Uint8Array.from({ length: s.geometry.elementSize }, (_, i) => i + 1);
        const target = new Uint8Array(length);
        for (const scaled of chunksOfByteRange(s.geometry, start, length)) {
          copyChunkToRange(s.geometry, scaled, undefined, fillValue, start, target);
        }
        const expected = Uint8Array.from({ length }, (_, i) => ((start + i) % s.geometry.elementSize) + 1);
        assert.deepEqual(target, expected);
      }),
      { numRuns: 200 },
    );
  });

  it("counts edge chunks", () => {
    assert.deepEqual(gridDims({ dims: [10, 4], chunkDims: [3, 4], elementSize: 1 }), [4, 1]);
  });
});
