import { H5Error } from "../errors.ts";
import { type Dataspace, elementCount } from "../format/dataspace.ts";
import type { Datatype } from "../format/datatype.ts";
import { decodeText, encodeText } from "../format/text.ts";
import { fixedDataspace } from "../object/infer-datatype.ts";
import { elementBytes } from "../object/value-bytes.ts";
import type { HeapWriter } from "../object/value-encode.ts";
import { cellParser } from "./parse-cell.ts";
import { JsonText } from "./parse-json.ts";
import { parseJsonView } from "./parse-json-view.ts";

const QUOTE = 0x22;

/** What an attribute is to be, with its elements as they are stored. */
export interface ParsedAttribute {
  readonly datatype: Datatype;
  readonly dataspace: Dataspace;
  readonly data: Uint8Array;
}

/**
 * Reads the text of an attribute as `attributeText` writes it, for an attribute of that type: a scalar is its text as it is,
 * an array JSON, or, if it has one element, that element's text. A new array may have any length in its first dimension.
 * Strings of fixed length get as long as the text needs.
 * @throws H5Error "argument" where the text is no value of the type
 */
export function parseAttributeText(
  text: Uint8Array,
  { datatype, dataspace }: { readonly datatype: Datatype; readonly dataspace: Dataspace },
  heap: HeapWriter | undefined,
): ParsedAttribute {
  if (dataspace.kind === "null" && text.length === 0) return { datatype, dataspace, data: new Uint8Array(0) };
  const isOne = elementCount(dataspace) === 1;
  if (dataspace.kind === "simple" && !(isOne && !isList(text))) {
    const type = withRoom(datatype, text, true);
    const { dims, bytes } = parseJsonView(text, type, dataspace.dims, heap);
    return { datatype: type, dataspace: fixedDataspace(dims), data: bytes };
  }
  const type = withRoom(datatype, text, false);
  const dims = dataspace.kind === "simple" ? dataspace.dims : [];
  const element = elementBytes(new Uint8Array(type.size));
  cellParser(type, heap).parse(text, 0, text.length, element, 0);
  return { datatype: type, dataspace: fixedDataspace(dims), data: element.bytes };
}

/** JSON of an array begins so. */
function isList(text: Uint8Array): boolean {
  return /^\s*\[/.test(Buffer.from(text).toString("latin1"));
}

/** Bytes of the longest string in JSON. */
function longestString(text: Uint8Array): number {
  const json = new JsonText(text);
  let longest = 0;
  while (json.position < text.length) {
    if (text[json.position] === QUOTE) longest = Math.max(longest, encodeText(json.string()).length);
    else json.position++;
  }
  return longest;
}

/** A type of strings of fixed length that is the attribute's own, made as long as the longest of the text. */
function withRoom(type: Datatype, text: Uint8Array, isJson: boolean): Datatype {
  if (type.class !== "string" || type.committedAt !== undefined) return type;
  if (text.includes(0)) throw new H5Error("argument", "a string cannot hold a NUL character");
  const longest = isJson ? longestString(text) : text.length;
  const isAscii = text.every((byte) => byte <= 0x7f) || decodeText(text).search(/[^\0-\x7f\udc80-\udcff]/u) < 0;
  return { ...type, size: Math.max(type.size, longest), charset: isAscii ? type.charset : "utf-8" };
}
