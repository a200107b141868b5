import assert from "node:assert/strict";
import fc from "fast-check";
import { H5Error } from "../../src/errors.ts";
import { encodeText } from "../../src/format/text.ts";
import { datatypeName } from "../../src/object/datatype-name.ts";
import { inferJsonSteps, type TextImport } from "../../src/view/infer-json.ts";
import { inferTxtSteps } from "../../src/view/infer-txt.ts";
import { parseJsonRows } from "../../src/view/parse-json-rows.ts";
import { jsonStyleOf } from "../../src/view/parse-json-style.ts";
import { parseTxt } from "../../src/view/parse-txt.ts";
import { txtStyleOf } from "../../src/view/parse-txt-style.ts";
import type { Json } from "../../src/view/parse-type-json.ts";
import { resultOf } from "../../src/view/result-of.ts";
import type { ElementSource } from "../../src/view/source.ts";
import { MemoryHeap } from "./memory-heap.ts";
import { render, source } from "./render.ts";

function* inBlocks(text: string, size: number): Generator<Uint8Array> {
  const bytes = encodeText(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

function inferred(view: "json" | "txt", text: string, size: number): TextImport & Styles {
  if (view === "txt") {
    const { style, ...found } = resultOf(inferTxtSteps(inBlocks(text, size), 8));
    return { ...found, txtStyle: style && kept(style, txtStyleOf) };
  }
  const { style, ...found } = resultOf(inferJsonSteps(() => inBlocks(text, size), 8));
  return { ...found, jsonStyle: style && kept(style, jsonStyleOf) };
}

type Styles = Pick<ElementSource, "jsonStyle" | "txtStyle">;

/** A style as it is read back from a file. */
function kept<T>(style: T, read: (json: Json) => T | undefined): T | undefined {
  const again = read(JSON.parse(JSON.stringify(style)));
  assert.deepEqual(again, style);
  return again;
}

/** The text that is shown of the dataset that a text becomes. */
function shownAgain(view: "json" | "txt", text: string, size: number): string {
  const { datatype, dims, ...styles } = inferred(view, text, size);
  const heap = new MemoryHeap();
  const target = { datatype, dims, name: "x" };
  const blocks = inBlocks(text, size);
  const parts = [...(view === "json" ? parseJsonRows(blocks, target, heap) : parseTxt(blocks, target, heap))];
  const bytes = Buffer.concat(parts.map((part) => part.bytes));
  return render(view, { ...source(datatype, dims, bytes, heap.resolver), ...styles });
}

function becomes(view: "json" | "txt", text: string, type: string, ...dims: number[]): void {
  for (const size of [1, 7, 1 << 20]) {
    const found = inferred(view, text, size);
    assert.deepEqual([datatypeName(found.datatype), found.dims], [type, dims], text);
    assert.equal(shownAgain(view, text, size), text);
  }
}

function refuses(view: "json" | "txt", text: string, message: RegExp): void {
  assert.throws(
    () => shownAgain(view, text, 1 << 20),
    (error) => error instanceof H5Error && error.kind === "argument" && message.test(error.message),
    text,
  );
}

describe("datasets found in JSON texts are shown as the same bytes", () => {
  it("numbers, of any number of dimensions", () => {
    becomes("json", "[1,\n -2,\n 3]\n", "int64", 3);
    becomes("json", "[18446744073709551615,\n 0]\n", "uint64", 2);
    becomes("json", '[1.5,\n "NaN",\n "-Infinity"]\n', "float64", 3);
    becomes("json", "[[1, 2],\n [3, 4],\n [5, 6]]\n", "int64", 3, 2);
    becomes("json", "[[[1, 2],\n  [3, 4]],\n [[5, 6],\n  [7, 8]]]\n", "int64", 2, 2, 2);
    becomes("json", "[]\n", "float64", 0);
    becomes("json", "[[], []]\n", "float64", 2, 0);
    becomes("json", "5\n", "int64");
  });

  it("as other programs write them", () => {
    const type = "{x: float64, n: int64, s: string[3] utf-8}";
    const values = [
      { x: 0.5, n: 1, s: "a/b" },
      { x: 1e-7, n: -2, s: "é" },
    ];
    becomes("json", JSON.stringify(values), type, 2);
    becomes("json", JSON.stringify(values, undefined, 2), type, 2);
    becomes("json", JSON.stringify(values, undefined, "\t"), type, 2);
    becomes("json", JSON.stringify(values, undefined, 2).replaceAll("\n", "\r\n").concat("\r\n"), type, 2);
    // Python's json.dumps, with and without an indent.
    becomes("json", '[{"x": 0.5, "n": 1, "s": "a/b"}, {"x": 1e-07, "n": -2, "s": "\\u00e9"}]', type, 2);
    becomes("json", "[1.5, NaN, -Infinity, 2.0]", "float64", 4);
    becomes("json", "[\n    [\n        1.0\n    ],\n    [\n        2.5\n    ]\n]", "float64", 2, 1);
    becomes("json", '[\n  "\\ud834\\udd1e",\n  "\\u007f\\n"\n]\n', "string[4] utf-8", 2);
    becomes("json", "[\n  [],\n  [\n    1\n  ]\n]", "sequence of int64", 2);
    // pandas' to_json, of records and of values; DuckDB's COPY with ARRAY.
    becomes("json", '[{"x":0.5,"n":1,"s":"a\\/b"},{"x":null,"n":2,"s":"\\u00e9"}]', type, 2);
    becomes("json", "[[0.1234567891,null],[1.0,2.0]]", "float64", 2, 2);
    becomes("json", '[\n\t{"x":0.5,"n":1,"s":"a/b"},\n\t{"x":1e-7,"n":-2,"s":"é"}\n]\n', type, 2);
    // Each place has numbers of its own kind: with two decimals; without a point; in C's exponents.
    becomes(
      "json",
      '[{"a":1.50,"b":2,"c":1e+30},{"a":2.00,"b":2.5,"c":-1}]',
      "{a: float64, b: float64, c: float64}",
      2,
    );
    becomes("json", '{"a":{"b":[1,2],"c":[{"d":"x"},{"d":"y"}]}}', "{a: {b: int64[2], c: {d: string[1] utf-8}[2]}}");
  });

  it("or otherwise, where they are written as no style has it", () => {
    for (const text of ["[ 1, 2 ]", "[1,2, 3]", "[1, 2.0, 3]", '["\\u0041"]', "[1e5, 1E5]", "[1.0,\t2.5]"]) {
      const shown = shownAgain("json", text, 7);
      assert.notEqual(shown, text);
      assert.deepEqual(JSON.parse(shown), JSON.parse(text));
    }
  });

  it("only in a style that is one", () => {
    const style = { lines: "all", indent: "  ", newline: "\n", comma: ",", colon: ": ", end: "" };
    assert.deepEqual(jsonStyleOf(style), style);
    const others = [
      null,
      [],
      { ...style, lines: "some" },
      { ...style, indent: "x" },
      { ...style, indent: " ".repeat(17) },
      { ...style, comma: ";" },
      { ...style, end: 1 },
      { ...style, ascii: false },
      { ...style, nonFinite: "none" },
      { ...style, floats: {} },
      { ...style, floats: [{ whole: "point" }] },
    ];
    for (const other of others) assert.equal(jsonStyleOf(other), undefined, JSON.stringify(other));
  });

  it("tables, with objects and lists in them", () => {
    const rows = [
      '{"a": 1, "b": "xé", "c": [1.5, 2.0], "d": {"e": true}}',
      '{"a": 2, "b": "\\n", "c": [3.0, 4.5], "d": {"e": false}}',
    ];
    becomes("json", `[${rows.join(",\n ")}]\n`, "{a: int64, b: string[3] utf-8, c: float64[2], d: {e: bool}}", 2);
    becomes("json", '{"a": [1, 2]}\n', "{a: int64[2]}");
    becomes("json", '[{"a": null},\n {"a": "x"}]\n', "{a: string utf-8}", 2);
    becomes("json", '[{"a": []},\n {"a": [1]}]\n', "{a: sequence of int64}", 2);
  });

  it("strings, booleans and lists of different length", () => {
    becomes("json", '["a",\n "",\n "b\\"c"]\n', "string[3] utf-8", 3);
    becomes("json", "[true,\n false]\n", "bool", 2);
    becomes("json", "[[1],\n [],\n [2, 3]]\n", "sequence of int64", 3);
    becomes("json", '[["a"],\n ["b", "c"]]\n', "sequence of string[1] utf-8", 2);
  });

  it("or are none", () => {
    refuses("json", "", /^line 1: the text is empty/);
    refuses("json", '[1, "x"]', /^value\[\]: there is no datatype for integers and strings/);
    refuses("json", '[{"a": 1},\n {"b": 1}]', /^line 2, column 3: the member "b" is not in the objects before/);
    refuses("json", '[{"a": 1}, {}]', /^line 1, column 12: an object has no members/);
    refuses("json", '[{"a": 1, "a": 2}]', /is there twice/);
    refuses("json", "[1,\n 2", /^line 2, column 3: the text ends/);
    refuses("json", "[1,]", /the text ends where a value was expected/);
    refuses("json", "[1] 2", /^line 1, column 5: there is more after the end/);
    refuses("json", "[1}", /^line 1, column 3: \} where \] was expected/);
    refuses("json", '["a\\u0000"]', /NUL/);
    refuses("json", "[null]", /no datatype for null/);
    refuses("json", "[".repeat(100), /the text ends|nested/);
    refuses("json", `${"[".repeat(100)}${"]".repeat(100)}`, /is nested deeper than 32/);
  });

  it("whatever is in them", () => {
    const value = fc.oneof(
      fc.array(fc.maxSafeInteger()),
      fc.array(fc.string({ unit: "binary" }).filter((text) => text.isWellFormed() && !text.includes("\0"))),
      fc.array(fc.record({ a: fc.boolean(), b: fc.array(fc.integer()) }, { noNullPrototype: true })),
      fc.array(fc.array(fc.integer())),
    );
    fc.assert(
      fc.property(value, fc.integer({ min: 1, max: 40 }), (values, size) => {
        for (const indent of [undefined, 1, "\t"]) {
          const text = JSON.stringify(values, undefined, indent);
          const shown = shownAgain("json", text, size);
          assert.deepEqual(JSON.parse(shown), values);
          // Of lists without anything in them nothing but their number is kept.
          if (values.flat().length > 0) assert.equal(shown, text);
        }
      }),
    );
  });
});

