import { H5Error } from "../errors.ts";
import type { Dataspace } from "../format/dataspace.ts";
import type { Datatype } from "../format/datatype.ts";
import { decodeText } from "../format/text.ts";
import { fixedDataspace } from "../object/infer-datatype.ts";
import { elementBytes } from "../object/value-bytes.ts";
import type { HeapWriter } from "../object/value-encode.ts";
import { JsonText, jsonParser, parseNested } from "./parse-json.ts";
import { type Json, parseTypeJson } from "./parse-type-json.ts";
import { typeJson } from "./type-json.ts";

/** One attribute of an object, as it is to be. */
export type ParsedAttributes =
  | { readonly name: string; readonly datatype: Datatype; readonly dataspace: Dataspace; readonly data: Uint8Array }
  /** It stays as it is: its text does, or it could not be read. */
  | { readonly name: string; readonly stays: true };

/** An attribute that is there. */
export interface KnownAttribute {
  /** Its type as it is stored, and as the program that wrote it means it; `undefined`: it cannot be read. */
  readonly type: { readonly stored: Datatype; readonly meant: Datatype } | undefined;
  /** Its JSON, as `attributeJson` writes it. */
  text(): Uint8Array;
}

const QUOTE = 0x22;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_LIST = 0x5b;
const COLON = 0x3a;

/** Elements of one attribute. */
const MAX_BYTES = 2 ** 28;

/**
 * Reads all attributes of an object as `attributesJson` writes them. An attribute whose type is as it was keeps it, with its
 * committed datatype and what its program means by it; one whose text is as it was stays, whatever is in it.
 * @param known the attribute of that name, if there is one
 * @param heap where what elements refer to is put
 * @throws H5Error "argument" with line and column
 */
export function parseAttributesJson(
  text: Uint8Array,
  known: (name: string) => KnownAttribute | undefined,
  heap: HeapWriter,
): ParsedAttributes[] {
  const json = new JsonText(text);
  const attributes: ParsedAttributes[] = [];
  const names = new Set<string>();
  json.expect(OPEN_OBJECT);
  while (json.nextInList(attributes.length, CLOSE_OBJECT)) {
    json.peek();
    const at = json.position;
    const name = json.string();
    if (names.has(name)) json.fail(`the attribute ${JSON.stringify(name)} is there twice`, at);
    names.add(name);
    json.expect(COLON);
    attributes.push(attributeOf(json, name, known(name), heap));
  }
  json.end();
  return attributes;
}

/** Where the parts of an attribute's object begin and end. */
type Spans = Map<string, readonly [from: number, to: number]>;

function attributeOf(
  json: JsonText,
  name: string,
  known: KnownAttribute | undefined,
  heap: HeapWriter,
): ParsedAttributes {
  json.peek();
  const start = json.position;
  const spans = spansOf(json);
  const isSame = known !== undefined && Buffer.compare(json.bytes.subarray(start, json.position), known.text()) === 0;
  if (isSame) return { name, stays: true };
  if (spans.has("error")) {
    if (known === undefined) json.fail(`there is no attribute ${JSON.stringify(name)} that could stay as it is`, start);
    return { name, stays: true };
  }
  const part = (field: string): readonly [number, number] =>
    spans.get(field) ?? json.fail(`the attribute ${JSON.stringify(name)} has no ${field}`, start);
  const typeAt = part("type");
  const type = plainJson(json, typeAt);
  const kept = known?.type;
  const isKept = kept !== undefined && JSON.stringify(typeJson(kept.meant)) === JSON.stringify(type);
  const meant = isKept ? kept.meant : json.located(typeAt[0], () => parseTypeJson(type, heap.sizeOfOffsets));
  const datatype = isKept ? kept.stored : meant;
  const shapeAt = part("shape");
  const dims = json.located(shapeAt[0], () => shapeOf(plainJson(json, shapeAt)));
  const [valueAt, valueEnd] = part("value");
  const end = json.position;
  json.position = valueAt;
  if (dims === null) {
    if (decodeText(json.bytes.subarray(valueAt, valueEnd)).trim() !== "null") json.fail("no data are null", valueAt);
    json.position = end;
    return { name, datatype, dataspace: { kind: "null" }, data: new Uint8Array(0) };
  }
  const size = dims.reduce((product, dim) => product * dim, meant.size);
  if (size > MAX_BYTES) json.fail(`the attribute has ${size} bytes`, shapeAt[0]);
  const out = elementBytes(new Uint8Array(size));
  parseNested(json, dims, jsonParser(meant, heap), meant.size, out, 0);
  json.position = end;
  return { name, datatype, dataspace: fixedDataspace(dims), data: out.bytes };
}

/** Steps over an object. */
function spansOf(json: JsonText): Spans {
  const spans: Spans = new Map();
  json.expect(OPEN_OBJECT);
  while (json.nextInList(spans.size, CLOSE_OBJECT)) {
    json.peek();
    const at = json.position;
    const name = json.string();
    if (!["type", "shape", "value", "error"].includes(name)) json.fail(`${JSON.stringify(name)} is not known`, at);
    if (spans.has(name)) json.fail(`${JSON.stringify(name)} is there twice`, at);
    json.expect(COLON);
    json.peek();
    const from = json.position;
    skipValue(json, 0);
    spans.set(name, [from, json.position]);
  }
  return spans;
}

const MAX_DEPTH = 1000;

function skipValue(json: JsonText, depth: number): void {
  if (depth > MAX_DEPTH) json.fail(`the value is nested more than ${MAX_DEPTH} deep`);
  const next = json.peek();
  if (next === QUOTE) {
    json.string();
  } else if (next === OPEN_LIST || next === OPEN_OBJECT) {
    json.position++;
    const close = next + 2;
    for (let count = 0; json.nextInList(count, close); count++) {
      if (next === OPEN_OBJECT) {
        json.string();
        json.expect(COLON);
      }
      skipValue(json, depth + 1);
    }
  } else {
    json.position = json.word();
  }
}

/** A part that holds no numbers beyond a double's. */
function plainJson(json: JsonText, [from, to]: readonly [number, number]): Json {
  try {
    const parsed: Json = JSON.parse(decodeText(json.bytes.subarray(from, to)));
    return parsed;
  } catch (error) {
    if (error instanceof SyntaxError) return json.fail("this is no JSON", from);
    throw error;
  }
}

function shapeOf(json: Json): number[] | null {
  if (json === null) return null;
  if (!Array.isArray(json)) throw new H5Error("argument", "the shape is neither a list nor null");
  return json.map((dim: Json) => {
    if (typeof dim !== "number" || !Number.isSafeInteger(dim) || dim < 0) {
      throw new H5Error("argument", "a dimension is no number");
    }
    return dim;
  });
}
