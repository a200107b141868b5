import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeText } from "../../src/format/text.ts";
import { datatypeName } from "../../src/object/datatype-name.ts";
import { ByteSink } from "../../src/object/text/byte-sink.ts";
import type { CsvStyle } from "../../src/view/csv-style.ts";
import { firstDifference } from "../../src/view/first-difference.ts";
import { type CsvImport, inferCsv } from "../../src/view/infer-csv.ts";
import { parseCsv } from "../../src/view/parse-csv.ts";
import { csvStyleOf } from "../../src/view/parse-csv-style.ts";
import { render as renderRange, textOf } from "../../src/view/render.ts";
import { MemoryHeap } from "./memory-heap.ts";

function* inBlocks(text: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

function inferred(text: string, size = 1 << 20): CsvImport {
  const found = inferCsv(inBlocks(encodeText(text), size), 8);
  assert.ok(!("problem" in found), "problem" in found ? `${found.problem}: ${text}` : "");
  return found;
}

/** The style as it comes back from where it is kept. */
function keptStyle(style: CsvStyle): CsvStyle {
  const kept = csvStyleOf(JSON.parse(JSON.stringify(style)));
  assert.ok(kept !== undefined);
  assert.deepEqual(kept, style);
  return kept;
}

/** The text that is shown of the table that a text has become. */
function shownAgain(text: string, { datatype, style, rows }: CsvImport): string {
  const heap = new MemoryHeap();
  const parts = [...parseCsv([encodeText(text)], { datatype, dims: [rows], name: "t" }, heap, style)];
  const bytes = Buffer.concat(parts.map((part) => part.bytes));
  assert.equal(bytes.length, rows * datatype.size);
  const { size } = datatype;
  const rendered = textOf("csv", {
    datatype,
    dims: [rows],
    name: "t",
    heap: heap.resolver,
    csvStyle: keptStyle(style),
    read: (first, count) => bytes.subarray(first * size, (first + count) * size),
  });
  const sink = new ByteSink(16);
  for (const _ of renderRange(rendered, 0, rows, sink));
  if (rows === 0) assert.equal(rendered.format.elementCount, 0);
  return Buffer.from(sink.take()).toString();
}

/** The text becomes a table of that type, of which the same text is shown. */
function becomes(text: string, type: string): CsvStyle {
  const found = inferred(text);
  assert.equal(datatypeName(found.datatype), type, text);
  assert.equal(shownAgain(text, found), text);
  return found.style;
}

const refuses = (text: string, problem: RegExp): void => {
  const found = inferCsv([encodeText(text)], 8);
  assert.ok("problem" in found, text);
  assert.match(found.problem, problem);
};

describe("tables found in CSV texts are shown as the same bytes", () => {
  it("as pandas writes them", () => {
    becomes(
      ',a,b,c,d\n0,1,0.5,x,True\n1,-2,1e-05,"y,z",False\n2,3,1e+16,"q""q",True\n',
      "{index: int64, a: int64, b: float64, c: string[3] utf-8, d: bool}",
    );
    becomes("a,b\n1.0,\n,x\n2.5,y\n", "{a: float64, b: string[1] utf-8}");
    becomes('"a","b"\n"1","x"\n"2","y"\n', "{a: int64, b: string[1] utf-8}");
    becomes('"a","b","c"\n1,"x",""\n2,"y","z"\n', "{a: int64, b: string[1] utf-8, c: string[1] utf-8}");
    becomes("0,1,2\n1.25,2.5,3\n", "{0: float64, 1: float64, 2: int64}");
    becomes("a;b\n1.500;2\n2.250;3\n", "{a: float64, b: int64}");
    becomes("t,v\n2024-01-01,inf\n2024-01-02,-inf\n", "{t: string[10] utf-8, v: float64}");
  });

  it("as R writes them", () => {
    becomes(
      '"","x","y","z"\n"1",1.5,"a",TRUE\n"2",NA,"b",FALSE\n"3",1e+05,"c",TRUE\n',
      "{index: int64, x: float64, y: string[1] utf-8, z: bool}",
    );
    becomes('"n","s"\n1,"a"\nNA,NA\n3,"c"\n', "{n: float64, s: string utf-8}");
    becomes('"v"\n1e-04\n123456\n1e+15\n0.00012\n-1e+05\n', "{v: float64}");
  });

  it("as awk, C and JavaScript write them", () => {
    becomes("x\ty\n0.333333\t1\n1.23457e+06\t2\n5\t3\n", "{x: float64, y: int64}");
    becomes("1,2.50\n3,4.00\n", "{f0: int64, f1: float64}");
    becomes("-0.00,7\n12.30,8\n", "{f0: float64, f1: int64}");
    becomes("v\n1e-7\n5\n1e+21\n123456789012345680000\n0.000001\n", "{v: float64}");
    becomes("v\n1.5E+10\n2.5E-08\n", "{v: float64}");
    becomes("v\n1e+06\n999999\n", "{v: float64}");
    becomes(
      "1.000000000000000056e-01,2.000000000000000000e+00\n-0.000000000000000000e+00,1.500000000000000079e+300\n",
      "{f0: float64, f1: float64}",
    );
    becomes("v\n1.50E-03\n-2.00E+10\n", "{v: float64}");
    becomes("v\n6726042033602560.00\n0.01\n", "{v: float64}");
  });

  it("as DuckDB, SQLite and spreadsheets write them", () => {
    becomes('id,s,n\n1,"",\n2,,5\n', "{id: int64, s: string utf-8, n: float64}");
    becomes('id,ok,s\r\n1,true,a\r\n2,false,"b\r\nc"\r\n', "{id: int64, ok: bool, s: string[4] utf-8}");
    becomes("\ufeffName;Wert\r\nMüller;5\r\n", "{Name: string[7] utf-8, Wert: int64}");
    becomes('x;y\n1,5;"1,50"\n-2,25;"2,00"\n', "{x: float64, y: float64}");
    becomes('m,n\n"",1.5\n2.5,""\n', "{m: float64, n: float64}");
    becomes('m,n\n"1",\n"2","3"\n', "{m: int64, n: float64}");
    becomes("id,zip\n1,01234\n2,99999", "{id: int64, zip: string[5] utf-8}");
    becomes("id,big\n1,18446744073709551615\n2,0\n", "{id: int64, big: uint64}");
    becomes("id,big\n1,-9223372036854775808\n2,9223372036854775807\n", "{id: int64, big: int64}");
    becomes("id,huge\n1,99999999999999999999\n", "{id: int64, huge: string[20] utf-8}");
  });

  it("with names of their own where the header's cannot be, and none", () => {
    const named = inferred("a,a,a_1,b\nx,1,z,2\n");
    assert.deepEqual(
      named.datatype.members.map(({ name }) => name),
      ["a", "a_2", "a_1", "b"],
    );
    assert.equal(shownAgain("a,a,a_1,b\nx,1,z,2\n", named), "a,a,a_1,b\nx,1,z,2\n");
    becomes("a,b\n", "{a: string[1] utf-8, b: string[1] utf-8}");
    becomes("a,b", "{a: string[1] utf-8, b: string[1] utf-8}");
    becomes("1\n2\n", "{f0: int64}");
  });

  it("keep numbers that come later, and were never in the text, exact", () => {
    const { datatype, style } = inferred("v\n1.50\n2.25\n");
    const bytes = new Uint8Array(Float64Array.of(1 / 3, 2.5, Number.NaN, 1e300, -0).buffer);
    const sink = new ByteSink(16);
    const rendered = textOf("csv", {
      datatype,
      dims: [5],
      name: "t",
      heap: new MemoryHeap().resolver,
      csvStyle: style,
      read: (first, count) => bytes.subarray(8 * first, 8 * (first + count)),
    });
    for (const _ of renderRange(rendered, 0, 5, sink));
    assert.equal(Buffer.from(sink.take()).toString(), "v\n0.3333333333333333\n2.50\nnan\n1e+300\n-0.00\n");
  });

  it("or say in which line the first thing is that cannot be kept", () => {
    refuses("a,b\n1,2\n3\n", /^line 3: has 1 fields, the first line 2/);
    refuses("a,b\n1,2\n\n3,4\n", /^line 3: is empty/);
    refuses("a,b\n1,2\r\n3,4\n", /^line 2: ends otherwise/);
    refuses("a,b\n1.5,2\n1.50,4\n", /^line 3: the column "a" has a number with zeros at its end/);
    refuses("a\n5\n5.0\n", /^line 3: the column "a" has whole numbers with and without a point/);
    refuses('a,b\nx,1\n"y",1\n', /^line 3: the column "a" has fields with quotes and fields without/);
    refuses('a,b\nx"y,1\n', /^line 2: the column "a" has a quote in a field without quotes/);
    refuses('a,b\n"x,1\n', /^line 2: field 1 has no closing quote/);
    refuses("", /^line 1: the text is empty/);
    const latin1 = inferCsv([Uint8Array.from([...encodeText("a\nx\nM"), 0xfc, 0x0a])], 8);
    assert.ok("problem" in latin1 && /^line 3: the column "a" is not UTF-8/.test(latin1.problem));
  });

  it("whatever is in them", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "é", " ", '"', ",", ";", "\n", "x", "1"), maxLength: 6 });
    const quote = (value: string, special: RegExp): string =>
      special.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
    const python = (value: number): string => {
      const written = `${value}`;
      const [mantissa = "", power] = written.split("e");
      if (power !== undefined) return `${mantissa}e${power.replace(/^([+-])(\d)$/, "$10$2")}`;
      return /[.]/.test(written) ? written : `${written}.0`;
    };
    const float = fc
      .double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 })
      .filter((value) => value === 0 || Math.abs(value) >= 1e-4 || Math.abs(value) < 1e-7);
    const columns = (special: RegExp) => [
      (n: number) =>
        fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String), { minLength: n, maxLength: n }),
      (n: number) => fc.array(float.map(python), { minLength: n, maxLength: n }),
      (n: number) =>
        fc.array(
          fc.integer({ min: -1e9, max: 1e9 }).map((value) => (value / 100).toFixed(2)),
          { minLength: n, maxLength: n },
        ),
      (n: number) => fc.array(fc.constantFrom("true", "false"), { minLength: n, maxLength: n }),
      (n: number) =>
        fc.array(
          text.map((value) => quote(value, special)),
          { minLength: n, maxLength: n },
        ),
      (n: number) => fc.array(fc.option(fc.integer().map(String), { nil: "" }), { minLength: n, maxLength: n }),
    ];
    const table = fc
      .tuple(fc.integer({ min: 1, max: 8 }), fc.constantFrom(",", ";"), fc.constantFrom("\n", "\r\n"), fc.boolean())
      .chain(([rows, delimiter, end, last]) => {
        const special = delimiter === "," ? /[",\r\n]/ : /[";\r\n]/;
        const makers = columns(special);
        return fc
          .array(fc.integer({ min: 0, max: makers.length - 1 }), { minLength: 2, maxLength: 5 })
          .chain((picks) => fc.tuple(...picks.map((pick) => makers[pick]?.(rows) ?? fc.constant<string[]>([]))))
          .map((cells) => {
            const lines = [cells.map((_, i) => `col${i}`).join(delimiter)];
            for (let r = 0; r < rows; r++) lines.push(cells.map((column) => column[r] ?? "").join(delimiter));
            return lines.join(end) + (last ? end : "");
          });
      });
    fc.assert(
      fc.property(table, fc.integer({ min: 1, max: 50 }), (csv, size) => {
        const found = inferred(csv, size);
        assert.equal(shownAgain(csv, found), csv);
      }),
      { numRuns: 200 },
    );
  });
});

