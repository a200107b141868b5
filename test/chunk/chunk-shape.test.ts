import assert from "node:assert/strict";
import fc from "fast-check";
import { chooseChunkShape } from "../../src/chunk/chunk-shape.ts";

describe("the shape of chunks, where none is given", () => {
  it("has whole rows of a table, whole frames of a stack of images, and some kilobytes of what is to grow", () => {
    assert.deepEqual(chooseChunkShape([100_000, 3], [undefined, 3], 8), [6667, 3]);
    assert.deepEqual(chooseChunkShape([1000, 512, 512], [undefined, 512, 512], 4), [1, 512, 512]);
    assert.deepEqual(chooseChunkShape([0], [undefined], 8), [2048]);
    assert.deepEqual(chooseChunkShape([0], [undefined], 1), [16_384]);
    assert.deepEqual(chooseChunkShape([0, 0], [undefined, undefined], 4), [64, 64]);
    assert.deepEqual(chooseChunkShape([5, 0], [5, undefined], 8), [5, 1024]);
    assert.deepEqual(chooseChunkShape([7, 5], [7, 5], 4), [7, 5]);
  });

  it("is allowed, is never much more than 1 MiB, and never tiny where the dataset is not", () => {
    const dimension = fc.record({ dim: fc.nat(5000), room: fc.option(fc.nat(5000), { nil: undefined }) });
    fc.assert(
      fc.property(
        fc.array(dimension, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 3_000_000 }),
        (dimensions, elementSize) => {
          const dims = dimensions.map(({ dim }) => dim);
          const maxDims = dimensions.map(({ dim, room }) => (room === undefined ? undefined : dim + room));
          const shape = chooseChunkShape(dims, maxDims, elementSize);
          const bytes = shape.reduce((product, n) => product * n, elementSize);
          assert.ok(bytes <= Math.max(elementSize, 2 ** 20));
          for (const [d, n] of shape.entries()) {
            assert.ok(Number.isInteger(n) && n >= 1);
            const max = maxDims[d];
            if (max !== undefined && dims[d] !== 0) assert.ok(n <= max);
          }
          const all = dims.reduce((product, n) => product * n, elementSize);
          assert.ok(bytes >= Math.min(all, 2 ** 14), `${bytes} bytes of ${all}`);
        },
      ),
      { seed: 1, numRuns: 2000 },
    );
  });
});
