import assert from "node:assert/strict";
import { H5Error } from "../../src/errors.ts";
import type { Datatype } from "../../src/format/datatype.ts";
import { encodeText } from "../../src/format/text.ts";
import { attributeText } from "../../src/object/value.ts";
import { parseAttributeText } from "../../src/view/parse-attribute.ts";
import { parseJsonView } from "../../src/view/parse-json-view.ts";
import { parseTxt } from "../../src/view/parse-txt.ts";
import {
  array,
  boolean,
  complex,
  compound,
  enumeration,
  float16,
  float32,
  float64,
  heapOf,
  integer,
  opaque,
  reference,
  string,
  vlen,
  vlenString,
} from "../object/datatypes.ts";
import { MemoryHeap } from "./memory-heap.ts";
import { ascii, float64s, int32s, render, source } from "./render.ts";

const ids = (...values: number[]): Uint8Array =>
  Uint8Array.from(values.flatMap((value) => [value, ...new Array<number>(15).fill(0)]));

const types: Record<string, Datatype> = {
  integers: integer(4),
  long: integer(8, false, "big"),
  half: float16,
  floats: float64,
  booleans: boolean,
  names: enumeration({ RED: 1, 'q"': 2 }),
  strings: string(6),
  bytes: opaque(3),
  bits: { ...integer(2), class: "bitfield", precision: 11 },
  complex: complex(float32),
  table: compound({ id: integer(2), 'x"y': float64, s: string(4), m: array(integer(1), 2, 2), z: complex(float64) }),
};

const bytesOf = (type: Datatype, count: number): Uint8Array =>
  Uint8Array.from({ length: count * type.size }, (_, i) =>
    type.class === "string" ? 0x61 + (i % 5) : type.class === "enum" ? i % 2 : (i * 37) % 8,
  );

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("elements from JSON", () => {
  for (const [name, type] of Object.entries(types)) {
    it(`of ${name} are those that it was rendered from`, () => {
      for (const dims of [[], [5], [3, 4], [2, 3, 2], [0], [2, 0]]) {
        const bytes = bytesOf(
          type,
          dims.reduce((product, dim) => product * dim, 1),
        );
        const text = encodeText(render("json", source(type, dims, bytes)));
        const again = parseJsonView(text, type, dims, undefined);
        assert.deepEqual([again.dims, hex(again.bytes)], [dims, hex(bytes)]);
      }
    });
  }

  it("with parts of any length", () => {
    const type = compound({
      s: vlenString,
      v: vlen("sequence", compound({ a: integer(1), r: reference })),
      w: vlen("sequence", vlenString),
    });
    const heap = new MemoryHeap();
    const text =
      '[{"s": null, "v": [], "w": []},\n {"s": "é\\n", "v": [{"a": 1, "r": "/g"}, {"a": 2, "r": null}], "w": ["x", null, ""]}]\n';
    const { dims, bytes } = parseJsonView(encodeText(text), type, [7], heap);
    assert.deepEqual(dims, [2]);
    assert.equal(render("json", source(type, dims, bytes, heap.resolver)), text);
  });

  it("in any form that is JSON", () => {
    const type = compound({ a: integer(8), b: float64 });
    const text = ' [ { "b" : "-Infinity" , "\\u0061":9007199254740993} ,\r\n{"a":-1.0e2,"b":1E3}\t]';
    const { bytes } = parseJsonView(encodeText(text), type, [1], undefined);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    assert.deepEqual(
      [view.getBigInt64(0, true), view.getFloat64(8, true), view.getBigInt64(16, true), view.getFloat64(24, true)],
      [2n ** 53n + 1n, -Infinity, -100n, 1000],
    );
  });

  it("or are refused with line and column", () => {
    const table = compound({ a: integer(1), s: string(2) });
    const refuses = (text: string, message: RegExp, type: Datatype = table, dims: readonly number[] = [1]): void =>
      assert.throws(
        () => parseJsonView(encodeText(text), type, dims, undefined),
        (error) => {
          assert.ok(error instanceof H5Error && error.kind === "argument", `${error}`);
          assert.match(error.message, message);
          return true;
        },
      );
    refuses('[{"a": 1,\n "s": "abc"}]', /^line 2, column 7: "abc" has 3 bytes, more than the 2/);
    refuses('[{"a": 300, "s": ""}]', /^line 1, column 8: "300" does not fit, -128 to 127/);
    refuses('[{"a": 1}]', /^line 1, column 2: the member "s" is missing/);
    refuses('[{"a": 1, "a": 2}]', /the member "a" is there twice/);
    refuses('[{"b": 1}]', /column 3: there is no member "b"/);
    refuses("[1, 2", /column 6: the text ends where , was expected/, integer(1));
    refuses("[1, 2] x", /column 8: "x" after the end/, integer(1));
    refuses("[[1, 2], [3]]", /column 10: a list has 1 values, expected 2/, integer(1), [2, 2]);
    refuses("[[1, 2, 3]]", /column 2: a list has more than 2 values/, integer(1), [2, 2]);
    refuses('["\\x"]', /column 2: a string has an escape that is none/, string(2));
    refuses('["a', /column 2: a string does not end/, string(2));
    refuses("[null]", /null is not a string/, string(2));
    refuses("[true]", /"true" is not a number/, float64);
    refuses("", /the text ends where \[ was expected/);
  });
});

describe("elements from plain lines", () => {
  const parsed = (text: string, datatype: Datatype, dims: readonly number[], size = 3): Uint8Array => {
    const bytes = encodeText(text);
    const blocks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
      bytes.slice(i * size, (i + 1) * size),
    );
    return Buffer.concat([...parseTxt(blocks, { datatype, dims, name: "x" }, undefined)].map((part) => part.bytes));
  };

  it("are those that they were rendered from", () => {
    for (const type of [integer(4), float64, complex(float32), array(integer(1), 2), string(6)]) {
      for (const dims of type.class === "string" ? [[], [4]] : [[], [5], [3, 4], [2, 3, 2], [0]]) {
        const bytes = bytesOf(
          type,
          dims.reduce((product, dim) => product * dim, 1),
        );
        const text = render("txt", source(type, dims, bytes));
        assert.equal(hex(parsed(text, type, dims)), hex(bytes), text);
      }
    }
    assert.equal(hex(parsed("a\nb\n", string(4), [])), hex(ascii("a\nb\0")), "a scalar string has lines");
    assert.equal(hex(parsed("1\t 2\r\n\n\n3 4", integer(4), [2, 2])), hex(int32s(1, 2, 3, 4)));
  });

  it("or are refused with their line", () => {
    assert.throws(() => parsed("1 2\n3 x\n", integer(4), [2, 2]), /^H5Error: line 2, number 2: "x" is not an integer/);
    assert.throws(() => parsed("1 2\n3\n", integer(4), [2, 2]), /line 2: has 1 numbers, expected 2/);
    assert.throws(() => parsed("1 2\n3 4\n5 6\n", integer(4), [2, 2, 2]), /3 rows, which is no multiple of the 2/);
    assert.throws(() => parsed("ok\nlonger\n", string(4), [2]), /line 2: "longer" has 6 bytes, more than the 4/);
  });
});