describe("a style that is kept", () => {
  it("is none where anything is not as it should be", () => {
    const good = JSON.stringify(inferred("a;b;c\n1,50;x;true\n2,25;y;false\n").style);
    assert.ok(csvStyleOf(JSON.parse(good)) !== undefined);
    for (const [from, to] of [
      ['";"', '"|"'],
      ['"decimals":2', '"decimals":1e9'],
      ['"decimals":2', '"decimals":"2"'],
      ['"above":16', '"above":400'],
      ['"quoted":"needed"', '"quoted":"never"'],
      ['["false","true"]', '["true","true"]'],
      ['"endsWithLine":true', '"endsWithLine":1'],
      ['"texts":["a",', '"texts":['],
      ['"columns":[', '"columns":[null,'],
      ['"quoted":"needed","float"', '"quoted":"needed","missing":"é","float"'],
    ] as const) {
      const bad = good.replace(from, to);
      assert.notEqual(bad, good, from);
      assert.equal(csvStyleOf(JSON.parse(bad)), undefined, to);
    }
    assert.equal(csvStyleOf(null), undefined);
  });
});

describe("the first difference of two texts", () => {
  it("is told with its line", () => {
    const of = (a: string, b: string, size: number) =>
      firstDifference(inBlocks(encodeText(a), size), inBlocks(encodeText(b), size + 1));
    for (const size of [1, 2, 5, 100]) {
      assert.equal(of("a\nb\n", "a\nb\n", size), undefined);
      const difference = of("x\n1.50,2\ny", "x\n1.5,2\ny", size);
      assert.ok(
        difference?.line === 2 && difference.expected.startsWith("1.50") && difference.found.startsWith("1.5,"),
      );
      assert.equal(of("a\nb", "a\n", size)?.line, 2);
      assert.equal(of("", "a", size)?.found, "a");
    }
  });
});
