import assert from "node:assert/strict";
import fc from "fast-check";
import { H5Error } from "../../src/errors.ts";
import { encodeText } from "../../src/format/text.ts";
import { datatypeName } from "../../src/object/datatype-name.ts";
import { inferJsonSteps, type TextImport } from "../../src/view/infer-json.ts";
import { inferTxtSteps } from "../../src/view/infer-txt.ts";
import { parseJsonRows } from "../../src/view/parse-json-rows.ts";
import { parseTxt } from "../../src/view/parse-txt.ts";
import { MemoryHeap } from "./memory-heap.ts";
import { render, source } from "./render.ts";

function* inBlocks(text: string, size: number): Generator<Uint8Array> {
  const bytes = encodeText(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

function inferred(view: "json" | "txt", text: string, size: number): TextImport {
  const steps =
    view === "json" ? inferJsonSteps(() => inBlocks(text, size), 8) : inferTxtSteps(inBlocks(text, size), 8);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** The text that is shown of the dataset that a text becomes. */
function shownAgain(view: "json" | "txt", text: string, size: number): string {
  const { datatype, dims } = inferred(view, text, size);
  const heap = new MemoryHeap();
  const target = { datatype, dims, name: "x" };
  const blocks = inBlocks(text, size);
  const parts = [...(view === "json" ? parseJsonRows(blocks, target, heap) : parseTxt(blocks, target, heap))];
  const bytes = Buffer.concat(parts.map((part) => part.bytes));
  return render(view, source(datatype, dims, bytes, heap.resolver));
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
        const shown = shownAgain("json", JSON.stringify(values), size);
        assert.deepEqual(JSON.parse(shown), values);
        assert.equal(shownAgain("json", shown, size), shown);
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

  it("and any other text as strings, a line each", () => {
    becomes("txt", "one\n\ntwo words\n", "string[9] utf-8", 3);
    becomes("txt", "1 2\n3\n", "string[3] utf-8", 2);
    becomes("txt", "1 2\n\n3 4\n5 6\n", "string[3] utf-8", 4);
    becomes("txt", `${"x".repeat(1000)}\n${"y\n".repeat(20)}`, "string utf-8", 21);
    becomes("txt", "a\r\nb\r\n", "string[2] utf-8", 2);
  });

  it("or are none", () => {
    refuses("txt", "", /^line 1: the text is empty/);
    refuses("txt", "a\nb\0c\n", /^line 2: has a NUL character/);
    assert.notEqual(shownAgain("txt", "no end", 8), "no end");
  });
});
