import { H5Error } from "../errors.ts";
import type { ArrayType, CompoundType, Datatype, VlenType } from "../format/datatype.ts";
import { decodeText, encodeText } from "../format/text.ts";
import { type ElementBytes, elementBytes } from "../object/value-bytes.ts";
import { elementEncoder, type HeapWriter, putHeapId } from "../object/value-encode.ts";
import { complexPart } from "../object/value-meaning.ts";
import { withAnyCharacter } from "./any-character.ts";
import { type ScalarType, scalarParser } from "./parse-scalar.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const SMALL_N = 0x6e;

/** Counted from 1; columns in characters. */
export interface JsonPlace {
  readonly line: number;
  readonly column: number;
}

/** JSON text (RFC 8259), read from its beginning to its end. */
export class JsonText {
  readonly bytes: Uint8Array;
  position = 0;
  readonly #place: JsonPlace;

  /** @param place where its beginning is in the text that it is a part of */
  constructor(bytes: Uint8Array, place: JsonPlace = { line: 1, column: 1 }) {
    this.bytes = bytes;
    this.#place = place;
  }

  /** @throws H5Error "argument", saying where the reading is */
  fail(message: string, at = this.position): never {
    let { line, column } = this.#place;
    let start = 0;
    for (let i = 0; i < at; i++) {
      if (this.bytes[i] !== 0x0a) continue;
      line++;
      column = 1;
      start = i + 1;
    }
    column += decodeText(this.bytes.subarray(start, at)).length;
    throw new H5Error("argument", `line ${line}, column ${column}: ${message}`);
  }

  /** Runs what may refuse a value, and says where the value is. */
  located<T>(at: number, read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof H5Error) || error.kind !== "argument") throw error;
      return this.fail(error.message, at);
    }
  }

  /** The next byte that is no white space, which stays; -1 at the end. */
  peek(): number {
    const { bytes } = this;
    let at = this.position;
    for (; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
    }
    this.position = at;
    return bytes[at] ?? -1;
  }

  /** Steps over that character, if it is the next. */
  accept(character: number): boolean {
    if (this.peek() !== character) return false;
    this.position++;
    return true;
  }

  expect(character: number): void {
    if (!this.accept(character)) this.fail(`${this.#found()} where ${String.fromCharCode(character)} was expected`);
  }

  end(): void {
    if (this.peek() !== -1) this.fail(`${this.#found()} after the end`);
  }

  #found(): string {
    const at = this.position;
    if (at >= this.bytes.length) return "the text ends";
    return JSON.stringify(decodeText(this.bytes.subarray(at, at + 20)).slice(0, 12));
  }

  /** Steps over a list's comma, or its end. @returns false at the end @param count elements so far */
  nextInList(count: number, close = CLOSE_LIST): boolean {
    if (this.accept(close)) return false;
    if (count > 0) this.expect(COMMA);
    return true;
  }

  /** A string's characters. */
  string(): string {
    if (this.peek() !== QUOTE) this.fail(`${this.#found()} where a string was expected`);
    const start = this.position;
    let at = start + 1;
    let isPlain = true;
    for (; ; at++) {
      const byte = this.bytes[at];
      if (byte === undefined) this.fail("a string does not end", start);
      if (byte === QUOTE) break;
      if (byte === BACKSLASH) {
        isPlain = false;
        at++;
      }
    }
    this.position = at + 1;
    const text = decodeText(this.bytes.subarray(start + 1, at));
    if (isPlain) return text;
    try {
      const parsed: unknown = JSON.parse(`"${text}"`);
      if (typeof parsed === "string") return parsed;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
    return this.fail("a string has an escape that is none", start);
  }

  /** A number, `true`, `false` or `null`: steps over it. @returns its end */
  word(): number {
    this.peek();
    const { bytes } = this;
    let at = this.position;
    for (; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0;
      const isPart =
        (byte >= 0x30 && byte <= 0x39) ||
        (byte >= 0x61 && byte <= 0x7a) ||
        (byte >= 0x41 && byte <= 0x5a) ||
        byte === 0x2b ||
        byte === 0x2d ||
        byte === 0x2e;
      if (!isPart) break;
    }
    if (at === this.position) this.fail(`${this.#found()} where a value was expected`);
    return at;
  }
}

/** Writes the element whose JSON comes next to `at`, where all bytes are zero. */
export type ParseJson = (json: JsonText, out: ElementBytes, at: number) => void;

/** Reads elements as `jsonWriter` writes them. What it returns throws H5Error "argument" with line and column. */
export function jsonParser(type: Datatype, heap: HeapWriter | undefined): ParseJson {
  switch (type.class) {
    case "compound":
      return membersParser(type, heap);
    case "array":
      return arrayParser(type, heap);
    case "vlen":
      return type.kind === "string" ? textParser(type, heap) : sequenceParser(type, heap);
    case "string":
    case "reference":
      return textParser(type, heap);
    default:
      return scalar(type);
  }
}

