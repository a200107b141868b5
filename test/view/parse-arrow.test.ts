import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { Table, tableFromIPC, tableToIPC, Utf8, vectorFromArray } from "apache-arrow";
import { H5Error } from "../../src/errors.ts";
import { ByteSink } from "../../src/object/text/byte-sink.ts";
import { type ArrowStyle, arrowStyleOf } from "../../src/view/arrow-style.ts";
import { type ArrowTable, parseArrowSteps } from "../../src/view/parse-arrow.ts";
import { render, textOf } from "../../src/view/render.ts";
import { resultOf } from "../../src/view/result-of.ts";
import { source } from "./render.ts";

const FOLDER = "test/data/view/arrow";
const fixture = (name: string): Uint8Array => readFileSync(`${FOLDER}/${name}.arrow`);

function parse(bytes: Uint8Array): ArrowTable {
  return resultOf(
    parseArrowSteps({ size: bytes.length, read: (offset, length) => bytes.subarray(offset, offset + length) }),
  );
}

function elements({ datatype, rows, elements }: ArrowTable): Uint8Array {
  const out = new Uint8Array(rows * datatype.size);
  for (const { first, bytes } of elements()) out.set(bytes, first * datatype.size);
  return out;
}

/** What a dataset of those elements is shown as. */
function shown(
  { datatype, rows }: Pick<ArrowTable, "datatype" | "rows">,
  bytes: Uint8Array,
  style?: ArrowStyle,
): Uint8Array {
  const text = textOf("arrow", { ...source(datatype, [rows], bytes), arrowStyle: style });
  const sink = new ByteSink();
  for (const _ of render(text, 0, text.format.elementCount, sink));
  assert.equal(text.known?.size, sink.length);
  return sink.take();
}

/** Through a JSON text, as it is kept. */
function kept(table: ArrowTable): ArrowStyle {
  return JSON.parse(JSON.stringify(arrowStyleOf(table.skeleton)));
}

function assertComesBack(bytes: Uint8Array): ArrowTable {
  const table = parse(bytes);
  const stored = elements(table);
  assert.equal(Buffer.compare(shown(table, stored, kept(table)), bytes), 0);
  const standard = shown(table, stored);
  assert.deepEqual(rowsOf(standard), rowsOf(bytes));
  return table;
}

const rowsOf = (bytes: Uint8Array): unknown[] =>
  tableFromIPC(bytes)
    .toArray()
    .map((row) => ({ ...row }));

function refusal(bytes: Uint8Array): string {
  try {
    parse(bytes);
    return "";
  } catch (error) {
    assert.ok(error instanceof H5Error && error.kind === "argument", `${error}`);
    return error.message;
  }
}

describe("an Arrow file that becomes a table", () => {
  for (const name of ["feather", "batches", "slices", "empty", "pandas", "polars"]) {
    it(`is shown as the same bytes, as ${name} is written`, () => {
      const bytes = fixture(name);
      const { datatype, rows } = assertComesBack(bytes);
      const { fields } = tableFromIPC(bytes).schema;
      assert.ok(datatype.class === "compound");
      assert.deepEqual(
        datatype.members.map((member) => member.name),
        fields.map((field) => field.name),
      );
      assert.equal(rows, name === "empty" ? 0 : name === "slices" ? 10 : 11);
    });
  }

  it("is shown as the same bytes, as JavaScript's Arrow writes it", () => {
    const table = new Table({
      n: vectorFromArray([1, 2, 3]),
      ok: vectorFromArray([true, false, true]),
      s: vectorFromArray(["a", "", "größe"], new Utf8()),
    });
    const { datatype } = assertComesBack(tableToIPC(table, "file"));
    assert.deepEqual(datatype.class === "compound" && datatype.members.map(({ type }) => [type.class, type.size]), [
      ["float", 8],
      ["enum", 1],
      ["string", 7],
    ]);
  });

  it("is shown in its own form with other values, in the standard one with more rows", () => {
    const bytes = fixture("feather");
    const table = parse(bytes);
    const style = kept(table);
    const stored = elements(table);
    stored[0] = 99;
    const changed = shown(table, stored, style);
    assert.equal(changed.length, bytes.length);
    assert.equal(tableFromIPC(changed).getChild("id")?.get(0), 99);

    const { datatype } = table;
    const more = shown({ datatype, rows: 12 }, new Uint8Array(12 * datatype.size), style);
    assert.equal(tableFromIPC(more).numRows, 12);
    assert.ok(datatype.class === "compound");
    const members = datatype.members.map((member) => ({ ...member, name: `${member.name}2` }));
    const renamed = shown({ datatype: { ...datatype, members }, rows: 11 }, stored, style);
    assert.ok(tableFromIPC(renamed).schema.fields.every(({ name }) => name.endsWith("2")));
    const longer = stored.fill(0x41);
    assert.throws(() => shown(table, longer, style), /made its strings longer than its Arrow file has room for/);
    assert.deepEqual(shown(table, longer, { skeleton: "nonsense", rest: "" }), shown(table, longer));
  });

  it("is refused where its values have no place in a dataset, or there is nothing to be sure of", () => {
    const why: Record<string, RegExp> = {
      compressed: /compressed/,
      nulls: /column a: has nulls/,
      dictionary: /dictionaries/,
      lists: /column a: lists have no datatype/,
      times: /column a: timestamps/,
      views: /column a: string views/,
      lengths: /column a: its strings are of too different lengths/,
    };
    for (const [name, message] of Object.entries(why)) assert.match(refusal(fixture(name)), message);
    const names = readdirSync(FOLDER).map((name) => name.replace(".arrow", ""));
    assert.equal(names.length, 6 + Object.keys(why).length);

    const bytes = fixture("batches");
    assert.match(refusal(bytes.subarray(0, 100)), /does not begin and end/);
    assert.match(refusal(Buffer.from("ARROW1\0\0 and so on: ARROW1")), /./);
  });

  it("is refused, or means the same to others, wherever it is damaged", () => {
    for (const name of ["feather", "batches", "slices"]) {
      const bytes = fixture(name);
      for (let at = 0; at < bytes.length; at += 5) {
        const damaged = bytes.slice();
        damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8));
        if (refusal(damaged) !== "") continue;
        const table = parse(damaged);
        const stored = elements(table);
        if (Buffer.compare(tryShown(table, stored), damaged) !== 0) continue;
        assert.deepEqual(rowsOf(damaged), rowsOf(shown(table, stored)), `byte ${at}`);
      }
    }
  });
});

/** Nothing where they are not text any more. */
function tryShown(table: ArrowTable, stored: Uint8Array): Uint8Array {
  try {
    return shown(table, stored, kept(table));
  } catch (error) {
    assert.ok(error instanceof H5Error, `${error}`);
    return new Uint8Array(0);
  }
}
