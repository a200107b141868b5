import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import type { Datatype } from "../../src/format/datatype.ts";
import { encodeText } from "../../src/format/text.ts";
import { ByteSink } from "../../src/object/text/byte-sink.ts";
import { elementBytes } from "../../src/object/value-bytes.ts";
import { writeCsvText } from "../../src/view/csv.ts";
import { renderDatatype } from "../../src/view/json.ts";
import { textFormat } from "../../src/view/render.ts";
import {
  array,
  boolean,
  complex,
  compound,
  enumeration,
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
import { ascii, float64s, int32s, render, source } from "./render.ts";

const int32 = integer(4);
const six = int32s(0, 1, 2, 3, 4, 5);
const zeroToSeven = int32s(0, 1, 2, 3, 4, 5, 6, 7);
/** Elements that name values of `heapOf`; 0 is null. */
const ids = (...values: number[]): Uint8Array =>
  Uint8Array.from(values.flatMap((value) => [value, ...new Array<number>(15).fill(0)]));

describe("csv", () => {
  it("is a column for one dimension, and one row for a scalar", () => {
    assert.equal(render("csv", source(int32, [3], six)), "data\n0\n1\n2\n");
    assert.equal(render("csv", source(float64, [], float64s(9.5))), "data\n9.5\n");
    assert.equal(render("csv", source(complex(float64), [1], float64s(1, -2))), "data.r,data.i\n1.0,-2.0\n");
  });

  it("has a column for each element of two dimensions", () => {
    assert.equal(render("csv", source(int32, [2, 3], six)), "0,1,2\n0,1,2\n3,4,5\n");
    assert.equal(
      render("csv", source(complex(float64), [1, 2], float64s(1, 2, 3, 4))),
      "0.r,0.i,1.r,1.i\n1.0,2.0,3.0,4.0\n",
    );
  });

  it("has index columns for more dimensions", () => {
    assert.equal(
      render("csv", source(int32, [2, 2, 2], zeroToSeven)),
      "d0,d1,0,1\n0,0,0,1\n0,1,2,3\n1,0,4,5\n1,1,6,7\n",
    );
  });

  it("has the leaf columns of a table", () => {
    const type = compound({
      id: int32,
      parents: compound({ mom_id: int32, pos: array(int32, 2) }),
      z: complex(float64),
      m: array(int32, 1, 2),
    });
    const row = Uint8Array.from([...int32s(1, 2, 3, 4), ...float64s(0.5, 1e-7), ...int32s(5, 6)]);
    assert.equal(
      render("csv", source(type, [1], row)),
      "id,parents.mom_id,parents.pos[0],parents.pos[1],z.r,z.i,m[0][0],m[0][1]\n1,2,3,4,0.5,1e-07,5,6\n",
    );
  });

  it("has index columns and one row for each compound of several dimensions", () => {
    const type = compound({ a: int32, b: int32 });
    assert.equal(render("csv", source(type, [2, 2], zeroToSeven)), "d0,d1,a,b\n0,0,0,1\n0,1,2,3\n1,0,4,5\n1,1,6,7\n");
  });

  it("has every column of a table that is wide, or has columns of any length between the others", () => {
    const wide = compound(Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`c${i}`, int32])));
    const numbers = Array.from({ length: 2000 }, (_, i) => i * 7919 - 5_000_000);
    const rows = [numbers.slice(0, 1000), numbers.slice(1000)].map((row) => `${row.join(",")}\n`);
    const [, ...lines] = render("csv", source(wide, [2], int32s(...numbers))).split(/(?<=\n)/);
    assert.deepEqual(lines, rows);

    const mixed = compound({ a: int32, s: vlenString, b: int32, c: array(int32, 2), t: string(5000), d: int32 });
    const row = [...int32s(1), ...ids(1), ...int32s(2, 3, 4), ...new Uint8Array(5000).fill(0x22), ...int32s(5)];
    assert.equal(
      render("csv", source(mixed, [2], Uint8Array.from([...row, ...row]), heapOf([ascii("x,y")]))),
      `a,s,b,c[0],c[1],t,d\n${`1,"x,y",2,3,4,"${'"'.repeat(10_000)}",5\n`.repeat(2)}`,
    );
  });

  it("has names of enumerations of any size and length", () => {
    const long = "N".repeat(5000);
    const wide = enumeration({ [long]: 3 }, 4);
    assert.equal(render("csv", source(wide, [2], int32s(3, -4))), `data\n${long}\n-4\n`);
    assert.equal(render("csv", source(enumeration({ LOW: -9 }, 4), [2], int32s(-9, 9))), "data\nLOW\n9\n");
    assert.equal(render("csv", source(enumeration({ LOW: -9 }, 8), [1], int32s(-9, -1))), "data\nLOW\n");
  });

  it("is only a header without elements", () => {
    assert.equal(render("csv", source(int32, [0], six)), "data\n");
    assert.equal(render("csv", source(int32, [3, 0], six)), "\n");
    assert.equal(render("csv", source(int32, [0, 2], six)), "0,1\n");
    assert.equal(render("csv", source(compound({ a: int32 }), null, six)), "a\n");
  });

  it("quotes as Python's csv module does", () => {
    const table: { columns: string[]; rows: string[][]; text: string } = JSON.parse(
      readFileSync("test/data/view/csv-table.json", "utf8"),
    );
    const type = compound(Object.fromEntries(table.columns.map((name) => [name, string(16)])));
    const bytes = new Uint8Array(table.rows.length * type.size);
    for (const [i, text] of table.rows.flat().entries()) bytes.set(encodeText(text), 16 * i);
    assert.equal(render("csv", source(type, [table.rows.length], bytes)), table.text);
  });

  it("reads back as the same text", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('"', ",", "\n", "\r", "a", " ") }), (text) => {
        const sink = new ByteSink(1);
        const bytes = encodeText(text);
        writeCsvText(sink, bytes, 0, bytes.length);
        const field = Buffer.from(sink.take()).toString();
        const isQuoted = field.startsWith('"');
        if (!isQuoted) assert.doesNotMatch(field, /[",\r\n]/);
        assert.equal(isQuoted ? field.slice(1, -1).replaceAll('""', '"') : field, text);
        if (isQuoted) assert.doesNotMatch(field.slice(1, -1).replaceAll('""', ""), /"/);
      }),
    );
  });

  it("tells a null string from an empty one, and never leaves a line empty", () => {
    const heap = heapOf([new Uint8Array(0), ascii("x")]);
    assert.equal(render("csv", source(vlenString, [3], ids(0, 1, 2), heap)), 'data\n""\n""\nx\n');
    const type = compound({ a: vlenString, b: vlenString });
    assert.equal(render("csv", source(type, [2], ids(0, 1, 2, 0), heap)), 'a,b\n,""\nx,\n');
  });

  it("shows each class of datatype as design says", () => {
    const bits = { ...integer(2, false, "big"), class: "bitfield" } as const;
    const cases: readonly (readonly [Datatype, Uint8Array, string])[] = [
      [boolean, Uint8Array.of(1), "true"],
      [boolean, Uint8Array.of(2), "2"],
      [enumeration({ "RED, dark": 3 }), Uint8Array.of(3), '"RED, dark"'],
      [enumeration({ RED: 3 }), Uint8Array.of(255), "-1"],
      [bits, Uint8Array.of(0x0a, 0xb0), "0x0ab0"],
      [{ ...bits, bitOffset: 4, precision: 8 }, Uint8Array.of(0x0a, 0xb0), "0xab"],
      [opaque(3), Uint8Array.of(0, 255, 16), "0x00ff10"],
      [{ class: "time", size: 4, order: "little", precision: 32 }, int32s(-5), "-5"],
      [string(4, "space-padded"), ascii("a b "), "a b"],
      [string(4, "null-terminated"), ascii("a\0bc"), "a"],
      [string(4), ascii("a\0b\0"), "a\0b"],
      [integer(8), new Uint8Array(BigInt64Array.of(-(2n ** 63n)).buffer), "-9223372036854775808"],
      [integer(8), new Uint8Array(BigInt64Array.of(-(2n ** 53n)).buffer), "-9007199254740992"],
      [integer(8, false), new Uint8Array(BigUint64Array.of(2n ** 64n - 1n).buffer), "18446744073709551615"],
      [integer(3, true, "big"), Uint8Array.of(0xff, 0xff, 0xfe), "-2"],
      [integer(16, false), new Uint8Array(16).fill(255), "340282366920938463463374607431768211455"],
      [{ ...integer(2), bitOffset: 4, precision: 8 }, Uint8Array.of(0xf5, 0xff), "-1"],
      [float32, Uint8Array.of(0, 0, 0x80, 0x7f), "inf"],
    ];
    for (const [type, bytes, text] of cases) assert.equal(render("csv", source(type, [1], bytes)), `data\n${text}\n`);
  });

  it("shows references as paths and sequences as JSON", () => {
    const heap = heapOf([int32s(1, 2), new Uint8Array(0)], ["/a,b"]);
    const eight = (id: number): Uint8Array => ids(id).subarray(0, 8);
    assert.equal(
      render("csv", source(reference, [2], Uint8Array.from([...eight(1), ...eight(0)]), heap)),
      'data\n"/a,b"\n""\n',
    );
    assert.equal(render("csv", source(vlen("sequence", int32), [3], ids(1, 2, 0), heap)), 'data\n"[1, 2]"\n[]\n[]\n');
  });
});

