import assert from "node:assert/strict";
import type { Dataspace } from "../../src/format/dataspace.ts";
import type { Datatype } from "../../src/format/datatype.ts";
import { attributeText, decodeElement } from "../../src/object/value.ts";
import { isBoolean } from "../../src/object/value-meaning.ts";
import {
  array,
  boolean,
  complex,
  compound,
  enumeration,
  float16,
  float64,
  heapOf,
  integer,
  opaque,
  reference,
  string,
  vlen,
  vlenString,
} from "./datatypes.ts";

const bytesOf = (array: { readonly buffer: ArrayBuffer }): Uint8Array => new Uint8Array(array.buffer);
const ascii = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"));
const scalar: Dataspace = { kind: "scalar", dims: [], maxDims: [] };
const simple = (...dims: number[]): Dataspace => ({ kind: "simple", dims, maxDims: dims, maxDimsStored: true });
const id = (n: number): Uint8Array => Uint8Array.from({ length: 16 }, (_, i) => (i === 0 ? n : 0));

function text(datatype: Datatype, bytes: Uint8Array, dataspace: Dataspace = scalar, heap = heapOf()): string {
  return Buffer.from(attributeText({ datatype, dataspace, bytes: () => bytes }, heap)).toString("latin1");
}

describe("element values", () => {
  const decode = (type: Datatype, bytes: Uint8Array, heap = heapOf()) => decodeElement(type, bytes, 0, heap);

  it("are numbers where these are exact, else bigint", () => {
    assert.equal(decode(integer(2, true, "big"), Uint8Array.of(0xff, 0xfe)), -2);
    assert.equal(decode(integer(8), bytesOf(BigInt64Array.of(2n ** 53n - 1n))), 2 ** 53 - 1);
    assert.equal(decode(integer(8), bytesOf(BigInt64Array.of(2n ** 53n))), 2n ** 53n);
    assert.equal(decode(float16, Uint8Array.of(0, 0x3c)), 1);
    assert.ok(Object.is(decode(float64, bytesOf(Float64Array.of(-0))), -0));
    assert.ok(Number.isNaN(decode(float64, bytesOf(Float64Array.of(Number.NaN)))));
    assert.equal(decode({ ...integer(1), class: "bitfield" }, Uint8Array.of(0xa5)), 0xa5);
    assert.equal(decode(enumeration({ RED: 7 }), Uint8Array.of(7)), 7);
  });

  it("are booleans where h5py has them", () => {
    assert.deepEqual(
      [0, 1, 2].map((n) => decode(boolean, Uint8Array.of(n))),
      [false, true, 2],
    );
    assert.equal(isBoolean(enumeration({ FALSE: 1, TRUE: 0 })), false);
    assert.equal(isBoolean(enumeration({ TRUE: 1, FALSE: 0 })), true);
    assert.equal(isBoolean(enumeration({ FALSE: 0, TRUE: 1, MAYBE: 2 })), false);
  });

  it("are text without padding, and bytes where they are opaque", () => {
    assert.equal(decode(string(3, "space-padded"), ascii("a  ")), "a");
    assert.equal(decode(string(2), ascii("\xff\0")), "\udcff");
    assert.deepEqual(decode(opaque(2), Uint8Array.of(1, 2)), Uint8Array.of(1, 2));
    assert.equal(decode(vlenString, id(1), heapOf([ascii("abc\0")])), "abc");
    assert.equal(decode(vlenString, id(0)), null);
    assert.equal(decode(reference, id(1), heapOf([], ["/g"])), "/g");
    assert.equal(decode(reference, id(0)), null);
  });

  it("nest", () => {
    const type = compound({ __proto: integer(1), m: array(integer(1), 2, 2), v: vlen("sequence", integer(1)) });
    const value = decode(type, Uint8Array.of(9, 1, 2, 3, 4, ...id(1)), heapOf([Uint8Array.of(5, 6)]));
    assert.equal(
      JSON.stringify(value),
      JSON.stringify({
        __proto: 9,
        m: [
          [1, 2],
          [3, 4],
        ],
        v: [5, 6],
      }),
    );
  });

  it("keep members of any name", () => {
    const type: Datatype = {
      class: "compound",
      size: 1,
      members: [{ name: "__proto__", offset: 0, type: integer(1) }],
    };
    assert.equal(JSON.stringify(decode(type, Uint8Array.of(1))), '{"__proto__":1}');
  });
});

describe("attribute text", () => {
  it("of a scalar string is its bytes", () => {
    assert.equal(text(string(8), ascii('a, "b"\n\xff')), 'a, "b"\n\xff');
    assert.equal(text(vlenString, id(1), scalar, heapOf([ascii("x y")])), "x y");
    assert.equal(text(vlenString, id(0)), "");
  });

  it("of other scalars is as in csv", () => {
    assert.equal(text(float64, bytesOf(Float64Array.of(9.81))), "9.81");
    assert.equal(text(float64, bytesOf(Float64Array.of(-1 / 0))), "-inf");
    assert.equal(text(boolean, Uint8Array.of(1)), "true");
    assert.equal(text(enumeration({ RED: 1 }), Uint8Array.of(1)), "RED");
    assert.equal(text(reference, id(1), scalar, heapOf([], ["/a b"])), "/a b");
    assert.equal(text(complex(float64), bytesOf(Float64Array.of(1, -0.5))), '{"r": 1.0, "i": -0.5}');
  });

  it("of arrays is JSON on one line", () => {
    assert.equal(text(integer(1), Uint8Array.of(1, 2, 3), simple(3)), "[1, 2, 3]");
    assert.equal(text(integer(1), Uint8Array.of(1), simple(1)), "[1]");
    assert.equal(text(integer(1), Uint8Array.of(1, 2, 3, 4), simple(2, 2)), "[[1, 2], [3, 4]]");
    assert.equal(text(string(2), ascii('m\0"\0'), simple(2)), '["m", "\\""]');
    assert.equal(text(integer(1), new Uint8Array(0), simple(0)), "[]");
    assert.equal(text(array(integer(1), 2), Uint8Array.of(1, 2)), "[1, 2]");
  });

  it("of no data is empty", () => {
    assert.equal(text(string(1), ascii("x"), { kind: "null" }), "");
  });
});