describe("datasets found in plain texts are shown as the same bytes", () => {
  it("numbers, in rows and planes", () => {
    becomes("txt", "1\n-2\n", "int64", 2);
    becomes("txt", "18446744073709551615\n0\n", "uint64", 2);
    becomes("txt", "1.5 nan\n-inf 2.0\n", "float64", 2, 2);
    becomes("txt", "1 2\n3 4\n\n5 6\n7 8\n", "int64", 2, 2, 2);
    becomes("txt", "1\n2\n\n5\n6\n", "int64", 2, 2, 1);
  });

  it("numbers, as other programs write them", () => {
    // numpy.savetxt, as it is and with `fmt`.
    becomes("txt", "1.000000000000000056e-01 -2.000000000000000000e+00\nnan inf\n", "float64", 2, 2);
    becomes("txt", "1.50\t-2.00\n3.00\t0.25\n", "float64", 2, 2);
    becomes("txt", "0 1.50 1e-05\n1 2.00 1e+20\n", "float64", 2, 3);
    becomes("txt", "nan 1.5\nnan 2.5", "float64", 2, 2);
    becomes("txt", "1\r\n2\r\n3", "int64", 3);
    becomes("txt", "1\t2\r\n\r\n3\t4\r\n", "int64", 2, 1, 2);
    const many = Array.from({ length: 300 }, (_, i) => (i < 299 ? `${i}.5` : `${i}.50`));
    becomes("txt", `${many.slice(0, 299).join(" ")}\n`, "float64", 1, 299);
    assert.notEqual(shownAgain("txt", `${many.join(" ")}\n`, 7), `${many.join(" ")}\n`);
    assert.notEqual(shownAgain("txt", "1  2\n3  4\n", 7), "1  2\n3  4\n");
  });

  it("in a style that is one", () => {
    const style = { delimiter: " ", lineEnd: "\n", endsWithLine: false };
    assert.deepEqual(txtStyleOf(style), style);
    const others = [null, { ...style, delimiter: "," }, { ...style, lineEnd: "" }, { ...style, floats: [1] }, {}];
    for (const other of others) assert.equal(txtStyleOf(other), undefined, JSON.stringify(other));
  });

  it("and any other text as strings, a line each", () => {
    becomes("txt", "no end", "string[6] utf-8", 1);
    becomes("txt", "one\n\ntwo words\n", "string[9] utf-8", 3);
    becomes("txt", "1 2\n3\n", "string[3] utf-8", 2);
    becomes("txt", "1 2\n\n3 4\n5 6\n", "string[3] utf-8", 4);
    becomes("txt", `${"x".repeat(1000)}\n${"y\n".repeat(20)}`, "string utf-8", 21);
    becomes("txt", "a\r\nb\r\n", "string[2] utf-8", 2);
  });

  it("or are none", () => {
    refuses("txt", "", /^line 1: the text is empty/);
    refuses("txt", "a\nb\0c\n", /^line 2: has a NUL character/);
  });
});
