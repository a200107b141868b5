import { H5Error } from "../errors.ts";
import type { CompoundType } from "../format/datatype.ts";
import { decodeText } from "../format/text.ts";
import { compoundType } from "../object/datatypes.ts";
import { ColumnScan } from "./column-scan.ts";
import { type ColumnType, columnType } from "./column-type.ts";
import { CsvRecord, csvRecords, QUOTING, startsWithMark } from "./csv-records.ts";
import { type CsvStyle, delimiterByte } from "./csv-style.ts";
import { resultOf } from "./result-of.ts";
import { type CellKind, kindOf } from "./value-kind.ts";

/** A table that a CSV text can become, and what it takes to write the same text again. */
export interface CsvImport {
  readonly datatype: CompoundType;
  readonly rows: number;
  readonly style: CsvStyle;
}

/** Why a text does not become a table. */
export interface CsvRefusal {
  /** One sentence, which begins with the line. */
  readonly problem: string;
  /** The table that it can become all the same: its values are the text's, which would be written otherwise. */
  readonly instead?: CsvImport;
}

/** More make a datatype that no object header holds. */
const MAX_COLUMNS = 1000;

const DELIMITERS = [",", ";", "\t"] as const;

/**
 * What table a CSV text is: types found by reading all of it. Integers are int64 (or uint64), numbers with a point, an exponent
 * or missing values float64, `true` and `false` booleans, all else strings. The style makes `styledCsvFormat` write
 * the same bytes again of nearly every text that a program wrote; whether it does is to be seen by doing so
 * (`firstDifference`).
 * @param blocks the text, in pieces of any size
 * @param sizeOfOffsets of addresses in the file that the dataset is for
 */
export function inferCsv(blocks: Iterable<Uint8Array>, sizeOfOffsets: number): CsvImport | CsvRefusal {
  return resultOf(inferCsvSteps(blocks, sizeOfOffsets));
}

/** Records after which there is a pause. */
const STEP = 256;

/** The same, with a pause now and then. */
export function* inferCsvSteps(
  blocks: Iterable<Uint8Array>,
  sizeOfOffsets: number,
): Generator<undefined, CsvImport | CsvRefusal> {
  const all = blocks[Symbol.iterator]();
  const head = firstBytes(all);
  const scan = new TableScan(delimiterOf(head));
  try {
    let records = 0;
    for (const record of csvRecords(chained(head, all), delimiterByte(scan.delimiter))) {
      const problem = scan.add(record);
      if (problem !== undefined) return { problem };
      if (++records % STEP === 0) yield;
    }
  } catch (error) {
    if (!(error instanceof H5Error) || error.kind !== "argument") throw error;
    return { problem: error.message };
  }
  return scan.result(startsWithMark(head), sizeOfOffsets);
}

/** As much of the text as the delimiter is found by. */
const HEAD_SIZE = 1 << 16;

function firstBytes(blocks: Iterator<Uint8Array>): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let size = 0; size < HEAD_SIZE; ) {
    const next = blocks.next();
    if (next.done === true) break;
    parts.push(next.value.slice());
    size += next.value.length;
  }
  return Buffer.concat(parts);
}

function* chained(head: Uint8Array, rest: Iterator<Uint8Array>): Generator<Uint8Array> {
  yield head;
  for (let next = rest.next(); next.done !== true; next = rest.next()) yield next.value;
}

/** The one by which the first two records have the most fields, as many in both. */
function delimiterOf(head: Uint8Array): CsvStyle["delimiter"] {
  let best: { readonly delimiter: CsvStyle["delimiter"]; readonly score: number } = { delimiter: ",", score: 1 };
  for (const delimiter of DELIMITERS) {
    const counts: number[] = [];
    try {
      for (const { count } of csvRecords([head], delimiterByte(delimiter))) if (counts.push(count) === 2) break;
    } catch (error) {
      // In this delimiter's view it is no CSV text.
      if (error instanceof H5Error) continue;
      throw error;
    }
    const [first = 0, second = first] = counts;
    const score = first === second ? first : Math.min(first, second) / 2;
    if (score > best.score) best = { delimiter, score };
  }
  return best.delimiter;
}

/** A copy of the first record, which may be a header. */
interface FirstRecord {
  readonly record: CsvRecord;
  readonly texts: readonly string[];
  readonly kinds: readonly CellKind[];
}

class TableScan {
  readonly delimiter: CsvStyle["delimiter"];
  #first: FirstRecord | undefined;
  #columns: ColumnScan[] = [];
  #rows = 0;
  #lineEnd: CsvRecord["lineEnd"] = "";
  #lastLineEnd: CsvRecord["lineEnd"] = "";

  constructor(delimiter: CsvStyle["delimiter"]) {
    this.delimiter = delimiter;
  }

