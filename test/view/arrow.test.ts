import assert from "node:assert/strict";
import { tableFromIPC } from "apache-arrow";
import { H5Error } from "../../src/errors.ts";
import type { Datatype } from "../../src/format/datatype.ts";
import { extendedFloatType } from "../../src/object/datatypes.ts";
import { ByteSink } from "../../src/object/text/byte-sink.ts";
import { render, textOf } from "../../src/view/render.ts";
import type { ElementSource } from "../../src/view/source.ts";
import { renderBlock } from "../../src/view/text-block.ts";
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
} from "../object/datatypes.ts";
import { ascii, float64s, int32s, source } from "./render.ts";

function arrow(of: ElementSource): Uint8Array {
  const sink = new ByteSink(16);
  const text = textOf("arrow", of);
  for (const _ of render(text, 0, text.format.elementCount, sink));
  const bytes = sink.take();
  assert.equal(bytes.length, text.known?.size);
  return bytes;
}

/** The table as Arrow's own implementation reads it: names and types of its columns, and their values. */
function read(bytes: Uint8Array): { types: Record<string, string>; rows: number; values: Record<string, unknown[]> } {
  const table = tableFromIPC(bytes);
  const types: Record<string, string> = {};
  const values: Record<string, unknown[]> = {};
  for (const [i, { name, type }] of table.schema.fields.entries()) {
    types[name] = `${type}`;
    values[name] = [...(table.getChildAt(i) ?? [])];
  }
  return { types, rows: table.numRows, values };
}

function column(
  type: Datatype,
  bytes: Uint8Array,
  count = bytes.length / type.size,
): [string | undefined, ...unknown[]] {
  const { types, values } = read(arrow(source(type, [count], bytes)));
  return [types.data, ...(values.data ?? [])];
}

const swapped = (bytes: Uint8Array, size: number): Uint8Array => {
  const out = bytes.slice();
  for (let at = 0; at < out.length; at += size) out.subarray(at, at + size).reverse();
  return out;
};
const bytesOf = (...values: number[]): Uint8Array => Uint8Array.from(values);

