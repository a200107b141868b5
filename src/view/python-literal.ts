import { H5Error } from "../errors.ts";

/** A literal of Python's: dictionaries are maps, tuples and lists are arrays. */
export type PythonValue = string | number | boolean | null | PythonValue[] | Map<string, PythonValue>;

const MAX_DEPTH = 100;

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  "\\": "\\",
  "'": "'",
  '"': '"',
  "0": "\0",
  a: "\x07",
  b: "\b",
  f: "\f",
  v: "\v",
};

/** Reads Python's literals (`ast.literal_eval`) as far as an npy header has them. */
export class PythonLiteral {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  private constructor(text: string) {
    this.#text = text;
  }

  /** @throws H5Error "argument" where the text is none */
  static parse(text: string): PythonValue {
    const literal = new PythonLiteral(text);
    const value = literal.#value();
    literal.#skip();
    if (literal.#at < text.length) literal.#fail();
    return value;
  }

  #fail(): never {
    const found = this.#at < this.#text.length ? JSON.stringify(this.#text.slice(this.#at, this.#at + 12)) : "its end";
    throw new H5Error("argument", `npy header: ${found} at character ${this.#at} was not expected`);
  }

  #skip(): void {
    while (/\s/.test(this.#text.charAt(this.#at))) this.#at++;
  }

  #accept(character: string): boolean {
    this.#skip();
    if (this.#text.charAt(this.#at) !== character) return false;
    this.#at++;
    return true;
  }

  #value(): PythonValue {
    if (++this.#depth > MAX_DEPTH) this.#fail();
    const value = this.#unbounded();
    this.#depth--;
    return value;
  }

  #unbounded(): PythonValue {
    if (this.#accept("{")) return this.#dictionary();
    if (this.#accept("(")) return this.#tuple();
    if (this.#accept("[")) return this.#items("]").items;
    const character = this.#text.charAt(this.#at);
    if (character === "'" || character === '"') return this.#string();
    const word = /^(True|False|None|-?\d+L?)/.exec(this.#text.slice(this.#at, this.#at + 32))?.[0];
    if (word === undefined) return this.#fail();
    this.#at += word.length;
    if (word === "True" || word === "False") return word === "True";
    return word === "None" ? null : Number.parseInt(word, 10);
  }

  #dictionary(): Map<string, PythonValue> {
    const map = new Map<string, PythonValue>();
    while (!this.#accept("}")) {
      if (map.size > 0 && !this.#accept(",")) this.#fail();
      if (this.#accept("}")) break;
      const key = this.#value();
      if (typeof key !== "string" || map.has(key) || !this.#accept(":")) return this.#fail();
      map.set(key, this.#value());
    }
    return map;
  }

  /** One value in parentheses without a comma is that value. */
  #tuple(): PythonValue {
    const { items, hasComma } = this.#items(")");
    return items.length === 1 && !hasComma ? (items[0] ?? null) : items;
  }

  #items(close: string): { readonly items: PythonValue[]; readonly hasComma: boolean } {
    const items: PythonValue[] = [];
    let hasComma = false;
    while (!this.#accept(close)) {
      if (items.length > 0) {
        if (!this.#accept(",")) this.#fail();
        hasComma = true;
        if (this.#accept(close)) break;
      }
      items.push(this.#value());
    }
    return { items, hasComma };
  }

  #string(): string {
    const quote = this.#text.charAt(this.#at++);
    let out = "";
    for (;;) {
      const character = this.#text.charAt(this.#at);
      if (character === "") this.#fail();
      this.#at++;
      if (character === quote) return out;
      out += character === "\\" ? this.#escape() : character;
    }
  }

  #escape(): string {
    const character = this.#text.charAt(this.#at++);
    const digits = { x: 2, u: 4, U: 8 }[character];
    if (digits === undefined) {
      const simple = SIMPLE_ESCAPES[character];
      if (simple === undefined) this.#fail();
      return simple;
    }
    const hex = this.#text.slice(this.#at, this.#at + digits);
    if (hex.length < digits || !/^[0-9a-fA-F]+$/.test(hex) || Number.parseInt(hex, 16) > 0x10ffff) this.#fail();
    this.#at += digits;
    return String.fromCodePoint(Number.parseInt(hex, 16));
  }
}
