import type { Datatype, EnumType } from "../format/datatype.ts";
import { datatypeName } from "../object/datatype-name.ts";
import { floatFormat } from "../object/value-float.ts";
import { integerLayout, isWholeInteger, readInteger } from "../object/value-integer.ts";
import { complexPart, isBoolean } from "../object/value-meaning.ts";

/**
 * A datatype as JSON that says all of it, so that the same type can be made again: the usual ones by name (`"int32"`,
 * `"big-endian float64"`, `"bool"`, `"complex128"`), the others as an object whose `class` says which.
 */
export type TypeJson = string | { readonly class: string; readonly [field: string]: unknown };

export function typeJson(type: Datatype): TypeJson {
  switch (type.class) {
    case "integer":
      return isWholeInteger(integerLayout(type)) && type.order !== "vax" ? datatypeName(type) : fields(type);
    case "float":
      return isUsualFloat(type) ? datatypeName(type) : fields(type);
    case "string":
      return { class: "string", size: type.size, charset: type.charset, padding: type.padding };
    case "vlen":
      return type.kind === "string"
        ? { class: "string", size: "variable", charset: type.charset, padding: type.padding }
        : { class: "sequence", base: typeJson(type.base) };
    case "enum":
      return isBoolean(type) && type.size === 1 ? "bool" : enumJson(type);
    case "compound": {
      const part = complexPart(type);
      if (part !== undefined && type.members[0]?.name === "r" && isUsualFloat(part)) return datatypeName(type);
      const members = type.members.map(({ name, offset, type: member }) => ({ name, offset, type: typeJson(member) }));
      return { class: "compound", size: type.size, members };
    }
    case "array":
      return { class: "array", dims: type.dims, base: typeJson(type.base) };
    case "opaque":
    case "reference":
    case "bitfield":
      return fields(type);
    case "time": {
      const { isTimeval: _, ...stored } = type;
      return fields(stored);
    }
  }
}

/** The fields as the specification names them. */
function fields(
  type: Extract<Datatype, { class: "integer" | "float" | "opaque" | "reference" | "bitfield" | "time" }>,
) {
  const { committedAt: _, ...rest } = type;
  return rest;
}

function isUsualFloat(type: Extract<Datatype, { class: "float" }>): boolean {
  const format = floatFormat(type);
  return (format === "binary16" || format === "binary32" || format === "binary64") && type.order !== "vax";
}

/** Values as numbers where JSON readers keep them, else as text. */
function enumJson({ base, members }: EnumType): TypeJson {
  const values = members.map(({ name, value }) => {
    if (base.class !== "integer") return [name, `0x${Buffer.from(value).toString("hex")}`];
    const exact = readInteger(value, 0, integerLayout(base));
    return [name, Number.isSafeInteger(Number(exact)) ? Number(exact) : `${exact}`];
  });
  return { class: "enum", base: typeJson(base), members: Object.fromEntries(values) };
}
