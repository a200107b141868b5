import type { ColumnStyle, CsvStyle, ExponentStyle, FloatStyle, QuotedFields } from "./csv-style.ts";
import { isJsonObject, type Json } from "./parse-type-json.ts";

const QUOTED: readonly QuotedFields[] = ["needed", "always", "present"];
const MAX_DECIMALS = 40;
/** Numbers without an exponent: as far as any program writes them, which bounds their text. */
const MOST_DIGITS = 22;
const MOST_ZEROS = 12;
/** Longer words stand for no value that is missing. */
const MAX_WORD = 64;
const WORD = /^[ -~]*$/;

/**
 * A style that was kept as JSON. Others can write what is kept in a file: whatever is not as it should be makes it none.
 * @returns `undefined`: it is no style
 */
export function csvStyleOf(json: Json | undefined): CsvStyle | undefined {
  if (json === undefined || !isJsonObject(json)) return undefined;
  const delimiter = oneOf(json.delimiter, [",", ";", "\t"]);
  const lineEnd = oneOf(json.lineEnd, ["\n", "\r\n"]);
  const { endsWithLine, byteOrderMark } = json;
  const columns = Array.isArray(json.columns) ? json.columns.map(columnStyle) : [];
  const header = json.header === undefined ? undefined : headerStyle(json.header);
  if (delimiter === undefined || lineEnd === undefined || columns.length === 0) return undefined;
  if (typeof endsWithLine !== "boolean" || typeof byteOrderMark !== "boolean") return undefined;
  if (header === undefined && json.header !== undefined) return undefined;
  const known = columns.filter((column) => column !== undefined);
  if (known.length < columns.length || (header !== undefined && header.texts.length !== columns.length))
    return undefined;
  return { delimiter, lineEnd, endsWithLine, byteOrderMark, ...(header && { header }), columns: known };
}

/** That value, if it is one of those. */
export function oneOf<T extends string>(json: Json | undefined, values: readonly T[]): T | undefined {
  return values.find((value) => value === json);
}

function word(json: Json | undefined): string | undefined {
  return typeof json === "string" && json.length <= MAX_WORD && WORD.test(json) ? json : undefined;
}

function whole(json: Json | undefined, least: number, most: number): number | undefined {
  return typeof json === "number" && Number.isInteger(json) && json >= least && json <= most ? json : undefined;
}

function headerStyle(json: Json): CsvStyle["header"] | undefined {
  if (!isJsonObject(json) || !Array.isArray(json.texts)) return undefined;
  const quoted = oneOf(json.quoted, QUOTED);
  const texts = json.texts.filter((text: Json) => typeof text === "string");
  return quoted === undefined || texts.length < json.texts.length ? undefined : { texts, quoted };
}

function columnStyle(json: Json): ColumnStyle | undefined {
  if (!isJsonObject(json)) return undefined;
  const quoted = oneOf(json.quoted, QUOTED);
  const missing = word(json.missing);
  const infinity = word(json.infinity);
  const float = json.float === undefined ? undefined : floatStyle(json.float);
  const booleans = json.booleans === undefined ? undefined : booleanTexts(json.booleans);
  const isWrong =
    (json.missing !== undefined && missing === undefined) ||
    (json.infinity !== undefined && infinity === undefined) ||
    (json.float !== undefined && float === undefined) ||
    (json.booleans !== undefined && booleans === undefined) ||
    (json.bareEmpty !== undefined && json.bareEmpty !== true);
  if (quoted === undefined || isWrong) return undefined;
  return {
    quoted,
    ...(float && { float }),
    ...(missing !== undefined && { missing }),
    ...(infinity !== undefined && { infinity }),
    ...(booleans && { booleans }),
    ...(json.bareEmpty === true && { bareEmpty: true }),
  };
}

function booleanTexts(json: Json): readonly [string, string] | undefined {
  if (!Array.isArray(json) || json.length !== 2) return undefined;
  const [no, yes] = [word(json[0]), word(json[1])];
  return no === undefined || yes === undefined || no === yes ? undefined : [no, yes];
}

/** Styles of floats that were kept so. @returns `undefined`: something else was */
export function floatStylesOf(json: Json | undefined): readonly FloatStyle[] | undefined {
  if (json === undefined) return [];
  if (!Array.isArray(json)) return undefined;
  const floats = json.map(floatStyle).filter((style) => style !== undefined);
  return floats.length < json.length ? undefined : floats;
}

function floatStyle(json: Json): FloatStyle | undefined {
  if (!isJsonObject(json)) return undefined;
  const decimals = whole(json.decimals, 0, MAX_DECIMALS);
  const wholeForm = oneOf(json.whole, ["point", "bare"]);
  const exponent = exponentStyle(json.exponent);
  const isWrong =
    (json.decimals !== undefined && decimals === undefined) ||
    (json.scientific !== undefined && json.scientific !== true) ||
    (json.point !== undefined && json.point !== ",");
  if (wholeForm === undefined || exponent === undefined || isWrong) return undefined;
  return {
    ...(decimals !== undefined && { decimals }),
    ...(json.scientific === true && { scientific: true }),
    ...(json.point === "," && { point: "," as const }),
    whole: wholeForm,
    exponent,
  };
}

function exponentStyle(json: Json | undefined): ExponentStyle | undefined {
  if (json === undefined || !isJsonObject(json)) return undefined;
  const digits = json.digits === 1 || json.digits === 2 ? json.digits : undefined;
  const letter = oneOf(json.letter, ["e", "E"]);
  const when = json.when === "shorter" ? "shorter" : bounds(json.when);
  return digits === undefined || letter === undefined || when === undefined ? undefined : { when, digits, letter };
}

function bounds(json: Json | undefined): Exclude<ExponentStyle["when"], "shorter"> | undefined {
  if (json === undefined || !isJsonObject(json)) return undefined;
  const above = whole(json.above, 0, MOST_DIGITS);
  const below = whole(json.below, -MOST_ZEROS, 0);
  return above === undefined || below === undefined ? undefined : { above, below };
}
