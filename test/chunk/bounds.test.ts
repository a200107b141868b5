import assert from "node:assert/strict";
import { ChunkCache } from "../../src/chunk/chunk-cache.ts";
import { RangeReader } from "../../src/chunk/read-range.ts";
import { SharedChunk } from "../../src/chunk/shared-chunk.ts";
import type { Storage, StoredData } from "../../src/chunk/stored-data.ts";
import { H5Error } from "../../src/errors.ts";
import { AddressSpace } from "../../src/storage/address-space.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";

function isLimit(error: unknown): boolean {
  return error instanceof H5Error && error.kind === "limit";
}

function dataOf(storage: Storage, elementSize: number, dims: readonly number[], fillValue?: Uint8Array): StoredData {
  const space = new AddressSpace(new MemoryStorage(new Uint8Array(64)).snapshot(), 0);
  return { space, storage, elementSize, dims, fillValue, filters: [], path: "/x" };
}

describe("bounds of reads", () => {
  it("one element of 4 GiB, never written, is refused instead of made", () => {
    const size = 2 ** 32 - 1;
    const data = dataOf({ kind: "contiguous", address: undefined, size }, size, []);
    assert.throws(() => new RangeReader().read(data, "x", 0, size), isLimit);
    assert.deepEqual(new RangeReader().read(data, "x", size - 3, 100), new Uint8Array(3));
  });

  it("a chunk of more memory than there is is refused", () => {
    assert.throws(() => SharedChunk.allocate(2 ** 50), isLimit);
  });

  it("chunks of one byte are planned in steps, and come out in their order", () => {
    const count = 40_000;
    const asked: number[] = [];
    const index = {
      isEmpty: false,
      find(scaled: readonly number[]): undefined {
        asked.push(scaled[0] ?? -1);
      },
      *entries(): Generator<never> {
        // No chunk was ever written.
      },
      extents: () => [],
    };
    const geometry = { dims: [count], chunkDims: [1], elementSize: 1 };
    const storage: Storage = { kind: "chunked", geometry, index, edgeChunksUnfiltered: false };
    const bytes = new RangeReader().read(dataOf(storage, 1, [count], Uint8Array.of(7)), "x", 5, count);
    assert.deepEqual(bytes, new Uint8Array(count - 5).fill(7));
    assert.deepEqual(
      asked,
      Array.from({ length: count - 5 }, (_, i) => i + 5),
    );
  });

  it("chunks of which none was ever written are not looked for one by one", () => {
    const index = {
      isEmpty: true,
      find: () => assert.fail("looked for a chunk"),
      *entries(): Generator<never> {
        // No chunk was ever written.
      },
      extents: () => [],
    };
    const dims = [2 ** 40];
    const storage: Storage = {
      kind: "chunked",
      geometry: { dims, chunkDims: [1], elementSize: 2 },
      index,
      edgeChunksUnfiltered: false,
    };
    const data = dataOf(storage, 2, dims, Uint8Array.of(1, 2));
    assert.deepEqual(new RangeReader().read(data, "x", 2 ** 39 + 1, 3), Uint8Array.of(2, 1, 2));
  });

  it("the cache keeps only so many chunks of one byte as it has room for what each of them costs", () => {
    const cache = new ChunkCache(2 ** 20);
    const first = cache.chunk("x", "0", 1);
    assert.equal(cache.chunk("x", "0", 1), first);
    for (let i = 1; i < 1000; i++) cache.chunk("x", `${i}`, 1);
    assert.notEqual(cache.chunk("x", "0", 1), first);
  });
});
