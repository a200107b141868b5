import { H5Error } from "../errors.ts";
import type { Dataspace } from "../format/dataspace.ts";
import type { Datatype } from "../format/datatype.ts";
import { decodeText } from "../format/text.ts";
import { fixedDataspace } from "../object/infer-datatype.ts";
import { elementBytes } from "../object/value-bytes.ts";
import type { HeapWriter } from "../object/value-encode.ts";
import { cellParser } from "./parse-cell.ts";
import { parseJsonView } from "./parse-json-view.ts";

/** What an attribute is to be, with its elements as they are stored. */
export interface ParsedAttribute {
  readonly datatype: Datatype;
  readonly dataspace: Dataspace;
  readonly data: Uint8Array;
}

/**
 * Reads the text of an attribute as `attributeText` writes it, for an attribute of that type: a scalar is its text as it is,
 * an array JSON. A new array may have any length in its first dimension. A string of fixed length gets as long as the text
 * needs.
 * @throws H5Error "argument" where the text is no value of the type
 */
export function parseAttributeText(
  text: Uint8Array,
  { datatype, dataspace }: { readonly datatype: Datatype; readonly dataspace: Dataspace },
  heap: HeapWriter | undefined,
): ParsedAttribute {
  if (dataspace.kind === "simple") {
    const { dims, bytes } = parseJsonView(text, datatype, dataspace.dims, heap);
    return { datatype, dataspace: fixedDataspace(dims), data: bytes };
  }
  if (dataspace.kind === "null" && text.length === 0) return { datatype, dataspace, data: new Uint8Array(0) };
  const type = datatype.committedAt === undefined ? withRoom(datatype, text) : datatype;
  const element = elementBytes(new Uint8Array(type.size));
  const { parse, hasNull } = cellParser(type, heap);
  const isNull = hasNull && type.class === "reference" && text.length === 0;
  if (!isNull) parse(text, 0, text.length, element, 0);
  return { datatype: type, dataspace: fixedDataspace([]), data: element.bytes };
}

function withRoom(type: Datatype, text: Uint8Array): Datatype {
  if (type.class !== "string") return type;
  if (text.includes(0)) throw new H5Error("argument", "a string cannot hold a NUL character");
  const isAscii = text.every((byte) => byte <= 0x7f) || decodeText(text).search(/[^\0-\x7f\udc80-\udcff]/u) < 0;
  return { ...type, size: Math.max(type.size, text.length), charset: isAscii ? type.charset : "utf-8" };
}