  /** @returns what is wrong */
  add(record: CsvRecord): string | undefined {
    const { line, count, lineEnd } = record;
    if (record.isBlank) return `line ${line}: is empty`;
    this.#lastLineEnd = lineEnd;
    if (this.#first === undefined) {
      if (count > MAX_COLUMNS) return `line ${line}: has ${count} fields, more than ${MAX_COLUMNS}`;
      this.#lineEnd = lineEnd;
      this.#first = copyOf(record, delimiterByte(this.delimiter));
      this.#columns = Array.from({ length: count }, () => new ColumnScan(delimiterByte(this.delimiter)));
      return undefined;
    }
    if (count !== this.#columns.length)
      return `line ${line}: has ${count} fields, the first line ${this.#columns.length}`;
    if (lineEnd !== this.#lineEnd && lineEnd !== "") return `line ${line}: ends otherwise than the lines before`;
    this.#rows++;
    for (const [i, column] of this.#columns.entries()) column.add(record, i);
    return undefined;
  }

  result(byteOrderMark: boolean, sizeOfOffsets: number): CsvImport | CsvRefusal {
    const first = this.#first;
    if (first === undefined) return { problem: "line 1: the text is empty" };
    const isHeader = looksLikeHeader(first, this.#columns);
    if (!isHeader) {
      this.#rows++;
      for (const [i, column] of this.#columns.entries()) column.add(first.record, i);
    }
    const names = isHeader ? namesOf(first.texts) : first.texts.map((_, i) => `f${i}`);
    const types: ColumnType[] = [];
    const problems: string[] = [];
    for (const [i, column] of this.#columns.entries()) {
      const type = columnType(column, sizeOfOffsets);
      if ("problem" in type) {
        const problem = `line ${type.line}: the column ${JSON.stringify(names[i])} ${type.problem}`;
        if (type.instead === undefined) return { problem };
        problems.push(problem);
        types.push(type.instead);
      } else {
        types.push(type);
      }
    }
    const found = isHeader ? headerOf(first, this.delimiter) : undefined;
    if (found !== undefined && "problem" in found) problems.push(found.problem);
    const header =
      found !== undefined && "problem" in found ? ({ texts: first.texts, quoted: "needed" } as const) : found;
    const table: CsvImport = {
      datatype: compoundType(types.map(({ datatype }, i) => [names[i] ?? "", datatype])),
      rows: this.#rows,
      style: {
        delimiter: this.delimiter,
        lineEnd: this.#lineEnd === "\r\n" ? "\r\n" : "\n",
        endsWithLine: this.#lastLineEnd !== "",
        byteOrderMark,
        ...(header === undefined ? {} : { header }),
        columns: types.map(({ style }) => style),
      },
    };
    const [problem] = problems;
    return problem === undefined ? table : { problem, instead: table };
  }
}

function copyOf(record: CsvRecord, delimiter: number): FirstRecord {
  const copy = new CsvRecord();
  copy.bytes = record.bytes.slice();
  copy.line = record.line;
  copy.lineEnd = record.lineEnd;
  for (let i = 0; i < record.count; i++) {
    copy.add(record.starts[i] ?? 0, record.ends[i] ?? 0, record.quoting[i] ?? QUOTING.none);
  }
  const fields = Array.from({ length: record.count }, (_, i) => copy.field(i));
  return {
    record: copy,
    texts: fields.map(decodeText),
    kinds: fields.map((bytes) => kindOf(bytes, 0, bytes.length, delimiter).kind),
  };
}

/**
 * The first record names the columns if a column of numbers or booleans begins with a word; if all its fields are words; and
 * if they count the columns from 0, as pandas and h5fs name columns that have no names.
 */
function looksLikeHeader({ texts, kinds }: FirstRecord, columns: readonly ColumnScan[]): boolean {
  if (texts.every((text, i) => text === `${i}`)) return true;
  const isWord = (kind: CellKind | undefined): boolean => kind === "text";
  const beginsWithWord = columns.some(
    ({ kinds: rest }, i) => isWord(kinds[i]) && rest.text === 0 && rest.integer + rest.float + rest.boolean > 0,
  );
  if (beginsWithWord) return true;
  // A column without a name is the index of a data frame.
  return kinds.every((kind, i) => isWord(kind) || (texts[i] === "" && i === 0 && texts.length > 1));
}

/** Names of members: none empty, none twice. */
function namesOf(texts: readonly string[]): string[] {
  const taken = new Set(texts);
  const used = new Set<string>();
  return texts.map((text, i) => {
    const base = text === "" ? (i === 0 ? "index" : `f${i}`) : text.replaceAll("\0", "");
    let name = base;
    for (let n = 1; used.has(name) || (name !== text && taken.has(name)); n++) name = `${base}_${n}`;
    used.add(name);
    return name;
  });
}

function headerOf(
  { record, texts }: FirstRecord,
  delimiter: CsvStyle["delimiter"],
): NonNullable<CsvStyle["header"]> | CsvRefusal {
  const special = { ",": /[",\r\n]/, ";": /[";\r\n]/, "\t": /["\t\r\n]/ }[delimiter];
  const isQuoted = (i: number): boolean => record.quoting[i] !== QUOTING.none;
  const needless = texts.some((text, i) => isQuoted(i) && !special.test(text));
  if (!needless) return { texts, quoted: "needed" };
  const bare = texts.findIndex((text, i) => !isQuoted(i) && text !== "");
  if (bare >= 0) return { problem: `line ${record.line}: the header has fields with quotes and fields without` };
  return { texts, quoted: texts.some((_, i) => !isQuoted(i)) ? "present" : "always" };
}
