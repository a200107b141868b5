import assert from "node:assert/strict";
import fc from "fast-check";
import { H5Error } from "../../src/errors.ts";
import type { Datatype } from "../../src/format/datatype.ts";
import { decodeElement } from "../../src/object/value.ts";
import { convertElements } from "../../src/object/value-convert.ts";
import { encodeElements } from "../../src/object/value-encode.ts";
import {
  array,
  compound,
  enumeration,
  float,
  float16,
  float32,
  float64,
  heapOf,
  integer,
  opaque,
  string,
  vlenString,
  x87,
} from "../object/datatypes.ts";

const convert = (from: Datatype, to: Datatype, ...values: (number | bigint | string)[]): unknown[] => {
  const bytes = convertElements(from, to, encodeElements(from, values));
  return Array.from({ length: bytes.length / to.size }, (_, i) => decodeElement(to, bytes, i * to.size, heapOf()));
};

const refuses = (from: Datatype, to: Datatype, value: number | bigint | string, message: RegExp): void => {
  assert.throws(
    () => convert(from, to, 0, value),
    (error) => {
      assert.ok(error instanceof H5Error && error.kind === "argument", `${error}`);
      assert.match(error.message, message);
      return true;
    },
  );
};

const INTEGERS = [1, 2, 4, 8].flatMap((size) =>
  [true, false].flatMap((signed) => (["little", "big"] as const).map((order) => integer(size, signed, order))),
);
const odd: Datatype = { ...integer(4), precision: 24, bitOffset: 3 };

describe("elements are converted", () => {
  it("between all integers, or refused", () => {
    for (const from of [...INTEGERS, odd]) {
      for (const to of [...INTEGERS, odd]) {
        assert.deepEqual(convert(from, to, 0, 1, 100), [0, 1, 100]);
        if (from.class === "integer" && from.signed && to.class === "integer" && !to.signed)
          refuses(from, to, -1, /^element 1: -1 does not fit into/);
        if (from.class === "integer" && from.signed && to.class === "integer" && to.signed)
          assert.deepEqual(convert(from, to, -7), [-7]);
      }
    }
    refuses(integer(8), integer(4), 2n ** 31n, /2147483648 does not fit into int32/);
    refuses(integer(8, false), integer(8), 2n ** 63n, /does not fit/);
    assert.deepEqual(convert(integer(8, false), integer(8, false, "big"), 2n ** 64n - 1n), [2n ** 64n - 1n]);
  });

  it("between floats and integers: fractions are lost, as libhdf5 does it, nothing else", () => {
    assert.deepEqual(convert(float64, integer(4), 2.9, -2.9, -0), [2, -2, 0]);
    assert.deepEqual(convert(float64, integer(8), -(2 ** 63), 2 ** 62), [-(2n ** 63n), 2n ** 62n]);
    assert.deepEqual(convert(integer(8), float64, 2n ** 53n + 1n), [2 ** 53]);
    assert.deepEqual(convert(integer(4), float32, 2 ** 24 + 1), [2 ** 24]);
    assert.deepEqual(convert(x87, integer(8, false), 2n ** 64n - 1n), [2n ** 64n - 1n]);
    refuses(float64, integer(1), 128, /^element 1: 128 does not fit into int8/);
    refuses(float64, integer(8), 2 ** 63, /does not fit/);
    refuses(float64, integer(8, false), 2 ** 64, /does not fit/);
    for (const value of [Number.NaN, Infinity, -Infinity]) {
      for (const from of [float64, float16])
        for (const to of [integer(4), integer(8), odd]) refuses(from, to, value, new RegExp(`${value} does not fit`));
    }
  });

  it("between floats", () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true }), (value) => {
        for (const type of [float32, float(4, 8, "big"), float64, float(8, 11, "big"), x87, float(16, 15)]) {
          assert.deepEqual(convert(float32, type, value), [value]);
          assert.deepEqual(convert(type, float32, value), [value]);
        }
      }),
    );
    assert.deepEqual(convert(float64, float16, 1 / 3), [0.333251953125]);
    assert.ok(Number.isNaN(convert(float64, float32, Number.NaN)[0]));
    refuses(float64, float32, 1e39, /1e\+39 does not fit into float32/);
    refuses(float64, float16, 1e5, /100000: a number is too large for float16/);
  });

  it("strings between lengths, never cut", () => {
    assert.deepEqual(convert(string(5, "space-padded"), string(3), "abc", ""), ["abc", ""]);
    assert.throws(() => convert(string(5), string(3), "abcd"), /"abcd" has 4 bytes, more than the 3/);
    assert.throws(() => convertElements(string(3), vlenString, Buffer.from("abc")), /no heap/);
  });

  it("compounds by name, enumerations by name, arrays", () => {
    const from = compound({ a: integer(2), b: enumeration({ X: 1, Y: 2 }), c: array(integer(1), 2), d: opaque(1) });
    const to = compound({ c: array(float32, 2), b: enumeration({ Y: 7, X: 8 }, 2), a: float64 });
    const bytes = encodeElements(from, [{ a: -3, b: "Y", c: [1, 2], d: Uint8Array.of(1) }]);
    const value = decodeElement(to, convertElements(from, to, bytes), 0, heapOf());
    assert.equal(JSON.stringify(value), '{"c":[1,2],"b":7,"a":-3}');
    assert.throws(() => convertElements(to, from, new Uint8Array(to.size)), /there is no member "d"/);
    assert.throws(
      () => convertElements(enumeration({ X: 1 }), enumeration({ Z: 1 }), Uint8Array.of(1)),
      /"X" is none of the names/,
    );
    assert.throws(() => convertElements(string(3), integer(1), Buffer.from("abc")), /no conversion of string/);
    assert.throws(
      () => convertElements(array(integer(1), 2), array(integer(1), 3), new Uint8Array(2)),
      /no conversion/,
    );
  });
});
