import { H5Error } from "../errors.ts";
import type { Datatype } from "../format/datatype.ts";
import {
  arrayType,
  BOOLEAN,
  compoundType,
  floatType,
  integerType,
  sequenceType,
  vlenStringType,
} from "../object/datatypes.ts";
import { NumberScan } from "./number-scan.ts";
import type { JsonText } from "./parse-json.ts";
import { textType } from "./text-type.ts";
import { kindOf } from "./value-kind.ts";

const QUOTE = 0x22;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const COMMA = 0x2c;

/** More make a datatype that no object header holds. */
const MAX_MEMBERS = 1000;

/** Lists and objects in each other. */
const MAX_DEPTH = 32;

const FLOAT64 = floatType(8);

/** What JSON has no number for, as it is written among floats. */
const NON_FINITE = new Set(["NaN", "Infinity", "-Infinity"]);

/** What is noted of a whole text. */
export interface JsonNotes {
  /** Characters beyond ASCII are escaped, somewhere. */
  ascii: boolean;
  /** Slashes are. */
  slash: boolean;
  /** Numbers that are none, among floats. */
  nonFinite: "word" | "null" | undefined;
  /** The places where float64 numbers are, in their order; complete when the type is known. */
  readonly floats: NumberScan[];
}

type ValueKind = "integer" | "float" | "word" | "boolean" | "string" | "null" | "list" | "object";

/** Of several kinds, what each is called. */
const CALLED: ReadonlyMap<ValueKind, string> = new Map([
  ["integer", "integers"],
  ["float", "floats"],
  ["word", "NaN or Infinity"],
  ["boolean", "booleans"],
  ["string", "strings"],
  ["null", "null"],
  ["list", "lists"],
  ["object", "objects"],
]);

