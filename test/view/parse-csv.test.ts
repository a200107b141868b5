import assert from "node:assert/strict";
import fc from "fast-check";
import { H5Error } from "../../src/errors.ts";
import type { Datatype } from "../../src/format/datatype.ts";
import { encodeText } from "../../src/format/text.ts";
import { elementBytes } from "../../src/object/value-bytes.ts";
import { csvRecords, QUOTING } from "../../src/view/csv-records.ts";
import { cellParser } from "../../src/view/parse-cell.ts";
import { type CsvTarget, parseCsv } from "../../src/view/parse-csv.ts";
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
  string,
  x87,
} from "../object/datatypes.ts";
import { assertRefused } from "../support/error-kind.ts";
import { MemoryHeap } from "./memory-heap.ts";
import { render, source } from "./render.ts";

/** A text in blocks of that size. */
function* inBlocks(text: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

const records = (text: string, size = text.length): string[][] =>
  Array.from(csvRecords(inBlocks(Buffer.from(text), Math.max(1, size)), 0x2c), (record) =>
    Array.from({ length: record.count }, (_, i) => Buffer.from(record.field(i)).toString()),
  );

describe("records of a CSV text", () => {
  it("are split as RFC 4180 says, in blocks of any size", () => {
    const text = '\ufeffa,"b ""c"" d",\r\n"x\ny",,"",1\n\nlast';
    const expected = [["a", 'b "c" d', ""], ["x\ny", "", "", "1"], [""], ["last"]];
    for (let size = 1; size <= text.length + 3; size++) assert.deepEqual(records(text, size), expected, `${size}`);
    assert.deepEqual(records(""), []);
    assert.deepEqual(records("a\n"), [["a"]]);
    const [first] = csvRecords([Buffer.from('"",x')], 0x2c);
    assert.deepEqual([first?.quoting[0], first?.quoting[1]], [QUOTING.plain, QUOTING.none]);
  });

  it("are refused with their line where they are none", () => {
    const refuses = (text: string, message: RegExp): void => {
      for (const size of [1, 3, 100]) assert.throws(() => records(text, size), message);
    };
    refuses('a\n"b\nc', /line 2: field 1 has no closing quote/);
    refuses('"a\nb"\nc,"d"e', /line 3: field 2 has text after its closing quote/);
    refuses("a\rb\n", /line 1: field 1 has a carriage return/);
  });

  it("are what was quoted, whatever it is", () => {
    const field = fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", "\r", "é", "") });
    const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
    fc.assert(
      fc.property(
        fc.array(fc.array(field, { minLength: 1 }), { minLength: 1 }),
        fc.integer({ min: 1, max: 9 }),
        (rows, size) => {
          const text = rows.map((row) => row.map(quoted).join(",")).join("\r\n");
          assert.deepEqual(records(text, size), rows);
        },
      ),
    );
  });
});

function cell(type: Datatype, text: string): Uint8Array {
  const out = elementBytes(new Uint8Array(type.size));
  const bytes = Buffer.from(text);
  cellParser(type, undefined).parse(bytes, 0, bytes.length, out, 0);
  return out.bytes;
}

const refuses = (type: Datatype, text: string, message: RegExp): void => {
  assertRefused(() => cell(type, text), message);
};

describe("numbers from text", () => {
  it("float64 is the nearest, as JavaScript reads it", () => {
    const read = (text: string): number => new DataView(cell(float64, text).buffer).getFloat64(0, true);
    for (const text of [
      "0",
      "-0",
      "1",
      "0.1",
      "1e22",
      "1e23",
      "9007199254740993",
      "2.2250738585072011e-308",
      "5e-324",
      "1e-400",
      ".5",
      "5.",
      "+7",
      " 8 ",
      "123456789012345678901234567890",
    ]) {
      assert.ok(Object.is(read(text), Number(text)), text);
    }
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.integer({ min: 1, max: 20 }),
        (value, digits) => {
          for (const text of [`${value}`, value.toExponential(), value.toPrecision(digits)]) {
            if (Number.isFinite(Number(text))) assert.ok(Object.is(read(text), Number(text)), text);
          }
        },
      ),
    );
    for (const [text, value] of [
      ["nan", Number.NaN],
      ["Infinity", Infinity],
      ["-inf", -Infinity],
    ] as const) {
      assert.ok(Object.is(read(text), value), text);
    }
    for (const text of ["", "-", ".", "1e", "1e+", "0x10", "1,5", "1 2", "1_000", "na", "true", "--1", "1.2.3"]) {
      refuses(float64, text, /is not a number/);
    }
    refuses(float64, "1e309", /is too large/);
  });

  it("every float16 and bfloat16 reads back from its text, and float32s do", () => {
    for (const type of [float16, float(2, 8)]) {
      const bytes = new Uint8Array(Uint16Array.from({ length: 65_536 }, (_, i) => i).buffer);
      const lines = render("csv", source(type, [65_536], bytes))
        .split("\n")
        .slice(1, -1);
      const parse = cellParser(type, undefined).parse;
      const out = elementBytes(new Uint8Array(2));
      lines.forEach((line, i) => {
        if (line === "nan") return;
        const text = Buffer.from(line);
        out.bytes.fill(0);
        parse(text, 0, text.length, out, 0);
        assert.equal(out.view.getUint16(0, true), i, line);
      });
    }
    const floats = Float32Array.from({ length: 20_000 }, (_, i) => {
      const bits = Uint32Array.of(Math.imul(i, 2654435761) >>> 0);
      return new Float32Array(bits.buffer)[0] ?? 0;
    });
    const text = render("csv", source(float32, [floats.length], new Uint8Array(floats.buffer)));
    const again = new Float32Array(floats.length);
    for (const { first, count, bytes } of parseCsv(
      [encodeText(text)],
      { datatype: float32, dims: [1], name: "data" },
      undefined,
    )) {
      again.set(new Float32Array(bytes.slice().buffer, 0, count), first);
    }
    for (const [i, value] of floats.entries()) assert.ok(Object.is(again[i], value), `${value}`);
    // Half way between two float32, but for what a double cannot hold.
    const read = (digits: string): number => new DataView(cell(float32, digits).buffer).getFloat32(0, true);
    assert.equal(read("1.00000005960464477539062500000"), 1);
    assert.equal(read("1.00000005960464477539062500001"), 1 + 2 ** -23);
    refuses(float32, "3.5e38", /is too large/);
    assert.equal(read("3.4028235677973366163e38"), 3.4028234663852886e38);
    refuses(float32, "3.4028235677973366164e38", /is too large/);
    assert.deepEqual(cell(x87, "0.1"), cell(x87, "0.100000000000000000001"));
  });

  it("integers are exact, and refused where they do not fit", () => {
    const read = (text: string): bigint => new DataView(cell(integer(8), text).buffer).getBigInt64(0, true);
    for (const value of [
      0n,
      -1n,
      2n ** 53n + 1n,
      -(2n ** 63n),
      2n ** 63n - 1n,
      999_999_999_999_999n,
      -1_000_000_000_000_000n,
    ]) {
      assert.equal(read(`${value}`), value);
    }
    assert.equal(read("5.0"), 5n);
    assert.equal(read("1.2e3"), 1200n);
    assert.deepEqual([...cell(integer(2, true, "big"), "-2")], [0xff, 0xfe]);
    refuses(integer(8), "9223372036854775808", /does not fit/);
    refuses(integer(1, false), "256", /does not fit, 0 to 255/);
    refuses(integer(4), "1.5", /"1.5" is not an integer/);
    refuses(integer(4), "nan", /is not an integer/);
    refuses(integer(4), "1e30", /does not fit/);
  });
});

