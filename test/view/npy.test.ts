import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { CompoundType, Datatype } from "../../src/format/datatype.ts";
import { encodeNpyHeader } from "../../src/view/npy.ts";
import { npyDtype } from "../../src/view/npy-descr.ts";
import {
  array,
  boolean,
  complex,
  compound,
  enumeration,
  float,
  float16,
  float32,
  float64,
  integer,
  opaque,
  reference,
  string,
  vlenString,
  x87,
} from "../object/datatypes.ts";

const truth: Record<string, { shape: number[]; header: string }> = JSON.parse(
  readFileSync("test/data/view/npy-headers.json", "utf8"),
);

const int32 = integer(4);

/** The same elements as HDF5 has them, for each of NumPy's dtypes in scripts/fixtures/view-truth.py. */
const types: Record<string, Datatype> = {
  int8: integer(1),
  uint8: integer(1, false, "big"),
  int16be: integer(2, true, "big"),
  int32,
  uint64: integer(8, false),
  float16,
  float32be: float(4, 8, "big"),
  float64,
  longdouble: x87,
  complex64: complex(float32),
  complex128be: compound({ real: float(8, 11, "big"), imag: float(8, 11, "big") }),
  boolean,
  string5: string(5, "space-padded"),
  opaque3: opaque(3, "some tag"),
  datetime: opaque(8, "NUMPY:<M8[ns]"),
  table: compound({ id: int32, name: string(7), pos: array(float64, 2, 3), ok: boolean }),
  padded: {
    class: "compound",
    size: 24,
    members: [
      { name: "a", offset: 0, type: integer(1) },
      { name: "b", offset: 8, type: float64 },
      { name: "c", offset: 16, type: integer(2) },
    ],
  },
  nested: compound({
    p: compound({ x: float32, y: float32 }),
    q: array(compound({ z: complex(float64) }), 2),
  }),
  quotes: compound({
    "it's": int32,
    'say "hi"': int32,
    "both ' and \"": int32,
    "back\\slash\ttab": int32,
    été: int32,
  }),
  greek: compound({ α: int32, "😀 x": int32, "zero\u200bwidth": int32 }),
  wide: compound(
    Object.fromEntries(Array.from({ length: 1200 }, (_, i) => [`column_${`${i}`.padStart(5, "0")}`, float64])),
  ),
};

const descr = (type: Datatype): string | undefined => npyDtype(type)?.descr;

describe("npy header", () => {
  for (const [name, { shape, header }] of Object.entries(truth)) {
    it(`is NumPy's for ${name}`, () => {
      const type = types[name];
      assert.ok(type !== undefined);
      assert.equal(Buffer.from(encodeNpyHeader(type, shape)).toString("base64"), header);
    });
  }

  it("is of version 2 where it is longer than 65535 bytes", () => {
    const members = Array.from({ length: 4000 }, (_, i) => [`column_${i}`, float64] as const);
    const header = encodeNpyHeader(compound(Object.fromEntries(members)), [1]);
    assert.deepEqual([header[6], header[7]], [2, 0]);
    assert.equal(new DataView(header.buffer).getUint32(8, true) + 12, header.length);
    assert.equal(header.length % 64, 0);
  });

  it("appends an array type's dimensions to the shape", () => {
    const header = Buffer.from(encodeNpyHeader(array(array(int32, 3), 2), [5])).toString("latin1");
    assert.match(header, /'descr': '<i4', 'fortran_order': False, 'shape': \(5, 2, 3\), /);
  });
});

describe("npy dtype", () => {
  it("sorts members by offset, and fills gaps", () => {
    const type: CompoundType = {
      class: "compound",
      size: 12,
      members: [
        { name: "b", offset: 6, type: int32 },
        { name: "a", offset: 1, type: integer(2) },
      ],
    };
    assert.equal(descr(type), "[('', '|V1'), ('a', '<i2'), ('', '|V3'), ('b', '<i4'), ('', '|V2')]");
  });

  it("has none for members that overlap or lie outside", () => {
    const at = (offset: number): CompoundType => ({
      class: "compound",
      size: 8,
      members: [
        { name: "a", offset: 0, type: int32 },
        { name: "b", offset, type: int32 },
      ],
    });
    assert.equal(npyDtype(at(2)), undefined);
    assert.equal(npyDtype(at(6)), undefined);
    assert.notEqual(npyDtype(at(4)), undefined);
  });

  it("makes member names unique and not empty", () => {
    const named = (...names: string[]): CompoundType => ({
      class: "compound",
      size: names.length,
      members: names.map((name, offset) => ({ name, offset, type: integer(1) })),
    });
    assert.equal(descr(named("x", "x", "x_1", "")), "[('x', '|i1'), ('x_2', '|i1'), ('x_1', '|i1'), ('f3', '|i1')]");
    assert.equal(descr(named("", "f0")), "[('f0_1', '|i1'), ('f0', '|i1')]");
  });

  it("has none for variable-length data and references, nor for what contains them", () => {
    for (const type of [vlenString, reference]) {
      assert.equal(npyDtype(type), undefined);
      assert.equal(npyDtype(array(type, 2)), undefined);
      assert.equal(npyDtype(compound({ a: int32, b: type })), undefined);
    }
    assert.throws(() => encodeNpyHeader(vlenString, [1]), { name: "UnsupportedError" });
  });

  it("never calls bytes a number that are not the number", () => {
    assert.equal(descr({ ...integer(2), precision: 12 }), "'|V2'");
    assert.equal(descr({ ...integer(2, false), precision: 12 }), "'<u2'");
    assert.equal(descr({ ...integer(2, false), precision: 12, highPadding: "one" }), "'|V2'");
    assert.equal(descr({ ...integer(2, false), precision: 12, bitOffset: 4 }), "'|V2'");
    assert.equal(descr(integer(3)), "'|V3'");
    assert.equal(descr(integer(16)), "'|V16'");
    assert.equal(descr(integer(4, true, "vax")), "'|V4'");
    assert.equal(descr(float(2, 8)), "'<u2'");
    assert.equal(descr(float(1, 4)), "'|u1'");
    assert.equal(descr(float(4, 8, "vax")), "'|V4'");
    assert.equal(descr(float(16, 15)), "'|V16'");
    assert.equal(descr({ ...float(4, 8, "big"), exponentBias: 128 }), "'>u4'");
  });

  it("shows enumerations, times and bitfields as their integers", () => {
    assert.equal(descr(enumeration({ RED: 0, GREEN: 1 })), "'|i1'");
    assert.equal(descr(enumeration({ FALSE: 0, TRUE: 2 })), "'|i1'");
    assert.equal(descr({ class: "time", size: 8, order: "big", precision: 64 }), "'>i8'");
    const bits: Datatype = { ...integer(1), class: "bitfield" };
    assert.equal(descr(bits), "'|u1'");
    assert.equal(descr(compound({ a: bits, b: array(boolean, 2) })), "[('a', '|u1'), ('b', '|b1', (2,))]");
  });

  it("has no complex number of half precision", () => {
    assert.equal(descr(complex(float16)), "[('r', '<f2'), ('i', '<f2')]");
    assert.equal(descr(compound({ r: float32, i: float64 })), "[('r', '<f4'), ('i', '<f8')]");
  });
});
