import { H5Error } from "../errors.ts";
import type { ElementBytes } from "../object/value-bytes.ts";
import type { HeapWriter } from "../object/value-encode.ts";
import { leafColumns } from "./columns.ts";
import { cellParser } from "./parse-cell.ts";
import type { CsvTarget } from "./parse-csv.ts";
import type { ParseText } from "./parse-scalar.ts";
import { type ParsedElements, ParsedRows } from "./parsed-rows.ts";
import type { RowReader } from "./row-reader.ts";
import { elementsOnLine } from "./text-format.ts";

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;

/** Bytes of one line. */
const MAX_LINE = 2 ** 28;

/**
 * Reads a text as `txtFormat` writes it into elements. Strings: each line is one, so that one with a line break in it does not
 * come back (a view that has any must not be written as a whole); a scalar string is the whole text without the line break at its end. Numbers: a row of
 * them on a line, with blanks between; empty lines say nothing.
 * @param blocks the text, in pieces of any size
 * @throws H5Error "argument" that begins with the line
 */
export function* parseTxt(
  blocks: Iterable<Uint8Array>,
  target: CsvTarget,
  heap: HeapWriter | undefined,
): Generator<ParsedElements> {
  const reader = txtRowReader(target, heap);
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
export function txtRowReader(target: CsvTarget, heap: HeapWriter | undefined): RowReader {
  const { datatype, dims } = target;
  const isText = datatype.class === "string" || datatype.class === "vlen";
  const elementsPerRow = elementsOnLine(dims);
  const parse = isText ? wholeLine(cellParser(datatype, heap).parse) : numbersOf(target, elementsPerRow);
  let current: Line | undefined;
  return {
    elementsPerRow,
    *rows(blocks, part) {
      let count = part?.row ?? 0;
      for (const line of isText && dims.length === 0 ? onePiece(blocks) : linesOf(blocks, part?.line)) {
        if (!isText && isBlank(line)) continue;
        current = line;
        count++;
        const isEnded = line.bytes[line.to] === NEWLINE;
        yield isEnded ? { ...line, to: line.to + 1 } : line;
      }
      const planes = dims.slice(1, -1).reduce((product, dim) => product * dim, 1);
      if (part === undefined && count % planes !== 0) {
        throw new H5Error("argument", `has ${count} rows, which is no multiple of the ${planes} of one plane`);
      }
    },
    parse: (out, at) => {
      if (current === undefined) throw new TypeError("no row was read");
      try {
        parse(current, out, at);
      } catch (error) {
        if (!(error instanceof H5Error)) throw error;
        throw new H5Error(error.kind, `line ${current.number}${error.message}`, { cause: error });
      }
    },
  };
}

/** [from, to) of `bytes`, without its line break. */
export interface Line {
  readonly number: number;
  /** Where it begins in the text. */
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly to: number;
}

type ParseLine = (line: Line, out: ElementBytes, at: number) => void;

function wholeLine(parse: ParseText): ParseLine {
  return ({ bytes, from, to }, out, at) => {
    try {
      parse(bytes, from, to, out, at);
    } catch (error) {
      throw error instanceof H5Error ? new H5Error(error.kind, `: ${error.message}`, { cause: error }) : error;
    }
  };
}

function numbersOf({ datatype }: CsvTarget, elementsPerRow: number): ParseLine {
  const leaves = [...leafColumns(datatype, "")].map(({ offset, type }) => ({
    offset,
    parse: cellParser(type, undefined).parse,
  }));
  const expected = elementsPerRow * leaves.length;
  return ({ bytes, from, to }, out, at) => {
    let count = 0;
    for (let start = from; ; ) {
      while (start < to && isSpace(bytes[start])) start++;
      if (start === to) break;
      let end = start;
      while (end < to && !isSpace(bytes[end])) end++;
      const leaf = leaves[count % leaves.length];
      if (leaf !== undefined && count < expected) {
        const element = Math.floor(count / leaves.length);
        try {
          leaf.parse(bytes, start, end, out, at + element * datatype.size + leaf.offset);
        } catch (error) {
          if (!(error instanceof H5Error)) throw error;
          throw new H5Error(error.kind, `, number ${count + 1}: ${error.message}`, { cause: error });
        }
      }
      count++;
      start = end;
    }
    if (count !== expected) throw new H5Error("argument", `: has ${count} numbers, expected ${expected}`);
  };
}

export function isSpace(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB || byte === RETURN;
}

function isBlank({ bytes, from, to }: Line): boolean {
  for (let at = from; at < to; at++) if (!isSpace(bytes[at])) return false;
  return true;
}

/** @param firstLine the number of the first */
export function* linesOf(blocks: Iterable<Uint8Array>, firstLine = 1): Generator<Line> {
  let rest: Uint8Array = new Uint8Array(0);
  let number = firstLine;
  let start = 0;
  for (const block of blocks) {
    const bytes = rest.length === 0 ? block : Buffer.concat([rest, block]);
    let from = 0;
    for (let to = bytes.indexOf(NEWLINE); to >= 0; to = bytes.indexOf(NEWLINE, from)) {
      yield { number: number++, offset: start + from, bytes, from, to };
      from = to + 1;
    }
    if (bytes.length - from > MAX_LINE) throw new H5Error("limit", `line ${number}: has more than ${MAX_LINE} bytes`);
    rest = bytes.slice(from);
    start += from;
  }
  if (rest.length > 0) yield { number, offset: start, bytes: rest, from: 0, to: rest.length };
}

/** All of a text as one line, without the line break at its end. */
function* onePiece(blocks: Iterable<Uint8Array>): Generator<Line> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for (const block of blocks) {
    size += block.length;
    if (size > MAX_LINE) throw new H5Error("limit", `the text has more than ${MAX_LINE} bytes`);
    parts.push(block.slice());
  }
  const bytes = Buffer.concat(parts);
  const to = bytes.at(-1) === NEWLINE ? bytes.length - 1 : bytes.length;
  yield { number: 1, offset: 0, bytes, from: 0, to };
}
