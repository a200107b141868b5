import type { Datatype } from "../format/datatype.ts";
import { elementBytes } from "../object/value-bytes.ts";
import type { HeapWriter } from "../object/value-encode.ts";
import { JsonText, jsonParser, type ParseJson, parseList, parseNested } from "./parse-json.ts";

/** All elements of a dataset, as they are stored. */
export interface ParsedJson {
  readonly dims: readonly number[];
  readonly bytes: Uint8Array;
}

/**
 * Reads a text as `jsonFormat` writes it: lists nested by the dataset's dimensions, of which the first is as long as the text
 * says.
 * @param dims the dimensions; empty: a scalar. A dataset without data is the text `null`: `dims` is `null`
 * @throws H5Error "argument" with line and column
 */
export function parseJsonView(
  text: Uint8Array,
  datatype: Datatype,
  dims: readonly number[] | null,
  heap: HeapWriter | undefined,
): ParsedJson {
  const json = new JsonText(text);
  if (dims === null) {
    if (Buffer.from(text).toString("latin1").trim() !== "null") json.fail("a dataset without data is null");
    return { dims: [], bytes: new Uint8Array(0) };
  }
  const parse = jsonParser(datatype, heap);
  const [, ...inner] = dims;
  const size = inner.reduce((product, dim) => product * dim, datatype.size);
  if (dims.length === 0) {
    const element = elementBytes(new Uint8Array(datatype.size));
    parse(json, element, 0);
    json.end();
    return { dims, bytes: element.bytes };
  }
  const row: ParseJson = (at, out, to) => parseNested(at, inner, parse, datatype.size, out, to);
  const { bytes, count } = parseList(json, row, size);
  json.end();
  return { dims: [count, ...inner], bytes };
}
