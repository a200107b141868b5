import assert from "node:assert/strict";
import fc from "fast-check";
import type { ChunkIndex } from "../../src/chunk/chunk-index.ts";
import { executePlan } from "../../src/chunk/execute-plan.ts";
import { planAny, type SelectedData, sizeOf } from "../../src/chunk/select-plan.ts";
import { type Selector, selectedIndex, selectorCount } from "../../src/chunk/selection.ts";
import { SharedChunk } from "../../src/chunk/shared-chunk.ts";
import type { Storage, StoredData } from "../../src/chunk/stored-data.ts";
import { AddressSpace } from "../../src/storage/address-space.ts";
import type { Piece, Snapshot } from "../../src/storage/storage.ts";

/** A file in memory that counts what is read of it. */
class CountedFile implements Snapshot {
  readonly size: number;
  bytesRead = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.size = bytes.length;
  }

  read(offset: number, length: number): Uint8Array {
    return this.#bytes.subarray(offset, offset + length);
  }

  pieces(offset: number, length: number): Piece[] {
    this.bytesRead += length;
    return [{ bytes: this.read(offset, length) }];
  }

  describe(): never {
    throw new TypeError("a file in memory has no descriptor");
  }
}

const ELEMENT = 5;

/** Element number n is five bytes that are its own. */
function element(n: number): number[] {
  return [n & 0xff, (n >> 8) & 0xff, (n >> 16) & 0xff, 0xa5, (n * 7) & 0xff];
}

function product(dims: readonly number[]): number {
  return dims.reduce((all, dim) => all * dim, 1);
}

/** The index along each dimension of element `n` in C order. */
function indexesOf(n: number, dims: readonly number[]): number[] {
  let below = product(dims);
  return dims.map((dim) => {
    below /= dim;
    return Math.floor(n / below) % dim;
  });
}

/** A dataset whose elements are their own numbers; of chunks, every fifth was never written. */
function dataset(
  dims: readonly number[],
  chunkDims: readonly number[] | undefined,
): { data: StoredData; file: CountedFile } {
  const count = product(dims);
  if (chunkDims === undefined) {
    const file = new CountedFile(Uint8Array.from(Array.from({ length: count }, (_, n) => element(n)).flat()));
    const storage: Storage = { kind: "contiguous", address: 0, size: file.size };
    return { data: stored(dims, file, storage), file };
  }
  const grid = dims.map((dim, d) => Math.ceil(dim / (chunkDims[d] ?? 1)));
  const size = product(chunkDims) * ELEMENT;
  const bytes = new Uint8Array(product(grid) * size);
  for (let n = 0; n < count; n++) {
    let chunk = 0;
    let within = 0;
    indexesOf(n, dims).forEach((index, d) => {
      const chunkDim = chunkDims[d] ?? 1;
      chunk = chunk * (grid[d] ?? 1) + Math.floor(index / chunkDim);
      within = within * chunkDim + (index % chunkDim);
    });
    bytes.set(element(n), chunk * size + within * ELEMENT);
  }
  const index: ChunkIndex = {
    isEmpty: false,
    find: (scaled) => {
      const number = scaled.reduce((at, c, d) => at * (grid[d] ?? 1) + c, 0);
      return number % 5 === 4 ? undefined : { address: number * size, storedSize: size, filterMask: 0 };
    },
    *entries() {
      // Nothing here asks for all of them.
    },
    extents: () => [],
  };
  const file = new CountedFile(bytes);
  const geometry = { dims, chunkDims, elementSize: ELEMENT };
  return { data: stored(dims, file, { kind: "chunked", geometry, index, edgeChunksUnfiltered: false }), file };
}

const FILL = Uint8Array.of(1, 2, 3, 4, 5);

function stored(dims: readonly number[], file: CountedFile, storage: Storage): StoredData {
  const space = new AddressSpace(file, 0);
  return { space, storage, dims, elementSize: ELEMENT, fillValue: FILL, filters: [], path: "/x" };
}

/** What a selection is, element by element. */
function reference({ source, selection }: SelectedData): number[] {
  const { selectors, runs } = selection;
  const counts = selectors.map(selectorCount);
  const { storage } = source;
  const out: number[] = [];
  for (let i = 0; i < product(counts); i++) {
    const at = indexesOf(i, counts);
    const index = at.map((n, d) => selectedIndex(selectors[d] ?? { kind: "list", indexes: [] }, n));
    let bytes: ArrayLike<number> = element(index.reduce((n, c, d) => n * (source.dims[d] ?? 1) + c, 0));
    if (storage.kind === "chunked") {
      const scaled = index.map((c, d) => Math.floor(c / (storage.geometry.chunkDims[d] ?? 1)));
      if (storage.index.find(scaled) === undefined) bytes = FILL;
    }
    for (const { offset, length } of runs) out.push(...Array.from(bytes).slice(offset, offset + length));
  }
  return out;
}

/** Reads [start, start + length), plan by plan, as a worker does. */
function read(data: SelectedData, start: number, length: number, chunks = 1000): Uint8Array {
  const target = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const plan = structuredClone(planAny(data, start + done, length - done, { chunks, bytes: 1e9 }));
    assert.ok(plan.length > 0);
    assert.ok(plan.kind !== "selected" || plan.boxes.length <= Math.max(1, chunks));
    const size = "chunkSize" in plan ? plan.chunkSize : 0;
    executePlan(plan, target.subarray(done, done + plan.length), {
      mode: "portable",
      chunkFor: () => SharedChunk.allocate(size),
    });
    done += plan.length;
  }
  return target;
}

