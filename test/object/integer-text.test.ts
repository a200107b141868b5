import assert from "node:assert/strict";
import fc from "fast-check";
import type { IntegerType } from "../../src/format/datatype.ts";
import { ByteSink } from "../../src/object/text/byte-sink.ts";
import { cellOf } from "../../src/object/text/cell.ts";
import { PLAIN } from "../../src/object/text/float-text.ts";
import { numberWriter } from "../../src/object/text/number-text.ts";
import { elementBytes } from "../../src/object/value-bytes.ts";
import { integer } from "./datatypes.ts";

function textOf(type: IntegerType, bytes: Uint8Array): string {
  const sink = new ByteSink(8);
  cellOf(numberWriter(type, PLAIN))(elementBytes(bytes), 0, sink);
  return Buffer.from(sink.take()).toString();
}

/** The bytes of `value`, of which the lowest `size` count. */
function stored(value: bigint, size: number, order: string): Uint8Array {
  const bytes = Uint8Array.from({ length: size }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
  return order === "little" ? bytes : bytes.reverse();
}

describe("integer text", () => {
  const near = Array.from({ length: 64 }, (_, i) => 1n << BigInt(i)).concat(
    Array.from({ length: 20 }, (_, i) => 10n ** BigInt(i)),
  );
  const values = near.flatMap((value) => [value - 1n, value, value + 1n]).flatMap((value) => [value, -value]);

  for (const size of [1, 2, 4, 8]) {
    for (const signed of [true, false]) {
      it(`is JavaScript's for ${signed ? "signed" : "unsigned"} integers of ${size} bytes`, () => {
        const wrapped = (value: bigint): bigint =>
          signed ? BigInt.asIntN(8 * size, value) : BigInt.asUintN(8 * size, value);
        const check = (value: bigint): void => {
          for (const order of ["little", "big"] as const) {
            assert.equal(textOf(integer(size, signed, order), stored(value, size, order)), `${wrapped(value)}`);
          }
        };
        values.forEach(check);
        fc.assert(fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }), check), { numRuns: 2000 });
      });
    }
  }
});