describe("elements from a CSV text", () => {
  const parsed = (text: string, target: CsvTarget, size = 7): Uint8Array => {
    const parts = [...parseCsv(inBlocks(encodeText(text), size), target, undefined)];
    return Buffer.concat(parts.map(({ bytes }) => bytes));
  };
  const types: Record<string, Datatype> = {
    integers: integer(4),
    long: integer(8, false, "big"),
    floats: float64,
    booleans: boolean,
    names: enumeration({ RED: 1, "a,b": 2, 'q"': 3 }),
    text: string(6, "space-padded"),
    bytes: opaque(3),
    bits: { ...integer(2), class: "bitfield", precision: 11 },
    complex: complex(float32),
    table: compound({
      id: integer(2),
      "x,y": float64,
      s: string(4),
      in: compound({ a: integer(1), m: array(integer(1), 2, 2) }),
      z: complex(float64),
    }),
  };
  for (const [name, datatype] of Object.entries(types)) {
    it(`of ${name} are those that it was rendered from`, () => {
      for (const dims of [[], [5], [3, 4], [2, 3, 2], [0]]) {
        const count = dims.reduce((product, dim) => product * dim, 1);
        // Small integers are values of every type here, and no NaN.
        const bytes = Uint8Array.from({ length: count * datatype.size }, (_, i) =>
          datatype.class === "string" ? 0x61 + (i % 5) : datatype.class === "enum" ? i % 2 : (i * 37) % 8,
        );
        if (datatype.class === "compound" && name === "table")
          for (let at = 10; at < bytes.length; at += datatype.size) bytes.set(encodeText('a",\n'), at);
        const text = render("csv", source(datatype, dims, bytes));
        const again = parsed(text, { datatype, dims, name: "data" });
        assert.deepEqual(Buffer.from(again).toString("hex"), Buffer.from(bytes).toString("hex"), text);
        assert.deepEqual(
          parsed(text.replaceAll(/(?<!,)\n/g, "\r\n"), { datatype, dims, name: "data" }, 1000).length,
          bytes.length,
        );
      }
    });
  }

  it("are null references where there is nothing, as they are shown", () => {
    const reference: Datatype = { class: "reference", size: 8, kind: "object" };
    const target = { datatype: reference, dims: [2], name: "data" };
    const text = render("csv", source(reference, [2], new Uint8Array(16)));
    assert.equal(text, 'data\n""\n""\n');
    const [rows] = [...parseCsv([encodeText(text)], target, new MemoryHeap())];
    assert.deepEqual(Buffer.from(rows?.bytes ?? []), Buffer.alloc(16));
  });

  it("are UTF-8 in strings that are called ASCII, too, as PyTables and pandas store it", () => {
    const datatype: Datatype = { ...string(4), charset: "ascii" };
    const bytes = encodeText("é\0\0");
    const text = render("csv", source(datatype, [1], bytes));
    assert.equal(text, "data\né\n");
    assert.deepEqual(Buffer.from(parsed(text, { datatype, dims: [1], name: "data" })), Buffer.from(bytes));
  });

  it("say line and column of what is wrong", () => {
    const table: CsvTarget = { datatype: compound({ a: integer(4), b: float64 }), dims: [2], name: "t" };
    const refuses = (text: string, message: RegExp, target = table): void =>
      assert.throws(
        () => parsed(text, target),
        (error) => {
          assert.ok(error instanceof H5Error && error.kind === "argument", `${error}`);
          assert.match(error.message, message);
          return true;
        },
      );
    refuses("a,b\n1,2\n3,x\n", /line 3, field 2 \(b\): "x" is not a number/);
    refuses("a,b\n1,2\n3\n", /line 3: has 1 fields, expected 2/);
    refuses("a,c\n1,2\n", /line 1: column 2 is called "c", expected "b"/);
    refuses("a\n1\n", /line 1: the header has 1 columns, expected 2/);
    refuses("a,b\n1,2\n\n3,4\n", /line 3: is empty/);
    refuses("", /line 1: has no header/);
    refuses("d0,d1,0,1\n0,0,1,2\n0,2,3,4\n", /line 3, field 2 \(d1\): 2, expected 1/, {
      datatype: integer(4),
      dims: [1, 2, 2],
      name: "x",
    });
    refuses("d0,d1,0,1\n0,0,1,2\n0,1,3,4\n1,0,1,1\n", /3 rows, which is no multiple of the 2/, {
      datatype: integer(4),
      dims: [1, 2, 2],
      name: "x",
    });
    assert.equal(parsed("a,b\n1,2\n3,4\n\n\n", table).length, 24, "empty lines at the end are left out");
  });
});
