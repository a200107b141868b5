import { floatStylesOf, oneOf } from "./parse-csv-style.ts";
import { isJsonObject, type Json } from "./parse-type-json.ts";
import type { TxtStyle } from "./txt-style.ts";

/**
 * A style that was kept as JSON. Others can write what is kept in a file: whatever is not as it should be makes it none.
 * @returns `undefined`: it is no style
 */
export function txtStyleOf(json: Json | undefined): TxtStyle | undefined {
  if (json === undefined || !isJsonObject(json)) return undefined;
  const delimiter = oneOf(json.delimiter, [" ", "\t"]);
  const lineEnd = oneOf(json.lineEnd, ["\n", "\r\n"]);
  const { endsWithLine } = json;
  const floats = floatStylesOf(json.floats);
  if (delimiter === undefined || lineEnd === undefined || floats === undefined) return undefined;
  if (typeof endsWithLine !== "boolean") return undefined;
  return { delimiter, lineEnd, endsWithLine, ...(floats.length > 0 && { floats }) };
}
