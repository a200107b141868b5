import type { JsonStyle } from "./json-style.ts";
import { floatStylesOf, oneOf } from "./parse-csv-style.ts";
import { isJsonObject, type Json } from "./parse-type-json.ts";

const INDENT = /^[ \t]{0,16}$/;

/**
 * A style that was kept as JSON. Others can write what is kept in a file: whatever is not as it should be makes it none.
 * @returns `undefined`: it is no style
 */
export function jsonStyleOf(json: Json | undefined): JsonStyle | undefined {
  if (json === undefined || !isJsonObject(json)) return undefined;
  const lines = oneOf(json.lines, ["none", "outermost", "all"]);
  const newline = oneOf(json.newline, ["\n", "\r\n"]);
  const comma = oneOf(json.comma, [",", ", "]);
  const colon = oneOf(json.colon, [":", ": "]);
  const end = oneOf(json.end, ["", "\n", "\r\n"]);
  const nonFinite = oneOf(json.nonFinite, ["word", "null"]);
  const { indent, ascii, slash } = json;
  if (lines === undefined || newline === undefined || comma === undefined) return undefined;
  if (colon === undefined || end === undefined) return undefined;
  if (typeof indent !== "string" || !INDENT.test(indent)) return undefined;
  const floats = floatStylesOf(json.floats);
  const isWrong =
    (ascii !== undefined && ascii !== true) ||
    (slash !== undefined && slash !== true) ||
    (json.nonFinite !== undefined && nonFinite === undefined);
  if (isWrong || floats === undefined) return undefined;
  return {
    lines,
    indent,
    newline,
    comma,
    colon,
    end,
    ...(ascii === true && { ascii }),
    ...(slash === true && { slash }),
    ...(nonFinite && { nonFinite }),
    ...(floats.length > 0 && { floats }),
  };
}
