import type { FloatStyle } from "./csv-style.ts";

/**
 * How a JSON text is written, where that is not as `jsonFormat` does it: what it takes so that a dataset made of a text is
 * shown as the same bytes. Plain data, which JSON keeps.
 */
export interface JsonStyle {
  /**
   * What has a line of its own: nothing (Python's `json.dumps`, JavaScript's `JSON.stringify`), the values of the outermost list
   * (DuckDB), or every value (both with an `indent`).
   */
  readonly lines: "none" | "outermost" | "all";
  /** Before each value that has a line of its own, once for each list or object that it is in. */
  readonly indent: string;
  readonly newline: "\n" | "\r\n";
  /** Between two values on one line. */
  readonly comma: "," | ", ";
  readonly colon: ":" | ": ";
  /** After the last bracket. */
  readonly end: "" | "\n" | "\r\n";
  /** Characters that are not ASCII are `\u` and four digits. */
  readonly ascii?: true;
  /** A slash is `\/`. */
  readonly slash?: true;
  /** NaN and infinities: as words (Python), or NaN as `null` (JavaScript, pandas). Without it: in quotes. */
  readonly nonFinite?: "word" | "null";
  /** float64 numbers, in the order of their members; the last is that of all further ones. Without it as Python's `repr`. */
  readonly floats?: readonly FloatStyle[];
}

/** The white space around the values within the brackets that make so many open. */
export interface JsonSpace {
  readonly before: string;
  /** After a comma. */
  readonly between: string;
  readonly after: string;
}

/** @param depth brackets that are open, from 1 on */
export function jsonSpace({ lines, indent, newline, comma }: JsonStyle, depth: number): JsonSpace {
  if (lines === "all" || (lines === "outermost" && depth === 1)) {
    const before = newline + indent.repeat(depth);
    return { before, between: before, after: newline + indent.repeat(depth - 1) };
  }
  return { before: "", between: comma.slice(1), after: "" };
}

/** What stands after the last of some values of the outermost list. */
export function jsonListEnd(style: JsonStyle | undefined, values: number): string {
  if (style === undefined) return "]\n";
  return `${values === 0 ? "" : jsonSpace(style, 1).after}]${style.end}`;
}

/** A string as such a text has it. */
export function jsonString(text: string, { ascii, slash }: Pick<JsonStyle, "ascii" | "slash">): string {
  let json = JSON.stringify(text);
  if (ascii === true)
    json = json.replace(NOT_ASCII, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return slash === true ? json.replaceAll("/", "\\/") : json;
}

/** UTF-16 units: those beyond 16 bits are two. */
const NOT_ASCII = /[^ -~]/g;
