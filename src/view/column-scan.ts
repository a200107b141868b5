import { isUtf8 } from "node:buffer";
import { type CsvRecord, QUOTING } from "./csv-records.ts";
import { NumberShape } from "./number-shape.ts";

const QUOTE = 0x22;
const COMMA = 0x2c;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const LOWER = 0x20;

/** What programs write for a value that is missing. */
const MISSING = new Set([
  "",
  "NA",
  "N/A",
  "n/a",
  "nan",
  "NaN",
  "NAN",
  "-nan",
  "null",
  "NULL",
  "None",
  "<NA>",
  "#N/A",
  ".",
]);
const INFINITY = new Set(["inf", "Inf", "INF", "Infinity", "infinity"]);
export const BOOLEANS = [
  ["false", "true"],
  ["False", "True"],
  ["FALSE", "TRUE"],
] as const;
const BOOLEAN_TEXTS: ReadonlySet<string> = new Set(BOOLEANS.flat());

/** Longer words are none of the above, nor are those that begin otherwise. */
const MAX_WORD = 8;
const FIRST_BYTES = new Set([...MISSING, ...INFINITY, ...BOOLEAN_TEXTS, "-"].map((word) => word.charCodeAt(0)));

export type CellKind = "missing" | "infinity" | "boolean" | "integer" | "float" | "text";

const shape = new NumberShape();

/** What kind of value a field's text is, whatever stands around it. For a number, `shape` tells how it is written. */
export function kindOf(
  bytes: Uint8Array,
  from: number,
  to: number,
  delimiter: number,
): { readonly kind: CellKind; readonly word: string } {
  const first = bytes[from] ?? 0;
  const isDigit = (first >= 0x30 && first <= 0x39) || first === 0x2d;
  if (isDigit && shape.scan(bytes, from, to, delimiter !== COMMA)) return shape.isInteger ? INTEGER : FLOAT;
  if (to - from > MAX_WORD + 1 || (from < to && !FIRST_BYTES.has(first))) return TEXT;
  const word = Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString("latin1");
  if (MISSING.has(word)) return { kind: "missing", word };
  const unsigned = word.startsWith("-") ? word.slice(1) : word;
  if (INFINITY.has(unsigned)) return { kind: "infinity", word: unsigned };
  return BOOLEAN_TEXTS.has(word) ? { kind: "boolean", word } : TEXT;
}

const INTEGER = { kind: "integer", word: "" } as const;
const FLOAT = { kind: "float", word: "" } as const;
const TEXT = { kind: "text", word: "" } as const;

/** Lines on which something was seen first; 0: it was not. */
interface FirstSeen {
  readonly [what: string]: number;
}

/** All that is noted of a column while its fields go by. */
export class ColumnScan {
  readonly #delimiter: number;
  fields = 0;
  /** Fields of each kind. */
  readonly kinds: Record<CellKind, number> = { missing: 0, infinity: 0, boolean: 0, integer: 0, float: 0, text: 0 };
  readonly missing = new Set<string>();
  readonly infinities = new Set<string>();
  readonly booleans = new Set<string>();
  #low = 0;
  #high = 0;
  #lowest = 0n;
  #highest = 0n;
  /** Of numbers with a point or a whole number, none of which has an exponent. */
  leastDecimals = Number.POSITIVE_INFINITY;
  mostDecimals = 0;
  /** Decimals of numbers with an exponent. */
  leastMantissa = Number.POSITIVE_INFINITY;
  mostMantissa = 0;
  letter = 0;
  /** The points that were seen: `.`, `,`. */
  readonly points = new Set<number>();
  /** Exponents with fewer than two digits were seen. */
  shortExponent = false;
  /** The `pointAt` of numbers without an exponent, and with one: of large ones (above 0) and of small ones. */
  largestPlain = 1;
  smallestPlain = 1;
  smallestLarge = Number.POSITIVE_INFINITY;
  largestSmall = Number.NEGATIVE_INFINITY;
  mostBytes = 0;
  textBytes = 0;
  /** Lines of what decides between styles: the first of each. */
  readonly seen = {
    /** Fields with and without quotes: empty ones, missing ones, others; those in quotes that need none. */
    bareEmpty: 0,
    quotedEmpty: 0,
    bareMissing: 0,
    quotedMissing: 0,
    bare: 0,
    quoted: 0,
    quotedNeedless: 0,
    bareNeedful: 0,
    notUtf8: 0,
    nul: 0,
    /** Numbers: `5` and `5.0` among floats, `1.50`, with and without an exponent. */
    whole: 0,
    point: 0,
    trailingZero: 0,
    exponent: 0,
    plain: 0,
  } satisfies FirstSeen;

  constructor(delimiter: number) {
    this.#delimiter = delimiter;
  }

