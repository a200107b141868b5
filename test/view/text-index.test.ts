import assert from "node:assert/strict";
import { decodeTextIndex, TextIndex } from "../../src/view/text-index.ts";

/** Blocks of 3, 3, 3 and 1 elements, the third without a byte. */
function sample(): TextIndex {
  const index = new TextIndex(10);
  for (const [count, length] of [
    [3, 20],
    [3, 31],
    [3, 0],
    [1, 7],
  ] as const) {
    assert.ok(!index.isComplete);
    index.append(count, length);
  }
  return index;
}

describe("the index of a text", () => {
  it("knows where each block is, and which one holds a byte", () => {
    const index = sample();
    assert.ok(index.isComplete);
    assert.deepEqual([index.frontier, index.length, index.blockCount], [10, 58, 4]);
    assert.deepEqual(index.block(1), { first: 3, count: 3, start: 20, length: 31 });
    assert.deepEqual(index.block(3), { first: 9, count: 1, start: 51, length: 7 });
    assert.deepEqual(
      [0, 19, 20, 50, 51, 57].map((offset) => index.block(index.blockAt(offset)).first),
      [0, 0, 3, 3, 9, 9],
    );
  });

  it("is complete with one block where there are no elements", () => {
    const index = new TextIndex(0);
    assert.ok(!index.isComplete);
    index.append(0, 12);
    assert.ok(index.isComplete);
    assert.equal(index.length, 12);
  });

  it("takes 16 bytes for a block", () => {
    const index = new TextIndex(1e9);
    for (let i = 0; i < 40_000; i++) index.append(25_000, 2 ** 18);
    assert.ok(index.encode().length < 700_000);
    assert.equal(index.block(39_999).start, 39_999 * 2 ** 18);
  });

  it("comes back from its bytes, unless any of them is wrong or it is of another text", () => {
    const bytes = sample().encode();
    const back = decodeTextIndex(bytes, 10);
    assert.deepEqual(back?.encode(), bytes);
    assert.equal(decodeTextIndex(bytes, 11), undefined);
    for (let at = 0; at < bytes.length; at++) {
      const wrong = bytes.slice();
      wrong[at] = (wrong[at] ?? 0) ^ 1;
      assert.equal(decodeTextIndex(wrong, 10), undefined, `byte ${at}`);
      assert.equal(decodeTextIndex(bytes.subarray(0, at), 10), undefined, `${at} bytes`);
    }
    const incomplete = new TextIndex(10);
    incomplete.append(3, 20);
    assert.equal(decodeTextIndex(incomplete.encode(), 10), undefined);
  });
});
