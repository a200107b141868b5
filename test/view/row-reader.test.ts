import assert from "node:assert/strict";
import { encodeText } from "../../src/format/text.ts";
import { elementBytes } from "../../src/object/value-bytes.ts";
import { csvRowReader } from "../../src/view/parse-csv.ts";
import { jsonRowReader } from "../../src/view/parse-json-rows.ts";
import { txtRowReader } from "../../src/view/parse-txt.ts";
import type { RowReader } from "../../src/view/row-reader.ts";
import { compound, integer, string } from "../object/datatypes.ts";

const table = { datatype: compound({ a: integer(1), s: string(8) }), dims: [4], name: "x" };
const numbers = { datatype: integer(1), dims: [4, 2], name: "x" };

/** A reader, a text for it, and its rows as they are cut. */
const cases: Record<string, { reader: RowReader; text: string; rows: string[] }> = {
  csv: {
    reader: csvRowReader(table, undefined),
    text: 'a,s\n1,x\n2,"y\nz"\r\n3,\n4,\ufeffb',
    rows: ["1,x\n", '2,"y\nz"\r\n', "3,\n", "4,\ufeffb"],
  },
  txt: {
    reader: txtRowReader(numbers, undefined),
    text: "1 2\n\n3 4\n5  6\r\n7 8",
    rows: ["1 2\n", "3 4\n", "5  6\r\n", "7 8"],
  },
  json: {
    reader: jsonRowReader(table, undefined),
    text: '[{"a": 1, "s": "["},\n {"a": 2, "s": "]"} , {"s": "\\"", "a": 3},{"a":4,"s":","}\n]\n',
    rows: ['{"a": 1, "s": "["}', '\n {"a": 2, "s": "]"} ', ' {"s": "\\"", "a": 3}', '{"a":4,"s":","}'],
  },
};

describe("rows of a text", () => {
  for (const [view, { reader, text, rows }] of Object.entries(cases)) {
    it(`are cut where they begin, whatever pieces it comes in, and can be read without the others: ${view}`, () => {
      const bytes = encodeText(text);
      for (const size of [1, 3, bytes.length]) {
        const blocks = function* (from: number, to: number): Generator<Uint8Array> {
          for (let at = from; at < to; at += size) yield bytes.slice(at, Math.min(to, at + size));
        };
        const places: { from: number; to: number }[] = [];
        const found: string[] = [];
        for (const row of reader.rows(blocks(0, bytes.length))) {
          found.push(Buffer.from(row.bytes.subarray(row.from, row.to)).toString());
          places.push({ from: row.offset, to: row.offset + row.to - row.from });
        }
        assert.deepEqual(found, rows);
        const parsed: number[] = [];
        const [first, last] = [places[1], places[3]];
        assert.ok(first !== undefined && last !== undefined);
        for (const _ of reader.rows(blocks(first.from, last.to), { row: 1, line: 1 })) {
          const out = elementBytes(new Uint8Array(16));
          reader.parse(out, 0);
          parsed.push(out.bytes[0] ?? 0);
        }
        assert.deepEqual(parsed, view === "txt" ? [3, 5, 7] : [2, 3, 4]);
      }
    });
  }

  it("are told by their lines, also in a part", () => {
    const read = (reader: RowReader, text: string): void => {
      for (const _ of reader.rows([encodeText(text)], { row: 5, line: 7 })) {
        reader.parse(elementBytes(new Uint8Array(16)), 0);
      }
    };
    assert.throws(() => read(csvRowReader(table, undefined), "1,x\nno,y\n"), /^H5Error: line 8, field 1 \(a\)/);
    assert.throws(() => read(txtRowReader(numbers, undefined), "1 2\n3\n"), /^H5Error: line 8: has 1 numbers/);
  });

  it("keep a byte order mark that is a string's", () => {
    const reader = csvRowReader({ datatype: string(8), dims: [2], name: "s" }, undefined);
    const out = elementBytes(new Uint8Array(8));
    for (const _ of reader.rows([encodeText("\ufeffa\n")], { row: 1, line: 2 })) reader.parse(out, 0);
    assert.deepEqual([...out.bytes.subarray(0, 4)], [0xef, 0xbb, 0xbf, 0x61]);
  });
});