/** All that is noted of the values at one place of a JSON text, such as the member `a` of all objects of a list. */
export class JsonScan {
  readonly #counts: Record<ValueKind, number> = {
    integer: 0,
    float: 0,
    word: 0,
    boolean: 0,
    string: 0,
    null: 0,
    list: 0,
    object: 0,
  };
  readonly #notes: JsonNotes;
  readonly #depth: number;
  readonly #numbers = new NumberScan();
  /** Strings: those that may stand for a float, and how long all are. */
  #nonFinite = 0;
  #mostBytes = 0;
  #textBytes = 0;
  #hasNul = false;
  /** Lists: how long they are, and what is in them. */
  #length: number | undefined;
  #isRagged = false;
  #items: JsonScan | undefined;
  #members: Map<string, JsonScan> | undefined;

  constructor(notes: JsonNotes, depth = 0) {
    this.#notes = notes;
    this.#depth = depth;
  }

  /** Takes note of the value that comes next. @throws H5Error "argument" where there is none, or it cannot be kept */
  add(json: JsonText): void {
    if (this.#depth > MAX_DEPTH) json.fail(`is nested deeper than ${MAX_DEPTH}`);
    switch (json.peek()) {
      case QUOTE:
        this.#addString(this.#stringOf(json));
        return;
      case OPEN_LIST:
        this.#addList(json);
        return;
      case OPEN_OBJECT:
        this.#addObject(json);
        return;
      default:
        this.#addWord(json);
    }
  }

  /** What all values have in common. @param path how messages call their place @throws H5Error "argument": nothing */
  type(path: string, sizeOfOffsets: number): Datatype {
    const { integer, float, word, boolean, string, null: nulls } = this.#counts;
    const kinds = [...CALLED].filter(([kind]) => this.#counts[kind] > 0);
    const has = (...counts: number[]): boolean => counts.reduce((sum, count) => sum + count, 0) === this.#count;
    if (this.#members !== undefined && kinds.length === 1) return this.#compound(this.#members, path, sizeOfOffsets);
    if (this.#items !== undefined && kinds.length === 1) return this.#list(this.#items, path, sizeOfOffsets);
    if (boolean > 0 && has(boolean)) return BOOLEAN;
    if (integer > 0 && has(integer)) return this.#integer();
    const isFloat = integer + float + word > 0 || (string === this.#nonFinite && nulls === 0);
    if (isFloat && has(integer, float, word, nulls, this.#nonFinite)) return this.#float();
    if (string > 0 && has(string, nulls)) return this.#string(path, sizeOfOffsets);
    const found = kinds.map(([, called]) => called).join(" and ");
    throw new H5Error("argument", `${path}: there is no datatype for ${found}`);
  }

  /** How long lists nested in each other are, as far as all are equally long. */
  dims(): { readonly dims: readonly number[]; readonly items: JsonScan } {
    if (this.#items === undefined || this.#isRagged || this.#counts.list !== this.#count)
      return { dims: [], items: this };
    const { dims, items } = this.#items.dims();
    return { dims: [this.#length ?? 0, ...dims], items };
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  get #count(): number {
    return Object.values(this.#counts).reduce((sum, count) => sum + count, 0);
  }

  #addString(text: string): void {
    this.#counts.string++;
    if (NON_FINITE.has(text)) this.#nonFinite++;
    const length = Buffer.byteLength(text);
    this.#mostBytes = Math.max(this.#mostBytes, length);
    this.#textBytes += length;
    this.#hasNul ||= text.includes("\0");
  }

  /** Notes how it is escaped. */
  #stringOf(json: JsonText): string {
    json.peek();
    const start = json.position;
    const text = json.string();
    const isEscaped = json.position - start !== Buffer.byteLength(text) + 2;
    if (isEscaped && !(this.#notes.ascii && this.#notes.slash)) {
      const written = Buffer.from(json.bytes.subarray(start, json.position)).toString("latin1");
      this.#notes.slash ||= /(^|[^\\])(\\\\)*\\\//.test(written);
      this.#notes.ascii ||= /\\u(?!00[01])/.test(written);
    }
    return text;
  }

  #addList(json: JsonText): void {
    this.#counts.list++;
    this.#items ??= new JsonScan(this.#notes, this.#depth + 1);
    json.accept(OPEN_LIST);
    let length = 0;
    while (json.nextInList(length)) {
      this.#items.add(json);
      length++;
    }
    this.#length ??= length;
    if (length !== this.#length) this.#isRagged = true;
  }

  #addObject(json: JsonText): void {
    const isFirst = this.#counts.object++ === 0;
    this.#members ??= new Map();
    const start = json.position;
    json.accept(OPEN_OBJECT);
    const seen = new Set<string>();
    while (json.nextInList(seen.size, CLOSE_OBJECT)) {
      json.peek();
      const at = json.position;
      const name = this.#stringOf(json);
      if (seen.has(name)) json.fail(`the member ${JSON.stringify(name)} is there twice`, at);
      seen.add(name);
      json.expect(COLON);
      let member = this.#members.get(name);
      if (member === undefined) {
        if (!isFirst) json.fail(`the member ${JSON.stringify(name)} is not in the objects before`, at);
        if (name === "" || name.includes("\0")) json.fail("a member of that name cannot be", at);
        member = new JsonScan(this.#notes, this.#depth + 1);
        this.#members.set(name, member);
      }
      member.add(json);
    }
    if (seen.size > MAX_MEMBERS) json.fail(`an object has ${seen.size} members, more than ${MAX_MEMBERS}`, start);
    if (seen.size === 0) json.fail("an object has no members", start);
    if (seen.size < this.#members.size) {
      const missing = [...this.#members.keys()].find((name) => !seen.has(name)) ?? "";
      json.fail(`the member ${JSON.stringify(missing)} is missing`, start);
    }
  }

  #addWord(json: JsonText): void {
    const start = json.position;
    const end = json.word();
    const { kind, word } = kindOf(json.bytes, start, end, COMMA);
    if (kind === "integer" || kind === "float") {
      this.#counts[kind]++;
      this.#numbers.add(json.bytes, start, end, 1);
    } else if (word === "true" || word === "false") this.#counts.boolean++;
    else if (word === "null") this.#counts.null++;
    else if (NON_FINITE.has(word)) this.#counts.word++;
    else json.fail("a value was expected", start);
    json.position = end;
  }

  #integer(): Datatype {
    const { least, greatest } = this.#numbers;
    if (least >= -(2n ** 63n) && greatest < 2n ** 63n) return integerType(8, true);
    return least === 0n && greatest < 2n ** 64n ? integerType(8, false) : this.#float();
  }

  #float(): Datatype {
    this.#notes.floats.push(this.#numbers);
    if (this.#counts.word > 0) this.#notes.nonFinite = "word";
    else if (this.#counts.null > 0) this.#notes.nonFinite = "null";
    return FLOAT64;
  }

  #string(path: string, sizeOfOffsets: number): Datatype {
    if (this.#hasNul) throw new H5Error("argument", `${path}: a string has a NUL character`);
    if (this.#counts.null > 0) return vlenStringType(sizeOfOffsets);
    const sizes = { count: this.#counts.string, mostBytes: this.#mostBytes, textBytes: this.#textBytes };
    return textType(sizes, sizeOfOffsets);
  }

  #compound(members: ReadonlyMap<string, JsonScan>, path: string, sizeOfOffsets: number): Datatype {
    return compoundType(
      [...members].map(([name, scan]) => [name, scan.type(`${path}.${name}`, sizeOfOffsets)] as const),
    );
  }

  /** Lists that are elements, or in them: arrays where all are equally long, else sequences. */
  #list(items: JsonScan, path: string, sizeOfOffsets: number): Datatype {
    if (items.isEmpty) return sequenceType(FLOAT64, sizeOfOffsets);
    const { dims, items: innermost } = this.dims();
    if (dims.length === 0) return sequenceType(items.type(`${path}[]`, sizeOfOffsets), sizeOfOffsets);
    if (dims.includes(0)) throw new H5Error("argument", `${path}: an array without elements cannot be a member`);
    return arrayType(innermost.type(`${path}${"[]".repeat(dims.length)}`, sizeOfOffsets), dims);
  }
}
