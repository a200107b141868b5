import { H5Error } from "../errors.ts";
import type { Datatype } from "../format/datatype.ts";
import { decodeText, encodeText } from "../format/text.ts";
import type { ElementBytes } from "../object/value-bytes.ts";
import type { HeapWriter } from "../object/value-encode.ts";
import type { LeafColumn } from "./columns.ts";
import { type CsvLayout, csvLayout } from "./csv-layout.ts";
import { CsvRecord, csvRecords, QUOTING } from "./csv-records.ts";
import { type ColumnStyle, type CsvStyle, delimiterByte } from "./csv-style.ts";
import { cellParser } from "./parse-cell.ts";
import type { ParseText } from "./parse-scalar.ts";
import { type ParsedElements, ParsedRows } from "./parsed-rows.ts";
import type { RowReader } from "./row-reader.ts";

/** What a text is to become elements of. */
export interface CsvTarget {
  readonly datatype: Datatype;
  /** The dimensions; empty: a scalar. The text says how long the first is. */
  readonly dims: readonly number[];
  /** The dataset's own name, which heads the column of a one-dimensional dataset. */
  readonly name: string;
}

/**
 * Reads a CSV text as `csvFormat` writes it, or as `style` says, into elements.
 * @param blocks the text, in pieces of any size
 * @throws H5Error "argument" that names line, field and column where the text is not what the dataset's view would show
 */
export function* parseCsv(
  blocks: Iterable<Uint8Array>,
  target: CsvTarget,
  heap: HeapWriter | undefined,
  style?: CsvStyle,
): Generator<ParsedElements> {
  const reader = csvRowReader(target, heap, style);
  const { elementsPerRow } = reader;
  const rows = new ParsedRows(elementsPerRow, elementsPerRow * target.datatype.size);
  for (const _ of reader.rows(blocks)) {
    yield* rows.whenFull();
    reader.parse(rows.out, rows.at);
    rows.add();
  }
  yield* rows.rest();
}

/** The same, row by row. */
export function csvRowReader(target: CsvTarget, heap: HeapWriter | undefined, style?: CsvStyle): RowReader {
  const parser = new RowParser(target, heap, style);
  let current = new CsvRecord();
  let number = 0;
  return {
    elementsPerRow: parser.layout.elementsPerRow,
    *rows(blocks, part) {
      let blank = 0;
      let isHeader = parser.header !== undefined && part === undefined;
      number = (part?.row ?? 0) - 1;
      for (const record of csvRecords(blocks, delimiterByte(style?.delimiter ?? ","), part?.line)) {
        if (isHeader) {
          parser.checkHeader(record);
          isHeader = false;
          continue;
        }
        // Editors leave empty lines at the end; one before that is a record without its fields.
        if (record.isBlank) {
          blank ||= record.line;
          continue;
        }
        if (blank > 0) throw new H5Error("argument", `line ${blank}: is empty`);
        current = record;
        number++;
        yield record;
      }
      if (isHeader) throw new H5Error("argument", "line 1: has no header");
      if (part === undefined) parser.checkCount(number + 1);
    },
    parse: (out, at) => parser.parse(current, number, out, at),
  };
}

interface Column {
  readonly name: string;
  /** In the row's elements. */
  readonly offset: number;
  readonly parse: ParseText;
  /** The text that stands for a missing value, without its quotes. */
  readonly missing: Uint8Array | undefined;
  /** Writes it; without it, it is a null, whose bytes are zero, and never in quotes. */
  readonly parseMissing: ParseText | undefined;
}

class RowParser {
  readonly layout: CsvLayout;
  readonly header: readonly string[] | undefined;
  readonly #columns: Column[] = [];
  readonly #fields: number;

  constructor({ datatype, dims, name }: CsvTarget, heap: HeapWriter | undefined, style: CsvStyle | undefined) {
    this.layout = csvLayout(datatype, dims, name);
    const names = this.layout.indexed.map((_, d) => `d${d}`);
    for (const leaf of this.layout.columns()) {
      names.push(leaf.name);
      this.#columns.push(columnOf(leaf, heap, style?.columns[this.#columns.length]));
    }
    this.header = style === undefined ? names : style.header?.texts;
    this.#fields = names.length;
  }

  checkHeader(record: CsvRecord): void {
    const texts = this.header ?? [];
    if (record.count !== texts.length) {
      throw new H5Error("argument", `line 1: the header has ${record.count} columns, expected ${texts.length}`);
    }
    for (const [i, expected] of texts.entries()) {
      const found = decodeText(record.field(i));
      if (found !== expected) {
        const message = `line 1: column ${i + 1} is called ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`;
        throw new H5Error("argument", message);
      }
    }
  }

