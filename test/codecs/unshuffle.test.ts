import assert from "node:assert/strict";
import fc from "fast-check";
import { unshuffle, unshuffleBytes } from "../../codecs/unshuffle.ts";
import { unshuffleSimd } from "../../codecs/unshuffle-simd.ts";
import { naiveShuffle } from "./naive-shuffle.ts";

describe("unshuffle", () => {
  it("undoes the definition, for any element size, length and alignment", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 4000, size: "max" }),
        fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(2, 4, 8, 16, 12, 24)),
        fc.nat(7),
        fc.nat(7),
        (bytes, elementSize, inputOffset, outputOffset) => {
          const input = new Uint8Array(new ArrayBuffer(bytes.length + 8), inputOffset, bytes.length);
          input.set(naiveShuffle(bytes, elementSize));
          const whole = new Uint8Array(new SharedArrayBuffer(bytes.length + 16)).fill(0xa5);
          const output = whole.subarray(outputOffset, outputOffset + bytes.length);
          unshuffle(input, output, elementSize);
          assert.deepEqual(Buffer.from(output), Buffer.from(bytes));
          assert.ok(whole.subarray(0, outputOffset).every((byte) => byte === 0xa5));
          assert.ok(whole.subarray(outputOffset + bytes.length).every((byte) => byte === 0xa5));
        },
      ),
      { numRuns: 500 },
    );
  });

  it("works across the blocks of large chunks, with SIMD and without", () => {
    const bytes = Uint8Array.from({ length: 200_003 }, (_, i) => (i * 2654435761) >>> 24);
    for (const elementSize of [
      ...Array.from({ length: 40 }, (_, i) => i + 1),
      63,
      64,
      65,
      255,
      1000,
      2048,
      2049,
      5000,
    ]) {
      const count = Math.floor(bytes.length / elementSize);
      const shuffled = naiveShuffle(bytes, elementSize);
      const output = new Uint8Array(bytes.length);
      unshuffle(shuffled, output, elementSize);
      assert.equal(Buffer.compare(output, bytes), 0, `element size ${elementSize}`);
      unshuffleBytes(shuffled, output.fill(0), elementSize, count, 0);
      const whole = count * elementSize;
      assert.equal(Buffer.compare(output.subarray(0, whole), bytes.subarray(0, whole)), 0, `${elementSize}, by bytes`);
    }
  });

  it("has a SIMD form for the element sizes that occur", () => {
    const planes = new Uint8Array(100_000);
    for (const elementSize of [2, 4, 6, 8, 12, 16, 17, 37, 48, 1000]) {
      const count = Math.floor(planes.length / elementSize);
      assert.equal(
        unshuffleSimd(planes, planes.slice(), elementSize, count),
        count & ~15,
        `element size ${elementSize}`,
      );
    }
  });
});
