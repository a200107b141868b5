import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import type { FloatType } from "../../src/format/datatype.ts";
import { ByteSink } from "../../src/object/text/byte-sink.ts";
import { type Cell, cellOf } from "../../src/object/text/cell.ts";
import { JSON_STRINGS, PLAIN } from "../../src/object/text/float-text.ts";
import { numberWriter } from "../../src/object/text/number-text.ts";
import { shortestDigits } from "../../src/object/text/shortest.ts";
import { elementBytes } from "../../src/object/value-bytes.ts";
import { floatFormat, readFloat, toDouble } from "../../src/object/value-float.ts";
import { float, float16, float32, float64, x87 } from "./datatypes.ts";

interface Truth {
  readonly float64: readonly [bits: string, text: string][];
  readonly float32: readonly [bits: string, text: string][];
  readonly float16Sha256: readonly string[];
  readonly x87: readonly [bytes: string, text: string, double: string][];
}
const truth: Truth = JSON.parse(readFileSync("test/data/view/floats.json", "utf8"));

const fromHex = (hex: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(hex, "hex"));

function textOf(type: FloatType, bytes: Uint8Array, nonFinite = PLAIN): string {
  const sink = new ByteSink(8);
  cellOf(numberWriter(type, nonFinite))(elementBytes(bytes), 0, sink);
  return Buffer.from(sink.take()).toString();
}

type Column = Cell;
const newColumn = (): Column => cellOf(numberWriter(float64, PLAIN));

function float64Text(column: Column, value: number): string {
  const sink = new ByteSink(8);
  column(elementBytes(new Uint8Array(Float64Array.of(value).buffer)), 0, sink);
  return Buffer.from(sink.take()).toString();
}

const float32Text = (value: number): string => textOf(float32, new Uint8Array(Float32Array.of(value).buffer));

/** The significant digits, of JavaScript's or of our form. */
const digitsOf = (text: string): string =>
  text
    .replace(/e.*/, "")
    .replace(/[-.]/g, "")
    .replace(/^0+|0+$/g, "");

