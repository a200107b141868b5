import type { Datatype, StringType } from "../format/datatype.ts";
import { decodeText } from "../format/text.ts";
import { stringEnd } from "../object/text/string-text.ts";
import { elementEncoder, type HeapWriter } from "../object/value-encode.ts";
import { withAnyCharacter } from "./any-character.ts";
import { JsonText, jsonParser } from "./parse-json.ts";
import { type ParseText, scalarParser } from "./parse-scalar.ts";

/** Reads the text of one element: the counterpart of `plainWriter`. Made once for a datatype. */
export interface CellParser {
  readonly parse: ParseText;
  /** Whether a text that is missing, as an empty field is, stands for a null, whose bytes are zero. */
  readonly hasNull: boolean;
}

/** @param heap where strings of variable length, sequences and references lead to */
export function cellParser(type: Datatype, heap: HeapWriter | undefined): CellParser {
  const hasNull = type.class === "reference" || (type.class === "vlen" && type.kind === "string");
  return { parse: parserOf(type, heap), hasNull };
}

function parserOf(type: Datatype, heap: HeapWriter | undefined): ParseText {
  switch (type.class) {
    case "string":
      return stringParser(type);
    case "reference":
      return referenceText(encodedText(type, heap));
    case "vlen":
      return type.kind === "string" ? encodedText(type, heap) : jsonCell(type, heap);
    case "compound":
    case "array":
      return jsonCell(type, heap);
    default:
      return scalarParser(type);
  }
}

/** Text that becomes a string value. */
function encodedText(type: Datatype, heap: HeapWriter | undefined): ParseText {
  const encode = elementEncoder(withAnyCharacter(type), heap);
  return (text, from, to, out, at) => encode(decodeText(text.subarray(from, to)), out, at);
}

/** An empty text, also in quotes (as it is where it would be an empty line), is a null reference: its bytes are zero. */
function referenceText(parse: ParseText): ParseText {
  return (text, from, to, out, at) => {
    if (from < to) parse(text, from, to, out, at);
  };
}

/** True for text that is ASCII, and has no NUL in it. */
function isPlain(text: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    const byte = text[i] ?? 0;
    if (byte === 0 || byte > 0x7f) return false;
  }
  return true;
}

function stringParser(type: StringType): ParseText {
  const other = encodedText(type, undefined);
  const { size, padding } = type;
  return (text, from, to, out, at) => {
    const length = to - from;
    if (length > size || !isPlain(text, from, to)) {
      other(text, from, to, out, at);
      return;
    }
    const { bytes } = out;
    for (let i = 0; i < length; i++) bytes[at + i] = text[from + i] ?? 0;
    if (padding !== "space-padded") return;
    bytes.fill(0x20, at + length, at + size);
    if (stringEnd(bytes, at, at + size, padding) !== at + length) other(text, from, to, out, at);
  };
}

/** What has parts inside is JSON in one field. */
function jsonCell(type: Datatype, heap: HeapWriter | undefined): ParseText {
  const parse = jsonParser(type, heap);
  return (text, from, to, out, at) => {
    const json = new JsonText(text.subarray(from, to));
    parse(json, out, at);
    json.end();
  };
}
