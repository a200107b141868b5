import { elementBytes } from "../object/value-bytes.ts";
import type { HeapWriter } from "../object/value-encode.ts";
import { wholeText } from "./joined-bytes.ts";
import { type JsonRow, jsonRows } from "./json-rows.ts";
import type { CsvTarget } from "./parse-csv.ts";
import { JsonText, jsonParser, parseNested } from "./parse-json.ts";
import { type ParsedElements, ParsedRows } from "./parsed-rows.ts";
import type { RowReader } from "./row-reader.ts";

/** Bytes of a text that is one element. */
const MAX_SCALAR = 2 ** 28;

/**
 * Reads a text as `jsonFormat` writes it into elements, piece by piece: lists nested by the dataset's dimensions, of which the
 * first is as long as the text says.
 * @param blocks the text, in pieces of any size
 * @throws H5Error "argument" with line and column
 */
export function* parseJsonRows(
  blocks: Iterable<Uint8Array>,
  { datatype, dims }: Pick<CsvTarget, "datatype" | "dims">,
  heap: HeapWriter | undefined,
): Generator<ParsedElements> {
  if (dims.length === 0) {
    const parse = jsonParser(datatype, heap);
    const json = new JsonText(wholeText(blocks, MAX_SCALAR));
    const element = elementBytes(new Uint8Array(datatype.size));
    parse(json, element, 0);
    json.end();
    yield { first: 0, count: 1, bytes: element.bytes };
    return;
  }
  const reader = jsonRowReader({ datatype, dims }, heap);
  const { elementsPerRow } = reader;
  const rows = new ParsedRows(elementsPerRow, elementsPerRow * datatype.size);
  for (const _ of reader.rows(blocks)) {
    yield* rows.whenFull();
    reader.parse(rows.out, rows.at);
    rows.add();
  }
  yield* rows.rest();
}

/** The same of what has dimensions, by values of the outermost list. */
export function jsonRowReader(
  { datatype, dims: [, ...inner] }: Pick<CsvTarget, "datatype" | "dims">,
  heap: HeapWriter | undefined,
): RowReader {
  const parse = jsonParser(datatype, heap);
  let current: JsonRow | undefined;
  return {
    elementsPerRow: inner.reduce((product, dim) => product * dim, 1),
    *rows(blocks, part) {
      for (const row of jsonRows(blocks, part !== undefined)) {
        current = row;
        yield row;
      }
    },
    parse: (out, at) => {
      if (current === undefined) throw new TypeError("no row was read");
      const { bytes, from, to, place } = current;
      const json = new JsonText(bytes.subarray(from, to), place);
      parseNested(json, inner, parse, datatype.size, out, at);
      json.end();
    },
  };
}
