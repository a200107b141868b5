import type { CompoundType, Datatype } from "../format/datatype.ts";
import { complexPart, isBoolean } from "./value-meaning.ts";

/** A datatype in a few words, as NumPy and h5dump users know them: `float64`, `big-endian int16`, `{id: int32, pos: float32[3]}`. */
export function datatypeName(type: Datatype): string {
  switch (type.class) {
    case "integer":
      return `${bigEndian(type.order, type.size)}${type.signed ? "int" : "uint"}${bits(type.precision, type.size)}`;
    case "float":
      return `${bigEndian(type.order, type.size)}float${bits(type.precision, type.size)}`;
    case "bitfield":
      return `${bigEndian(type.order, type.size)}bitfield${bits(type.precision, type.size)}`;
    case "time":
      return `${bigEndian(type.order, type.size)}time${type.size * 8}`;
    case "string":
      return `string[${type.size}] ${type.charset}`;
    case "opaque":
      return type.tag === "" ? `opaque[${type.size}]` : `opaque[${type.size}] ${JSON.stringify(type.tag)}`;
    case "compound":
      return (
        complexName(type) ??
        `{${type.members.map((member) => `${member.name}: ${datatypeName(member.type)}`).join(", ")}}`
      );
    case "reference":
      return `${type.kind} reference`;
    case "enum":
      if (isBoolean(type)) return "bool";
      return `enum ${datatypeName(type.base)} {${type.members.map((member) => member.name).join(", ")}}`;
    case "vlen":
      return type.kind === "string" ? `string ${type.charset}` : `sequence of ${datatypeName(type.base)}`;
    case "array":
      return `${datatypeName(type.base)}[${type.dims.join(",")}]`;
  }
}

function bigEndian(order: string, size: number): string {
  return order === "little" || size === 1 ? "" : order === "big" ? "big-endian " : "VAX ";
}

/** The bits that count, and in how many they are stored where that is not the same. */
function bits(precision: number, size: number): string {
  return precision === size * 8 ? `${precision}` : `${precision} in ${size * 8} bits`;
}

function complexName(type: CompoundType): string | undefined {
  const part = complexPart(type);
  return part === undefined ? undefined : `${bigEndian(part.order, part.size)}complex${2 * part.precision}`;
}
