import { H5Error } from "../errors.ts";
import { joined } from "./joined-bytes.ts";
import type { JsonPlace } from "./parse-json.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const NEWLINE = 0x0a;

/** Bytes of one value of the outermost list. */
const MAX_ROW = 2 ** 28;

/** One value of the outermost list of a JSON text: [from, to) of `bytes`, with the blanks around it; behind the last are none. */
export interface JsonRow {
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly to: number;
  /** Where `from` is in the text. */
  readonly place: JsonPlace;
  readonly offset: number;
}

/**
 * The values of the outermost list of a JSON text that comes in blocks of any size. What they are is not looked at, but that
 * brackets and quotes are in pairs.
 * @param isInside the text is some of the values of a list, with commas between them, and without its brackets
 * @throws H5Error "argument", with line and column, where the text is no list
 */
export function* jsonRows(blocks: Iterable<Uint8Array>, isInside = false): Generator<JsonRow> {
  const cutter = new Cutter(isInside);
  for (const block of blocks) yield* cutter.cut(block);
  yield* cutter.end(isInside);
}

type Where = "before" | "first" | "in" | "after";

class Cutter {
  #where: Where;
  /** The beginning of a value that has not ended yet, and its place. */
  #rest: Uint8Array = new Uint8Array(0);
  #place: JsonPlace = { line: 1, column: 1 };
  /** Brackets that are open within the value. */
  #depth = 0;
  #isString = false;
  #isEscaped = false;
  #line = 1;
  #column = 1;
  /** No value has ended yet. */
  #isFirst = true;
  /** Where `#rest` is in the text. */
  #offset = 0;

  constructor(isInside: boolean) {
    this.#where = isInside ? "in" : "before";
  }

  *cut(block: Uint8Array): Generator<JsonRow> {
    // The block may be overwritten when the next is asked for.
    const bytes = this.#rest.length === 0 ? block : joined(this.#rest, block);
    let from = 0;
    for (let at = this.#rest.length; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0;
      const isEnd = this.#step(byte);
      if (isEnd) {
        const isEmpty = this.#where === "after" && this.#isBlank(bytes, from, at) && this.#isFirst;
        let to = at;
        while (this.#where === "after" && to > from && isBlank(bytes[to - 1] ?? 0)) to--;
        if (!isEmpty) yield { bytes, from, to, place: this.#place, offset: this.#offset + from };
        this.#isFirst = false;
      }
      if (byte === NEWLINE) {
        this.#line++;
        this.#column = 1;
      } else if ((byte & 0xc0) !== 0x80) {
        this.#column++;
      }
      if (isEnd || this.#where === "first") {
        from = at + 1;
        this.#place = { line: this.#line, column: this.#column };
        if (this.#where === "first") this.#where = "in";
      }
    }
    if (this.#where !== "in") from = bytes.length;
    if (bytes.length - from > MAX_ROW) {
      throw new H5Error("limit", `line ${this.#place.line}: a value has more than ${MAX_ROW} bytes`);
    }
    this.#rest = bytes.slice(from);
    this.#offset += from;
  }

  /** @param isInside what has not ended yet is the last value */
  *end(isInside: boolean): Generator<JsonRow> {
    if (isInside && this.#where === "in" && this.#depth === 0 && !this.#isString) {
      const bytes = this.#rest;
      yield { bytes, from: 0, to: bytes.length, place: this.#place, offset: this.#offset };
    } else if (this.#where !== "after") this.#fail("the text ends");
  }

  /** @returns whether a value ends before that byte */
  #step(byte: number): boolean {
    if (this.#where === "in") return this.#inList(byte);
    if (isBlank(byte)) return false;
    if (this.#where === "before" && byte === OPEN_LIST) this.#where = "first";
    else this.#fail(this.#where === "before" ? "a list was expected" : "there is more after the end");
    return false;
  }

  #inList(byte: number): boolean {
    if (this.#isString) {
      if (this.#isEscaped) this.#isEscaped = false;
      else if (byte === BACKSLASH) this.#isEscaped = true;
      else if (byte === QUOTE) this.#isString = false;
      return false;
    }
    switch (byte) {
      case QUOTE:
        this.#isString = true;
        return false;
      case OPEN_LIST:
      case OPEN_OBJECT:
        this.#depth++;
        return false;
      case CLOSE_LIST:
      case CLOSE_OBJECT:
        if (this.#depth-- > 0) return false;
        if (byte === CLOSE_OBJECT) this.#fail("} where ] was expected");
        this.#where = "after";
        return true;
      case COMMA:
        return this.#depth === 0;
      default:
        return false;
    }
  }

  #isBlank(bytes: Uint8Array, from: number, to: number): boolean {
    for (let at = from; at < to; at++) if (!isBlank(bytes[at] ?? 0)) return false;
    return true;
  }

  #fail(message: string): never {
    throw new H5Error("argument", `line ${this.#line}, column ${this.#column}: ${message}`);
  }
}

export function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === NEWLINE || byte === 0x0d || byte === 0x09;
}