describe("float text", () => {
  it("is Python's repr for float64", () => {
    for (const [bits, text] of truth.float64) {
      assert.equal(textOf(float(8, 11, "big"), fromHex(bits)), text);
      assert.equal(textOf(float64, fromHex(bits).reverse()), text);
    }
  });

  it("is Python's repr for float64 whatever was written before in the column", () => {
    const sink = new ByteSink();
    const cell = cellOf(numberWriter(float(8, 11, "big"), PLAIN));
    for (const [bits, text] of [...truth.float64, ...truth.float64.toReversed()]) {
      sink.length = 0;
      cell(elementBytes(fromHex(bits)), 0, sink);
      assert.equal(Buffer.from(sink.take()).toString(), text);
    }
  });

  it("has NumPy's digits for float32", () => {
    for (const [bits, text] of truth.float32) assert.equal(textOf(float(4, 8, "big"), fromHex(bits)), text);
  });

  it("has NumPy's digits for every float16", () => {
    const cell = cellOf(numberWriter(float16, PLAIN));
    const data = elementBytes(new Uint8Array(Uint16Array.from({ length: 65536 }, (_, i) => i).buffer));
    const hashes = truth.float16Sha256.map((_, block) => {
      const sink = new ByteSink();
      for (let i = block * 1024; i < (block + 1) * 1024; i++) {
        cell(data, 2 * i, sink);
        sink.byte(0x0a);
      }
      return createHash("sha256").update(sink.take()).digest("hex");
    });
    assert.deepEqual(hashes, truth.float16Sha256);
  });

  it("has NumPy's digits for x86 extended precision, and its double the nearest", () => {
    assert.equal(floatFormat(x87), "x87");
    for (const [bytes, text, double] of truth.x87) {
      const element = new Uint8Array(16);
      element.set(fromHex(bytes));
      assert.equal(textOf(x87, element), text);
      assert.equal(toDouble(readFloat(element, 0, x87)), new DataView(fromHex(double).buffer).getFloat64(0), text);
    }
  });

  it("reads back as the same float64, with no more digits than JavaScript's", () => {
    const column = newColumn();
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (value) => {
        const text = float64Text(column, value);
        if (!Number.isFinite(value)) assert.equal(text, value > 0 ? "inf" : "-inf");
        else {
          assert.ok(Object.is(Number(text), value), `${text} is not ${value}`);
          assert.equal(digitsOf(text), digitsOf(`${value}`));
        }
      }),
      { numRuns: 5000 },
    );
  });

  it("has JavaScript's digits for every power of two, whose neighbours are not equally far", () => {
    const column = newColumn();
    for (let power = -1074; power < 1024; power++) {
      const value = 2 ** power;
      assert.equal(digitsOf(float64Text(column, value)), digitsOf(`${value}`));
      if (power < -149 || power > 127) continue;
      const text = float32Text(value);
      assert.equal(Math.fround(Number(text)), value);
      const exact = readFloat(new Uint8Array(Float32Array.of(value).buffer), 0, float32);
      assert.ok(exact.kind === "finite");
      assert.equal(digitsOf(text), digitsOf(shortestDigits(exact).digits));
    }
  });

  it("reads back as the same float64 for numbers of few decimals", () => {
    const column = newColumn();
    fc.assert(
      fc.property(fc.integer({ min: -(10 ** 12), max: 10 ** 12 }), fc.nat(12), (digits, decimals) => {
        const value = Number(`${digits}e-${decimals}`);
        const text = float64Text(column, value);
        assert.equal(Number(text), value);
        assert.equal(digitsOf(text), digitsOf(`${value}`));
      }),
      { numRuns: 5000 },
    );
  });

  it("reads back as the same float32, and as none with a digit less", () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const text = float32Text(value);
        assert.ok(Object.is(Math.fround(Number(text)), value), `${text} is not ${value}`);
        const digits = digitsOf(text).length;
        if (digits > 1) assert.notEqual(Math.fround(Number(value.toPrecision(digits - 1))), value);
      }),
      { numRuns: 5000 },
    );
  });

  it("agrees with the exact algorithm", () => {
    const column = newColumn();
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: 5e-324 }), (value) => {
        const bytes = new Uint8Array(Float64Array.of(value).buffer);
        const exact = readFloat(bytes, 0, float64);
        assert.ok(exact.kind === "finite");
        assert.equal(toDouble(exact), value);
        assert.equal(digitsOf(shortestDigits(exact).digits), digitsOf(float64Text(column, value)));
      }),
      { numRuns: 2000 },
    );
  });

  it("shows bfloat16, FP8 and VAX floats by their value, as readers of float32 or float64 take it", () => {
    assert.equal(textOf(float(2, 8), Uint8Array.of(0x49, 0x40)), "3.140625");
    assert.equal(textOf(float(2, 8), Uint8Array.of(0xcd, 0x3d)), "0.100097656");
    assert.equal(textOf(float(2, 8), Uint8Array.of(0x01, 0x00)), "9.1835e-41");
    assert.equal(textOf(float(3, 10), Uint8Array.of(0x01, 0x00, 0x20)), "1.7274445549777535e-77");
    assert.equal(textOf(float(1, 5), Uint8Array.of(0x3c)), "1.0");
    assert.equal(textOf(float(1, 4), Uint8Array.of(0x39)), "1.125");
    assert.equal(textOf(float(1, 4), Uint8Array.of(0x7f)), "nan");
    // VAX F_floating 1.0 is 0x4080 in the first word: 0.5 times 2^1, bias 128 for a mantissa that begins 0.1.
    const vax: FloatType = { ...float(4, 8, "vax"), exponentBias: 129 };
    assert.equal(textOf(vax, Uint8Array.of(0x80, 0x40, 0, 0)), "1.0");
    // The word 0x4149, then 0x0fd0.
    assert.equal(textOf(vax, Uint8Array.of(0x49, 0x41, 0xd0, 0x0f)), "3.14159");
  });

  it("puts what is no number in quotes in JSON", () => {
    const of = (value: number): string => textOf(float64, new Uint8Array(Float64Array.of(value).buffer), JSON_STRINGS);
    assert.deepEqual([Number.NaN, 1 / 0, -1 / 0, 0.5].map(of), ['"NaN"', '"Infinity"', '"-Infinity"', "0.5"]);
    assert.equal(textOf(float32, new Uint8Array(Float32Array.of(-1 / 0).buffer), JSON_STRINGS), '"-Infinity"');
    assert.equal(textOf(float16, Uint8Array.of(0, 0x7c), JSON_STRINGS), '"Infinity"');
  });

  it("refuses exponents that no number can have", () => {
    const type: FloatType = { ...float(16, 15), exponentSize: 100 };
    assert.throws(() => textOf(type, new Uint8Array(16)), { name: "UnsupportedError" });
  });
});
