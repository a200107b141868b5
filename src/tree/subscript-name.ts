import type { Subscript, SubscriptItem } from "../object/dataset-part.ts";
import { linkName } from "./file-name.ts";

/** A name taken for that of a dataset with subscripts behind it. */
export interface SubscriptedName {
  /** The dataset's, as shown, without a view's extension. */
  readonly bare: string;
  readonly subscripts: readonly Subscript[];
}

/**
 * The ways to read `x[0:100,::2]`, `x[3][id,name]` or `x@0:100,::2` (which no shell expands) as a name with subscripts,
 * the longest name first: brackets may be part of a dataset's own name. A name has at most 255 bytes, so there are few.
 */
export function* subscriptedNames(text: string): Generator<SubscriptedName> {
  for (let at = text.length - 1; at > 0; at--) {
    const bare = text.slice(0, at);
    if (text[at] === "[" && text.endsWith("]")) {
      const subscripts = parseGroups(text.slice(at));
      if (subscripts !== undefined) yield { bare, subscripts };
    } else if (text[at] === "@") {
      const subscripts = allDefined(
        text
          .slice(at + 1)
          .split("@")
          .map(parseSubscript),
      );
      if (subscripts !== undefined) yield { bare, subscripts };
    }
  }
}

/** `[0:10][id,name]` */
function parseGroups(text: string): Subscript[] | undefined {
  const groups: string[] = [];
  for (let at = 0; at < text.length; ) {
    const end = text[at] === "[" ? closing(text, at) : undefined;
    if (end === undefined) return undefined;
    groups.push(text.slice(at + 1, end));
    at = end + 1;
  }
  return allDefined(groups.map(parseSubscript));
}

/** Where the bracket at `at` is closed; brackets in quotes do not count. */
function closing(text: string, at: number): number | undefined {
  let depth = 0;
  let quote: string | undefined;
  for (let i = at; i < text.length; i++) {
    const c = text[i];
    if (quote !== undefined) {
      if (c === quote) quote = undefined;
    } else if (c === "'" || c === '"') quote = c;
    else if (c === "[") depth++;
    else if (c === "]" && --depth === 0) return i;
  }
  return undefined;
}

/** What stands between brackets; `undefined` where it is no subscript. */
export function parseSubscript(text: string): Subscript | undefined {
  const parts = splitList(text);
  return parts === undefined || parts.length === 0 ? undefined : allDefined(parts.map(parseItem));
}

/** The parts between commas, trimmed; commas in quotes and in brackets do not count, nor does one at the end. */
function splitList(text: string): string[] | undefined {
  const parts: string[] = [];
  let depth = 0;
  let quote: string | undefined;
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quote !== undefined) {
      if (c === quote) quote = undefined;
    } else if (c === "'" || c === '"') quote = c;
    else if (c === "[") depth++;
    else if (c === "]") depth--;
    else if (c === "," && depth === 0) {
      parts.push(text.slice(from, i).trim());
      from = i + 1;
    }
    if (depth < 0) return undefined;
  }
  const last = text.slice(from).trim();
  if (last !== "") parts.push(last);
  return depth !== 0 || quote !== undefined ? undefined : parts;
}

const INTEGER = /^[+-]?\d+$/;
const SLICE = /^([+-]?\d+)?\s*:\s*([+-]?\d+)?\s*(?::\s*([+-]?\d+)?)?$/;

/** A name that needs no quotes: none of the characters that conditions are made of (`id < 28`). */
const WORD = /^[^[\](){}<>=!&|~,:'"@]+$/;

function parseItem(text: string): SubscriptItem | undefined {
  if (text === "...") return { kind: "ellipsis" };
  if (INTEGER.test(text)) return { kind: "index", index: Number(text) };
  const slice = SLICE.exec(text);
  if (slice !== null) return parseSlice(slice[1], slice[2], slice[3]);
  if (text.startsWith("[") && text.endsWith("]")) return parseList(text.slice(1, -1));
  const name = parseName(text);
  return name === undefined ? undefined : { kind: "member", name };
}

function parseSlice(start?: string, stop?: string, step = "1"): SubscriptItem | undefined {
  if (Number(step) < 1) return undefined;
  return {
    kind: "slice",
    ...(start === undefined ? {} : { start: Number(start) }),
    ...(stop === undefined ? {} : { stop: Number(stop) }),
    step: Number(step),
  };
}

function parseList(text: string): SubscriptItem | undefined {
  const parts = splitList(text);
  if (parts?.every((part) => INTEGER.test(part)) === true) return { kind: "list", indexes: parts.map(Number) };
  const names = allDefined(parts?.map(parseName) ?? [undefined]);
  return names === undefined ? undefined : { kind: "members", names };
}

/** A member's name: bare, or in quotes of either kind. `/` is written `%2F`, as in every name. */
function parseName(text: string): string | undefined {
  const quoted = /^'([^']+)'$|^"([^"]+)"$/.exec(text);
  const shown = quoted?.[1] ?? quoted?.[2] ?? (WORD.test(text) && !INTEGER.test(text) ? text : undefined);
  return shown === undefined ? undefined : linkName(shown);
}

function allDefined<T>(values: readonly (T | undefined)[]): T[] | undefined {
  const out: T[] = [];
  for (const value of values) {
    if (value === undefined) return undefined;
    out.push(value);
  }
  return out;
}