describe("an Arrow file", () => {
  it("has a column of the same numbers for each type of numbers", () => {
    const big = BigInt64Array.of(2n ** 63n - 1n, -5n);
    const stored = new Uint8Array(big.buffer);
    assert.deepEqual(column(integer(1), bytesOf(1, 255)), ["Int8", 1, -1]);
    assert.deepEqual(column(integer(1, false), bytesOf(1, 255)), ["Uint8", 1, 255]);
    assert.deepEqual(column(integer(2, true, "big"), bytesOf(1, 2, 255, 254)), ["Int16", 258, -2]);
    assert.deepEqual(column(integer(4), int32s(7, -9)), ["Int32", 7, -9]);
    assert.deepEqual(column(integer(4, false, "big"), swapped(int32s(7, -1), 4)), ["Uint32", 7, 2 ** 32 - 1]);
    assert.deepEqual(column(integer(8), stored), ["Int64", ...big]);
    assert.deepEqual(column(integer(8, true, "big"), swapped(stored, 8)), ["Int64", ...big]);
    assert.deepEqual(column(float16, bytesOf(0, 0x3e, 0, 0xfc)), ["Float16", 1.5, -Infinity]);
    assert.deepEqual(column(float32, new Uint8Array(Float32Array.of(0.1, NaN).buffer)), [
      "Float32",
      Math.fround(0.1),
      NaN,
    ]);
    assert.deepEqual(column(float64, float64s(0.1, -0)), ["Float64", 0.1, -0]);
    assert.deepEqual(column(float(8, 11, "big"), swapped(float64s(0.1), 8)), ["Float64", 0.1]);
  });

  it("has numbers of other layouts in the next type that holds them all, and none where there is none", () => {
    const twelve = { ...integer(2), precision: 12, bitOffset: 2 };
    assert.deepEqual(column(twelve, bytesOf(0xfc, 0x3f, 0x14, 0)), ["Int16", -1, 5]);
    assert.deepEqual(column(integer(3), bytesOf(1, 2, 3, 0xff, 0xff, 0xff)), ["Int32", 0x030201, -1]);
    assert.deepEqual(column(float(2, 8), bytesOf(0x80, 0x3f, 0x20, 0x41)), ["Float32", 1, 10]);
    assert.deepEqual(column(float(1, 4), bytesOf(0x38, 0xb4)), ["Float32", 1, -0.75]);
    for (const type of [integer(9), extendedFloatType(), float(16, 15)]) {
      assert.throws(() => textOf("arrow", source(type, [1], new Uint8Array(16))), /no form in Arrow's files/);
    }
  });

  it("has booleans as bits, enumerations as their numbers, complex numbers as two columns, opaque data as bytes", () => {
    assert.deepEqual(column(boolean, bytesOf(1, 0, 0, 1, 1, 1, 1, 0, 0, 2)), [
      "Bool",
      ...[true, false, false, true, true, true, true, false, false, true],
    ]);
    assert.deepEqual(column(enumeration({ LOW: -9 }, 4), int32s(-9, 7)), ["Int32", -9, 7]);
    const { values } = read(arrow(source(complex(float64), [2], float64s(1, 2, 3, 4))));
    assert.deepEqual(values, { "data.r": [1, 3], "data.i": [2, 4] });
    const [type, first, second] = column(opaque(3), bytesOf(1, 2, 3, 4, 5, 6));
    assert.equal(type, "FixedSizeBinary[3]");
    assert.deepEqual([first, second], [bytesOf(1, 2, 3), bytesOf(4, 5, 6)]);
  });

  it("has strings without their padding, and refuses what is no UTF-8", () => {
    const texts = "abc\0\0\0\0\0\0\0né\0\0";
    assert.deepEqual(column(string(5), Buffer.from(texts)), ["Utf8", "abc", "", "né"]);
    assert.deepEqual(column(string(3, "null-terminated"), ascii("ab\0c\0d")), ["Utf8", "ab", "c"]);
    assert.deepEqual(column(string(3, "space-padded"), ascii("a  b c")), ["Utf8", "a", "b c"]);
    const halves = bytesOf(0x61, 0xc3, 0xa9, 0x62);
    for (const bytes of [ascii("ab\xe9c"), halves]) {
      assert.throws(
        () => arrow(source(string(2), [2], bytes)),
        (error) =>
          error instanceof H5Error && error.kind === "unsupported" && /row [01]: is no UTF-8/.test(error.message),
      );
    }
  });

  it("has the columns of the CSV text", () => {
    const type = compound({ id: integer(4), p: compound({ pos: array(integer(4), 2) }), s: string(4) });
    const row = Uint8Array.from([...int32s(1, 2, 3), ...ascii("xy\0\0")]);
    assert.deepEqual(read(arrow(source(type, [2], Uint8Array.from([...row, ...row])))).values, {
      id: [1, 1],
      "p.pos[0]": [2, 2],
      "p.pos[1]": [3, 3],
      s: ["xy", "xy"],
    });
    const eight = int32s(0, 1, 2, 3, 4, 5, 6, 7);
    assert.deepEqual(read(arrow(source(integer(4), [2, 4], eight))).values, {
      0: [0, 4],
      1: [1, 5],
      2: [2, 6],
      3: [3, 7],
    });
    assert.deepEqual(read(arrow(source(integer(4), [2, 2, 2], eight))).values, {
      d0: [0n, 0n, 1n, 1n],
      d1: [0n, 1n, 0n, 1n],
      0: [0, 2, 4, 6],
      1: [1, 3, 5, 7],
    });
    assert.deepEqual(read(arrow(source(compound({ a: integer(4) }), [2, 2], eight))).values, {
      d0: [0n, 0n, 1n, 1n],
      d1: [0n, 1n, 0n, 1n],
      a: [0, 1, 2, 3],
    });
    assert.deepEqual(read(arrow(source(float64, [], float64s(9.5)))).values, { data: [9.5] });
    const empty = read(arrow(source(float64, [0], float64s())));
    assert.deepEqual(empty, { types: { data: "Float64" }, rows: 0, values: { data: [] } });
  });

  it("is read by its parts, each of them without the others", () => {
    const count = 200_001;
    const type = compound({ n: integer(4), ok: boolean, s: string(3) });
    const bytes = new Uint8Array(count * type.size);
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < count; i++) {
      view.setInt32(8 * i, i * 7919, true);
      bytes[8 * i + 4] = i % 3 === 0 ? 1 : 0;
      bytes.set(ascii(`${i % 1000}`), 8 * i + 5);
    }
    const asked: number[] = [];
    const whole = source(type, [count], bytes);
    const text = textOf("arrow", {
      ...whole,
      read(first, n) {
        asked.push(n);
        return whole.read(first, n);
      },
    });
    const all = arrow(whole);
    const { values, rows } = read(all);
    assert.equal(rows, count);
    assert.deepEqual(values.n?.[123_456], (123_456 * 7919) | 0);
    assert.deepEqual([values.ok?.[count - 3], values.s?.[199_999]], [(count - 3) % 3 === 0, "999"]);

    const index = text.known?.index() ?? assert.fail("its blocks are known");
    assert.ok(index.isComplete && index.blockCount > 3);
    assert.equal(index.length, all.length);
    const sink = new ByteSink();
    for (const number of [2, 0, index.blockCount - 1]) {
      asked.length = 0;
      const { first, count: batches, start, length } = index.block(number);
      const [block] = renderBlock(text, first, batches, sink).blocks;
      assert.deepEqual(Buffer.compare(block?.bytes ?? bytes, all.subarray(start, start + length)), 0);
      assert.ok(asked.length === 1 && (asked[0] ?? count) <= 65_536, `${asked}`);
    }
  });

  it("is not made of more columns than a schema is good for, nor of rows without any", () => {
    for (const dims of [
      [2, 4097],
      [2, 0],
    ]) {
      assert.throws(() => textOf("arrow", source(float64, dims, new Uint8Array(0))), /no form in Arrow's files/);
    }
    assert.ok(arrow(source(integer(1), [3, 4096], new Uint8Array(3 * 4096))).length > 4096 * 3 * 64);
  });
});