describe("attributes from text", () => {
  const scalar = { kind: "scalar", dims: [], maxDims: [] } as const;
  const list = { kind: "simple", dims: [2], maxDims: [2], maxDimsStored: false } as const;

  it("are what their text was made from", () => {
    const heap = new MemoryHeap();
    const cases: [Datatype, Uint8Array, typeof scalar | typeof list][] = [
      [float64, float64s(9.81), scalar],
      [boolean, Uint8Array.of(1), scalar],
      [enumeration({ RED: 7 }), Uint8Array.of(7), scalar],
      [string(5), ascii('a,"\n\xff'), scalar],
      [complex(float64), float64s(1, -0.5), scalar],
      [integer(4), int32s(1, 2), list],
      [string(2), ascii('m\0"\0'), list],
      [array(integer(4), 2), int32s(1, 2), scalar],
    ];
    for (const [datatype, bytes, dataspace] of cases) {
      const text = attributeText({ datatype, dataspace, bytes: () => bytes }, heapOf());
      const again = parseAttributeText(text, { datatype, dataspace }, heap);
      assert.deepEqual([again.datatype, again.dataspace, hex(again.data)], [datatype, dataspace, hex(bytes)]);
    }
    const again = parseAttributeText(ascii("x y"), { datatype: vlenString, dataspace: scalar }, heap);
    const text = attributeText({ datatype: vlenString, dataspace: scalar, bytes: () => again.data }, heap.resolver);
    assert.equal(Buffer.from(text).toString(), "x y");
    assert.equal(ids(1).length, again.data.length);
  });

  it("keep their type, but strings get as long as they need", () => {
    const grown = parseAttributeText(
      encodeText("länger"),
      { datatype: { ...string(2), charset: "ascii" }, dataspace: scalar },
      undefined,
    );
    assert.deepEqual(grown.datatype, string(7));
    const longer = parseAttributeText(ascii("[1, 2, 3]"), { datatype: integer(4), dataspace: list }, undefined);
    assert.ok(longer.dataspace.kind === "simple");
    assert.deepEqual(longer.dataspace.dims, [3]);
    assert.throws(
      () => parseAttributeText(ascii("1.5"), { datatype: integer(4), dataspace: scalar }, undefined),
      /"1.5" is not an integer/,
    );
    assert.throws(
      () => parseAttributeText(ascii("5"), { datatype: integer(4), dataspace: list }, undefined),
      /where \[ was expected/,
    );
  });

  it("are that of the one element which a list has", () => {
    const one = { kind: "simple", dims: [1], maxDims: [1], maxDimsStored: false } as const;
    const read = (text: string, datatype: Datatype) =>
      parseAttributeText(ascii(text), { datatype, dataspace: one }, undefined);
    assert.deepEqual(read("2.5", float64), { datatype: float64, dataspace: one, data: float64s(2.5) });
    assert.deepEqual(read("[2.5]", float64).data, float64s(2.5));
    assert.deepEqual(read("longer", string(2)), { datatype: string(6), dataspace: one, data: ascii("longer") });
    assert.throws(() => read("[2.5", float64), /where \] was expected|ends where/);
  });

  it("are lists of strings, all as long as the longest needs", () => {
    const { datatype, data } = parseAttributeText(
      ascii('["a", "x\\ny", "]"]'),
      { datatype: string(2), dataspace: list },
      undefined,
    );
    assert.deepEqual([datatype, hex(data)], [string(3), hex(ascii("a\0\0x\ny]\0\0"))]);
  });
});
