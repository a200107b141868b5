import { NumberShape } from "./number-shape.ts";

const COMMA = 0x2c;

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

/** How the last number is written that `kindOf` met. */
export const shape: NumberShape = new NumberShape();

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