const anySelector = (dim: number): fc.Arbitrary<Selector> =>
  fc.oneof(
    fc
      .record({
        start: fc.nat(dim - 1),
        step: fc.integer({ min: 1, max: dim + 2 }),
        part: fc.double({ min: 0, max: 1, noNaN: true }),
      })
      .map(({ start, step, part }) => {
        const most = Math.ceil((dim - start) / step);
        return { kind: "range" as const, start, step, count: Math.round(part * most) };
      }),
    fc.array(fc.nat(dim - 1), { maxLength: 5 }).map((indexes) => ({ kind: "list" as const, indexes })),
  );

const anyCase = fc
  .array(fc.record({ dim: fc.integer({ min: 1, max: 13 }), chunk: fc.integer({ min: 1, max: 6 }) }), {
    minLength: 1,
    maxLength: 4,
  })
  .chain((dims) =>
    fc.record({
      dims: fc.constant(dims.map(({ dim }) => dim)),
      chunkDims: fc.option(fc.constant(dims.map(({ chunk }) => chunk)), { nil: undefined, freq: 3 }),
      selectors: fc.tuple(...dims.map(({ dim }) => anySelector(dim))),
      runs: fc.constantFrom(
        [{ offset: 0, length: 5 }],
        [{ offset: 3, length: 2 }],
        [
          { offset: 4, length: 1 },
          { offset: 0, length: 3 },
        ],
      ),
      from: fc.double({ min: 0, max: 1, noNaN: true }),
      to: fc.double({ min: 0, max: 1, noNaN: true }),
      chunks: fc.constantFrom(1, 2, 7, 1000),
    }),
  );

describe("reading a selection", () => {
  it("gives the bytes that it is defined by, of any range", () => {
    fc.assert(
      fc.property(anyCase, ({ dims, chunkDims, selectors, runs, from, to, chunks }) => {
        const data: SelectedData = { source: dataset(dims, chunkDims).data, selection: { selectors, runs } };
        const size = sizeOf(data);
        const start = Math.floor(Math.min(from, to) * size);
        const length = Math.ceil(Math.max(from, to) * size) - start;
        assert.deepEqual([...read(data, start, length, chunks)], reference(data).slice(start, start + length));
      }),
      { numRuns: 400 },
    );
  });

  it("reads only the chunks that it needs, each once", () => {
    const { data, file } = dataset([40, 30], [10, 10]);
    const select = (...selectors: Selector[]): SelectedData => ({
      source: data,
      selection: { selectors, runs: [{ offset: 0, length: ELEMENT }] },
    });
    const chunk = 100 * ELEMENT;
    const range = (start: number, step: number, count: number): Selector => ({ kind: "range", start, step, count });
    const cases: [SelectedData, number][] = [
      [select(range(3, 1, 4), range(0, 1, 10)), 1],
      [select(range(5, 10, 4), range(12, 1, 1)), 4],
      [select({ kind: "list", indexes: [39, 0, 39, 1] }, range(0, 1, 1)), 2],
      [select(range(0, 39, 2), range(0, 29, 2)), 4],
    ];
    for (const [selected, chunks] of cases) {
      file.bytesRead = 0;
      const written = reference(selected);
      assert.deepEqual([...read(selected, 0, sizeOf(selected))], written);
      // Chunks 4 and 9 were never written.
      assert.ok(file.bytesRead <= chunks * chunk && file.bytesRead > 0, `${file.bytesRead} bytes of ${chunks} chunks`);
    }
  });

  it("reads little of contiguous data where the steps are large", () => {
    const { data, file } = dataset([100_000], undefined);
    const selected: SelectedData = {
      source: data,
      selection: {
        selectors: [{ kind: "range", start: 0, step: 50_000, count: 2 }],
        runs: [{ offset: 0, length: ELEMENT }],
      },
    };
    assert.deepEqual([...read(selected, 0, sizeOf(selected))], reference(selected));
    assert.ok(file.bytesRead <= 2 * 16_384, `${file.bytesRead} bytes`);
  });

  it("is an ordinary read where the bytes lie one after the other", () => {
    const { data } = dataset([20, 6], [4, 6]);
    const rows: SelectedData = {
      source: data,
      selection: {
        selectors: [
          { kind: "range", start: 3, step: 1, count: 9 },
          { kind: "range", start: 0, step: 1, count: 6 },
        ],
        runs: [{ offset: 0, length: ELEMENT }],
      },
    };
    assert.equal(planAny(rows, 0, sizeOf(rows), { chunks: 1, bytes: 1 }).kind, "chunked");
    assert.deepEqual([...read(rows, 7, sizeOf(rows) - 9)], reference(rows).slice(7, -2));
  });

  it("of whole rows of large chunks that are stored as they are reads what it asks for, and no more", () => {
    for (const [dims, chunkDims] of [
      [[100_000], [14_000]],
      [
        [1000, 100],
        [140, 100],
      ],
    ] as const) {
      const { data, file } = dataset(dims, chunkDims);
      const selectors = dims.map((count): Selector => ({ kind: "range", start: 0, step: 1, count }));
      const all: SelectedData = { source: data, selection: { selectors, runs: [{ offset: 0, length: ELEMENT }] } };
      const expected = Uint8Array.from(reference(all));
      const chunk = 14_000 * ELEMENT;
      // Chunk number 4 was never written.
      for (const [start, length, isWritten] of [
        [chunk - 7, 11, true],
        [3, 3 * chunk, true],
        [5 * chunk + 1, 2 * chunk, true],
        [4 * chunk + 1, 100, false],
        [chunk, 6 * chunk, false],
      ] as const) {
        file.bytesRead = 0;
        assert.deepEqual(read(all, start, length), expected.subarray(start, start + length), `${dims}: ${start}`);
        if (isWritten) assert.equal(file.bytesRead, length, `${dims}: ${start}`);
      }
    }
  });
});