  /** @param at where the row's elements begin, whose bytes are zero */
  parse(record: CsvRecord, row: number, out: ElementBytes, at: number): void {
    if (record.count !== this.#fields) {
      throw new H5Error("argument", `line ${record.line}: has ${record.count} fields, expected ${this.#fields}`);
    }
    this.#checkIndexes(record, row);
    let i = this.layout.indexed.length;
    for (const column of this.#columns) {
      try {
        parseField(record, i, column, out, at + column.offset);
      } catch (error) {
        if (!(error instanceof H5Error)) throw error;
        const message = `line ${record.line}, field ${i + 1} (${column.name}): ${error.message}`;
        throw new H5Error(error.kind, message, { cause: error });
      }
      i++;
    }
  }

  /** The coordinates of a row must be those of that row: rows cannot be left out or change places. */
  #checkIndexes(record: CsvRecord, row: number): void {
    const dims = this.layout.indexed;
    let rest = row;
    for (let d = dims.length - 1; d >= 0; d--) {
      const dim = d === 0 ? Number.POSITIVE_INFINITY : (dims[d] ?? 1);
      const expected = d === 0 ? rest : rest % dim;
      rest = Math.floor(rest / dim);
      const found = decodeText(record.field(d));
      if (found !== `${expected}`) {
        throw new H5Error("argument", `line ${record.line}, field ${d + 1} (d${d}): ${found}, expected ${expected}`);
      }
    }
  }

  checkCount(rows: number): void {
    const inner = this.layout.indexed.slice(1).reduce((product, dim) => product * dim, 1);
    if (rows % inner !== 0) {
      throw new H5Error("argument", `has ${rows} rows, which is no multiple of the ${inner} of one index d0`);
    }
  }
}

function columnOf(
  { name, offset, type }: LeafColumn,
  heap: HeapWriter | undefined,
  style: ColumnStyle | undefined,
): Column {
  const { parse, hasNull } = cellParser(type, heap);
  const isFloat = type.class === "float";
  const text = style?.missing ?? (hasNull && style?.bareEmpty === undefined ? "" : undefined);
  const missing = text !== undefined && (hasNull || isFloat) ? encodeText(text.replaceAll('"', "")) : undefined;
  const nan = encodeText("nan");
  const withPoint = style?.float?.point === undefined ? parse : commaParser(parse);
  return {
    name,
    offset,
    parse: style?.booleans === undefined ? withPoint : booleanParser(parse, style.booleans),
    missing,
    parseMissing: isFloat ? (_text, _from, _to, out, at) => parse(nan, 0, nan.length, out, at) : undefined,
  };
}

/** Numbers whose point is a comma. */
function commaParser(parse: ParseText): ParseText {
  return (text, from, to, out, at) => {
    const comma = text.subarray(from, to).indexOf(0x2c);
    if (comma < 0) {
      parse(text, from, to, out, at);
      return;
    }
    const copy = text.slice(from, to);
    copy[comma] = 0x2e;
    parse(copy, 0, copy.length, out, at);
  };
}

/** The texts of false and true that a style has, read as `false` and `true`. */
function booleanParser(parse: ParseText, [no, yes]: readonly [string, string]): ParseText {
  const texts = [
    { written: encodeText(no), read: encodeText("false") },
    { written: encodeText(yes), read: encodeText("true") },
  ];
  return (text, from, to, out, at) => {
    const known = texts.find(({ written }) => isText(text, from, to, written));
    if (known === undefined) parse(text, from, to, out, at);
    else parse(known.read, 0, known.read.length, out, at);
  };
}

function isText(text: Uint8Array, from: number, to: number, expected: Uint8Array): boolean {
  if (to - from !== expected.length) return false;
  for (let i = 0; i < expected.length; i++) if (text[from + i] !== expected[i]) return false;
  return true;
}

function parseField(record: CsvRecord, i: number, column: Column, out: ElementBytes, at: number): void {
  const { bytes, quoting } = record;
  const from = record.starts[i] ?? 0;
  const to = record.ends[i] ?? 0;
  if (column.missing !== undefined && isText(bytes, from, to, column.missing)) {
    if (column.parseMissing !== undefined) {
      column.parseMissing(bytes, from, to, out, at);
      return;
    }
    if (quoting[i] === QUOTING.none) return;
  }
  if (quoting[i] === QUOTING.doubled) {
    const text = record.field(i);
    column.parse(text, 0, text.length, out, at);
  } else {
    column.parse(bytes, from, to, out, at);
  }
}
