import assert from "node:assert/strict";
import { ChunkCache } from "../../src/chunk/chunk-cache.ts";
import { SharedChunk } from "../../src/chunk/shared-chunk.ts";

describe("shared chunks", () => {
  it("are decoded once, whoever asks", () => {
    const chunk = SharedChunk.allocate(4);
    assert.equal(chunk.decoded, undefined);
    let decoded = 0;
    const decode = (target: Uint8Array): void => {
      decoded++;
      target.set([1, 2, 3, 4]);
    };
    assert.deepEqual([...chunk.fillOnce(decode)], [1, 2, 3, 4]);
    assert.deepEqual([...new SharedChunk(chunk.buffer).fillOnce(decode)], [1, 2, 3, 4]);
    assert.equal(decoded, 1);
    assert.deepEqual([...(chunk.decoded ?? [])], [1, 2, 3, 4]);
  });

  it("stay empty where decoding fails, so that nobody sees half a chunk", () => {
    const chunk = SharedChunk.allocate(2);
    assert.throws(() =>
      chunk.fillOnce((target) => {
        target[0] = 9;
        throw new Error("damaged");
      }),
    );
    assert.equal(chunk.decoded, undefined);
    assert.deepEqual([...chunk.fillOnce((target) => target.set([5, 6]))], [5, 6]);
  });
});

describe("the chunk cache", () => {
  it("is bounded in bytes, and forgets what was used longest ago", () => {
    const cache = new ChunkCache(4 * 1016);
    const first = cache.chunk("a", "0", 1000);
    for (const key of ["1", "2", "3"]) cache.chunk("a", key, 1000);
    assert.equal(cache.chunk("a", "0", 1000), first);
    cache.chunk("a", "4", 1000);
    assert.equal(cache.chunk("a", "0", 1000), first);
    const again = cache.chunk("a", "1", 1000);
    assert.equal(cache.chunk("a", "1", 1000), again);
  });

  it("tells datasets apart", () => {
    const cache = new ChunkCache(1e6);
    assert.notEqual(cache.chunk("a", "0", 10), cache.chunk("b", "0", 10));
  });

  it("keeps a chunk of a dataset that changes in its last state only", () => {
    const cache = new ChunkCache(1e6);
    const kept = cache.chunk("a", "1", 1000, "0");
    const chunks = Array.from({ length: 100 }, (_, i) => cache.chunk("a", "0", 1000, `${i}`));
    assert.equal(new Set(chunks).size, 100);
    assert.equal(cache.chunk("a", "0", 1000, "99"), chunks[99]);
    assert.equal(cache.chunk("a", "1", 1000, "0"), kept);
    assert.equal(cache.bytes, 2 * kept.buffer.byteLength);
  });

  it("keeps the last of the chunks that are too large for it, and no others", () => {
    const cache = new ChunkCache(1000);
    const small = cache.chunk("a", "s", 100);
    const large = cache.chunk("a", "0", 5000);
    assert.equal(cache.chunk("a", "0", 5000), large);
    cache.chunk("a", "1", 5000);
    assert.notEqual(cache.chunk("a", "0", 5000), large);
    assert.equal(cache.chunk("a", "s", 100), small);
  });
});