  add(record: CsvRecord, i: number): void {
    this.fields++;
    const { line } = record;
    const isDoubled = record.quoting[i] === QUOTING.doubled;
    const bytes = isDoubled ? record.field(i) : record.bytes;
    const from = isDoubled ? 0 : (record.starts[i] ?? 0);
    const to = isDoubled ? bytes.length : (record.ends[i] ?? 0);
    const isQuoted = record.quoting[i] !== QUOTING.none;
    const { kind, word } = kindOf(bytes, from, to, this.#delimiter);
    this.kinds[kind]++;
    const isEmpty = from === to;
    if (isEmpty) this.#see(isQuoted ? "quotedEmpty" : "bareEmpty", line);
    else if (kind === "missing") this.#see(isQuoted ? "quotedMissing" : "bareMissing", line);
    else this.#quoting(bytes, from, to, isQuoted, line);
    this.mostBytes = Math.max(this.mostBytes, to - from);
    this.textBytes += to - from;
    if (kind === "missing") this.missing.add(word);
    else if (kind === "infinity") this.infinities.add(word);
    else if (kind === "boolean") this.booleans.add(word);
    else if (kind === "integer") this.#integer(bytes, from, to, line);
    else if (kind === "float") this.#float(line);
    else this.#text(bytes, from, to, line);
  }

  #see(what: keyof ColumnScan["seen"], line: number): void {
    if (this.seen[what] === 0) this.seen[what] = line;
  }

  #quoting(bytes: Uint8Array, from: number, to: number, isQuoted: boolean, line: number): void {
    if (isQuoted || this.kinds.text > 0) {
      let isNeeded = false;
      for (let i = from; i < to && !isNeeded; i++) {
        const byte = bytes[i];
        isNeeded = byte === this.#delimiter || byte === QUOTE || byte === NEWLINE || byte === RETURN;
      }
      if (isQuoted && !isNeeded) this.#see("quotedNeedless", line);
      if (!isQuoted && isNeeded) this.#see("bareNeedful", line);
    }
    this.#see(isQuoted ? "quoted" : "bare", line);
  }

  #integer(bytes: Uint8Array, from: number, to: number, line: number): void {
    this.#float(line);
    if (shape.pointAt <= 15) {
      let value = 0;
      for (let i = shape.negative ? from + 1 : from; i < to; i++) value = value * 10 + (bytes[i] ?? 0) - 0x30;
      if (shape.negative) value = -value;
      if (value < this.#low) this.#low = value;
      if (value > this.#high) this.#high = value;
      return;
    }
    const value = BigInt(Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString("latin1"));
    if (value < this.#lowest) this.#lowest = value;
    if (value > this.#highest) this.#highest = value;
  }

  /** The least integer, or 0. */
  get least(): bigint {
    const low = BigInt(this.#low);
    return low < this.#lowest ? low : this.#lowest;
  }

  /** The greatest integer, or 0. */
  get greatest(): bigint {
    const high = BigInt(this.#high);
    return high > this.#highest ? high : this.#highest;
  }

  #float(line: number): void {
    const { decimals, digits, pointAt, letter } = shape;
    if (shape.point !== 0) this.points.add(shape.point);
    if (letter !== 0) {
      this.leastMantissa = Math.min(this.leastMantissa, decimals);
      this.mostMantissa = Math.max(this.mostMantissa, decimals);
      this.#see("exponent", line);
      this.letter = letter;
      if (shape.exponentDigits < 2) this.shortExponent = true;
      if (pointAt > 0) this.smallestLarge = Math.min(this.smallestLarge, pointAt);
      else this.largestSmall = Math.max(this.largestSmall, pointAt);
      if (shape.endsWithZero) this.#see("trailingZero", line);
      return;
    }
    this.#see("plain", line);
    this.leastDecimals = Math.min(this.leastDecimals, decimals);
    this.mostDecimals = Math.max(this.mostDecimals, decimals);
    this.largestPlain = Math.max(this.largestPlain, pointAt);
    if (digits > 0) this.smallestPlain = Math.min(this.smallestPlain, pointAt);
    if (decimals === 0) this.#see("whole", line);
    else if (decimals === 1 && shape.endsWithZero) this.#see("point", line);
    else if (shape.endsWithZero) this.#see("trailingZero", line);
  }

  #text(bytes: Uint8Array, from: number, to: number, line: number): void {
    let isAscii = true;
    for (let i = from; i < to; i++) {
      const byte = bytes[i] ?? 0;
      if (byte > 0x7f) isAscii = false;
      else if (byte === 0) this.#see("nul", line);
    }
    if (!isAscii && !isUtf8(bytes.slice(from, to))) this.#see("notUtf8", line);
  }
}

/** The letter of exponents, as text. */
export function letterOf(code: number): "e" | "E" {
  return (code & LOWER) !== 0 || code === 0 ? "e" : "E";
}
