import assert from "node:assert/strict";
import * as fc from "fast-check";
import { changedElements } from "../../../mount/writable/changed-elements.ts";

const SIZE = 3;
const COUNT = 12;

/** Elements of three bytes, few of which differ from zeros. */
const array = fc.uint8Array({ minLength: SIZE * COUNT, maxLength: SIZE * COUNT, max: 1 }).map((bytes) => {
  return bytes.map((byte, i) => (i % 4 === 0 ? byte : 0));
});

function element(bytes: Uint8Array, number: number): string {
  return bytes.subarray(number * SIZE, (number + 1) * SIZE).join();
}

describe("elements that a view has changed", () => {
  it("are those that differ from what they were, in whatever parts they come, unless others have changed them, too", () => {
    fc.assert(
      fc.property(array, array, array, fc.nat(SIZE * COUNT), (before, after, present, cut) => {
        const numbers = Array.from({ length: COUNT }, (_, i) => i);
        const here = numbers.filter((n) => element(before, n) !== element(after, n));
        const isConflict = here.some(
          (n) => element(before, n) !== element(present, n) && element(after, n) !== element(present, n),
        );
        const parts = [
          [0, cut],
          [cut, SIZE * COUNT],
        ].map(([from = 0, to]) => ({
          offset: from,
          before: before.subarray(from, to),
          after: after.subarray(from, to),
          present: present.subarray(from, to),
        }));
        if (isConflict) {
          assert.throws(() => changedElements(parts, SIZE), { errno: 116 });
          return;
        }
        const found = changedElements(parts, SIZE).flatMap(([from, to]) =>
          Array.from({ length: (to - from) / SIZE }, (_, i) => from / SIZE + i),
        );
        assert.deepEqual(found, here);
      }),
    );
  });
});