/** Numbers, booleans; names, hexadecimal digits and non-finite floats are strings. NaN is what JavaScript and pandas write for it, too. */
function scalar(type: ScalarType): ParseJson {
  const parse = scalarParser(type);
  const isFloat = type.class === "float";
  return (json, out, at) => {
    if (json.peek() === QUOTE) {
      const start = json.position;
      const text = Buffer.from(json.string());
      json.located(start, () => parse(text, 0, text.length, out, at));
      return;
    }
    const start = json.position;
    const end = json.word();
    const isNull = isFloat && json.bytes[start] === SMALL_N && end - start === NULL.length;
    if (isNull && decodeText(json.bytes.subarray(start, end)) === NULL) parse(NAN, 0, NAN.length, out, at);
    else json.located(start, () => parse(json.bytes, start, end, out, at));
    json.position = end;
  };
}

const NULL = "null";
const NAN = encodeText("nan");

/** Strings; `null` where there are null strings and references. */
function textParser(type: Datatype, heap: HeapWriter | undefined): ParseJson {
  const encode = elementEncoder(withAnyCharacter(type), heap);
  return (json, out, at) => {
    const isNull = json.peek() === SMALL_N;
    const start = json.position;
    if (isNull) {
      const end = json.word();
      if (decodeText(json.bytes.subarray(start, end)) !== "null") json.fail("a string was expected");
      json.position = end;
      json.located(start, () => encode(null, out, at));
      return;
    }
    const text = json.string();
    json.located(start, () => encode(text, out, at));
  };
}

/** Members in any order, each once. */
function membersParser(type: CompoundType, heap: HeapWriter | undefined): ParseJson {
  const isComplex = complexPart(type) !== undefined;
  const names = type.members.map(({ name }, i) => (isComplex ? (i === 0 ? "r" : "i") : name));
  const members = new Map(
    type.members.map(({ offset, type: member }, i) => [names[i] ?? "", { offset, parse: jsonParser(member, heap) }]),
  );
  return (json, out, at) => {
    const start = json.position;
    json.expect(OPEN_OBJECT);
    const seen = new Set<string>();
    while (json.nextInList(seen.size, CLOSE_OBJECT)) {
      json.peek();
      const nameAt = json.position;
      const name = json.string();
      const member = members.get(name);
      if (member === undefined) return json.fail(`there is no member ${JSON.stringify(name)}`, nameAt);
      if (seen.has(name)) json.fail(`the member ${JSON.stringify(name)} is there twice`, nameAt);
      seen.add(name);
      json.expect(COLON);
      member.parse(json, out, at + member.offset);
    }
    const missing = names.find((name) => !seen.has(name));
    if (missing !== undefined) json.fail(`the member ${JSON.stringify(missing)} is missing`, start);
  };
}

function arrayParser({ base, dims }: ArrayType, heap: HeapWriter | undefined): ParseJson {
  const parse = jsonParser(base, heap);
  return (json, out, at) => {
    parseNested(json, dims, parse, base.size, out, at);
  };
}

/** Lists nested by their dimensions. */
export function parseNested(
  json: JsonText,
  dims: readonly number[],
  parse: ParseJson,
  size: number,
  out: ElementBytes,
  at: number,
): void {
  const [dim, ...inner] = dims;
  if (dim === undefined) {
    parse(json, out, at);
    return;
  }
  const step = inner.reduce((product, n) => product * n, size);
  json.peek();
  const start = json.position;
  json.expect(OPEN_LIST);
  let count = 0;
  while (json.nextInList(count)) {
    if (count < dim) parseNested(json, inner, parse, size, out, at + count * step);
    else json.fail(`a list has more than ${dim} values`, start);
    count++;
  }
  if (count !== dim) json.fail(`a list has ${count} values, expected ${dim}`, start);
}

function sequenceParser(type: VlenType, heap: HeapWriter | undefined): ParseJson {
  const { base } = type;
  const parse = jsonParser(base, heap);
  return (json, out, at) => {
    const { bytes, count } = parseList(json, parse, base.size);
    if (count > 0) putHeapId(type, heap, bytes, count, out, at);
  };
}

/** A list of any number of elements. */
export function parseList(
  json: JsonText,
  parse: ParseJson,
  size: number,
): { readonly bytes: Uint8Array; readonly count: number } {
  let list = elementBytes(new Uint8Array(16 * size));
  let count = 0;
  json.expect(OPEN_LIST);
  while (json.nextInList(count)) {
    if ((count + 1) * size > list.bytes.length) {
      const larger = new Uint8Array(2 * list.bytes.length);
      larger.set(list.bytes);
      list = elementBytes(larger);
    }
    parse(json, list, count * size);
    count++;
  }
  return { bytes: list.bytes.subarray(0, count * size), count };
}