describe("txt", () => {
  it("has strings as lines, as they are", () => {
    assert.equal(render("txt", source(string(4), [2], ascii('a,"bc d '))), 'a,"b\nc d \n');
    assert.equal(render("txt", source(vlenString, [], ids(1), heapOf([ascii("two\nlines")]))), "two\nlines\n");
    assert.equal(render("txt", source(vlenString, [], ids(0))), "\n");
  });

  it("has a row of numbers on a line, and a blank line between planes", () => {
    assert.equal(render("txt", source(int32, [2], six)), "0\n1\n");
    assert.equal(render("txt", source(int32, [2, 3], six)), "0 1 2\n3 4 5\n");
    assert.equal(render("txt", source(int32, [2, 2, 2], zeroToSeven)), "0 1\n2 3\n\n4 5\n6 7\n");
    assert.equal(render("txt", source(complex(float64), [1, 1], float64s(1, 2))), "1.0 2.0\n");
  });
});

describe("json", () => {
  it("nests as the data do", () => {
    assert.equal(render("json", source(int32, [], six)), "0\n");
    assert.equal(render("json", source(int32, [3], six)), "[0,\n 1,\n 2]\n");
    assert.equal(render("json", source(int32, [2, 3], six)), "[[0, 1, 2],\n [3, 4, 5]]\n");
    assert.deepEqual(JSON.parse(render("json", source(int32, [2, 2, 2], zeroToSeven))), [
      [
        [0, 1],
        [2, 3],
      ],
      [
        [4, 5],
        [6, 7],
      ],
    ]);
  });

  it("keeps the shape of what is empty", () => {
    for (const [dims, text] of [
      [[0], "[]"],
      [[0, 3], "[]"],
      [[2, 0], "[[], []]"],
      [[2, 1, 0, 5], "[[[]], [[]]]"],
      [null, "null"],
    ] as const) {
      assert.equal(render("json", source(int32, dims, six)), `${text}\n`);
    }
    assert.throws(() => render("json", source(int32, [2 ** 40, 0], six)), { kind: "limit" });
  });

  it("shows every class of datatype", () => {
    const type = compound({
      n: float64,
      z: complex(float64),
      s: string(6),
      ok: boolean,
      o: opaque(1),
      a: array(int32, 2),
      v: vlen("sequence", vlenString),
      nil: vlenString,
      r: reference,
    });
    const bytes = Uint8Array.from([
      ...float64s(Number.NaN, 1, -1 / 0),
      ...ascii('"\n\xe9\\\x01a'),
      1,
      0xab,
      ...int32s(1, 2),
      ...ids(1),
      ...ids(0),
      ...ids(1).subarray(0, 8),
    ]);
    const heap = heapOf([ids(2, 0), encodeText("é")], ["/x"]);
    const text = render("json", source(type, [1], bytes, heap));
    assert.deepEqual(JSON.parse(text), [
      {
        n: "NaN",
        z: { r: 1, i: "-Infinity" },
        s: '"\n\udce9\\\x01a',
        ok: true,
        o: "0xab",
        a: [1, 2],
        v: ["é", null],
        nil: null,
        r: "/x",
      },
    ]);
    assert.match(text, /\\udce9/);
  });

  it("describes a datatype", () => {
    const sink = new ByteSink();
    renderDatatype({ ...compound({ c: enumeration({ RED: 1 }), f: float64 }), committedAt: 800 }, sink);
    const described = JSON.parse(Buffer.from(sink.take()).toString());
    assert.equal(described.size, 9);
    assert.deepEqual(described.members[0].type.members, [{ name: "RED", value: 1 }]);
    assert.equal(described.committedAt, undefined);
  });
});

describe("text formats", () => {
  const shapes = [[], [5], [2, 3], [2, 3, 2], [1, 1, 4, 2]];
  for (const view of ["csv", "txt", "json"] as const) {
    it(`${view}: any range of elements is the same text as in the whole`, () => {
      for (const dims of shapes) {
        const count = dims.reduce((product, dim) => product * dim, 1);
        const of = source(int32, dims, int32s(...Array.from({ length: count }, (_, i) => i * 37)));
        const whole = render(view, of);
        for (let step = 1; step <= count; step++) {
          const sink = new ByteSink();
          const format = textFormat(view, of);
          format.head(sink);
          for (let first = 0; first < count; first += step) {
            const n = Math.min(step, count - first);
            format.elements(first, n, elementBytes(of.read(first, n)), sink);
          }
          format.tail(sink);
          assert.equal(Buffer.from(sink.take()).toString(), whole);
        }
      }
    });
  }
});
