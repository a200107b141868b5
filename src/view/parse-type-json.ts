import { H5Error } from "../errors.ts";
import type { CompoundMember, Datatype, EnumType, IntegerType } from "../format/datatype.ts";
import {
  arrayType,
  BOOLEAN,
  complexType,
  floatType,
  integerType,
  referenceType,
  sequenceType,
  vlenStringType,
} from "../object/datatypes.ts";
import { elementBytes } from "../object/value-bytes.ts";
import { elementEncoder } from "../object/value-encode.ts";

/** Any JSON. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

export function isJsonObject(json: Json): json is { readonly [name: string]: Json } {
  return json !== null && typeof json === "object" && !Array.isArray(json);
}

/** Types within types: as many as are read from a file. */
const MAX_DEPTH = 100;

function refused(message: string): H5Error {
  return new H5Error("argument", `the type: ${message}`);
}

/**
 * The datatype that `typeJson` describes: one by name (`"int32"`, `"big-endian float64"`, `"bool"`, `"complex128"`), or an
 * object whose `class` says which.
 * @param sizeOfOffsets of addresses in the file that it is for
 * @throws H5Error "argument" that says what is missing or wrong
 */
export function parseTypeJson(json: Json, sizeOfOffsets: number): Datatype {
  return parse(json, sizeOfOffsets, 0);
}

function parse(json: Json, sizeOfOffsets: number, depth: number): Datatype {
  if (depth > MAX_DEPTH) throw refused(`is nested more than ${MAX_DEPTH} deep`);
  if (typeof json === "string") return namedType(json);
  if (!isJsonObject(json)) throw refused("is neither a name nor an object");
  const fields = new Fields(json);
  const inner = (name: string): Datatype => parse(fields.any(name), sizeOfOffsets, depth + 1);
  const type = typeOfClass(fields, inner, sizeOfOffsets, depth);
  fields.end();
  return type;
}

const NAME = /^(big-endian )?(u?int|float|complex)(\d+)$/;

function namedType(name: string): Datatype {
  if (name === "bool") return BOOLEAN;
  const [, big, kind = "", bits = ""] = NAME.exec(name) ?? [];
  const size = Number(bits) / 8;
  const order = big === undefined ? "little" : "big";
  if (kind.endsWith("int") && (size === 1 || size === 2 || size === 4 || size === 8)) {
    return integerType(size, kind === "int", order);
  }
  if (kind === "float" && (size === 2 || size === 4 || size === 8)) return floatType(size, order);
  if (kind === "complex" && (size === 4 || size === 8 || size === 16)) {
    return complexType(floatType(size === 4 ? 2 : size === 8 ? 4 : 8, order));
  }
  throw refused(`${JSON.stringify(name)} is no name of a type`);
}

const ORDERS = ["little", "big", "vax"] as const;
const PADDINGS = ["zero", "one", "background"] as const;
const STRING_PADDINGS = ["null-terminated", "null-padded", "space-padded"] as const;
const CHARSETS = ["ascii", "utf-8"] as const;
const NORMALIZATIONS = ["none", "msb-set", "implied"] as const;
const REFERENCES = ["object", "region", "object2", "region2", "attribute"] as const;

function typeOfClass(
  fields: Fields,
  inner: (name: string) => Datatype,
  sizeOfOffsets: number,
  depth: number,
): Datatype {
  const kind = fields.text("class");
  switch (kind) {
    case "integer":
      return { class: kind, ...bitsOf(fields), signed: fields.boolean("signed") };
    case "bitfield":
      return { class: kind, ...bitsOf(fields) };
    case "float":
      return {
        class: kind,
        ...bitsOf(fields),
        internalPadding: fields.oneOf("internalPadding", PADDINGS),
        normalization: fields.oneOf("normalization", NORMALIZATIONS),
        signLocation: fields.count("signLocation", 0),
        exponentLocation: fields.count("exponentLocation", 0),
        exponentSize: fields.count("exponentSize", 1),
        mantissaLocation: fields.count("mantissaLocation", 0),
        mantissaSize: fields.count("mantissaSize", 1),
        exponentBias: fields.count("exponentBias", 0),
      };
    case "time":
      return {
        class: kind,
        ...fields.sized(),
        order: fields.oneOf("order", ORDERS),
        precision: fields.count("precision", 1),
      };
    case "string":
      return stringOf(fields, sizeOfOffsets);
    case "opaque":
      return { class: kind, ...fields.sized(), tag: fields.text("tag") };
    case "reference":
      return referenceOf(fields, sizeOfOffsets);
    case "sequence":
      return sequenceType(inner("base"), sizeOfOffsets);
    case "array":
      return arrayType(inner("base"), fields.list("dims").map(dimension));
    case "enum":
      return enumOf(fields, inner("base"));
    case "compound":
      return compoundOf(fields, sizeOfOffsets, depth);
    default:
      throw refused(`${JSON.stringify(kind)} is no class`);
  }
}

function bitsOf(fields: Fields) {
  const { size, ...version } = fields.sized();
  const bitOffset = fields.count("bitOffset", 0);
  const precision = fields.count("precision", 1);
  if (bitOffset + precision > 8 * size) throw refused(`${bitOffset + precision} bits do not fit into ${size} bytes`);
  return {
    size,
    ...version,
    order: fields.oneOf("order", ORDERS),
    bitOffset,
    precision,
    lowPadding: fields.oneOf("lowPadding", PADDINGS),
    highPadding: fields.oneOf("highPadding", PADDINGS),
  };
}

function stringOf(fields: Fields, sizeOfOffsets: number): Datatype {
  const charset = fields.oneOf("charset", CHARSETS);
  const padding = fields.oneOf("padding", STRING_PADDINGS);
  if (fields.any("size") === "variable") return { ...vlenStringType(sizeOfOffsets), charset, padding };
  return { class: "string", size: fields.count("size", 1), charset, padding };
}

/** Its size follows from the file; one that is given must be that. */
function referenceOf(fields: Fields, sizeOfOffsets: number): Datatype {
  const type = referenceType(fields.oneOf("kind", REFERENCES), sizeOfOffsets);
  const { size, ...version } = fields.sized(type.size);
  if (size !== type.size) throw refused(`such a reference has ${type.size} bytes in this file, not ${size}`);
  return { ...type, ...version };
}

function dimension(json: Json): number {
  if (typeof json !== "number" || !Number.isSafeInteger(json) || json < 1) throw refused("a dimension is no number");
  return json;
}

/** Values are numbers, or text where JSON's would not be exact. */
function enumOf(fields: Fields, base: Datatype): EnumType {
  if (base.class !== "integer") throw refused("an enumeration's base is no integer");
  const encode = elementEncoder(base, undefined);
  const members = Object.entries(fields.object("members")).map(([name, json]) => {
    const value = new Uint8Array(base.size);
    encode(enumValue(json), elementBytes(value), 0);
    return { name, value };
  });
  return { class: "enum", size: base.size, base: base satisfies IntegerType, members };
}

function enumValue(json: Json): number | bigint {
  if (typeof json === "number") return json;
  if (typeof json === "string" && /^-?\d{1,100}$/.test(json)) return BigInt(json);
  throw refused("a value of an enumeration is no integer");
}

function compoundOf(fields: Fields, sizeOfOffsets: number, depth: number): Datatype {
  const { size, ...version } = fields.sized();
  const names = new Set<string>();
  const members = fields.list("members").map((json): CompoundMember => {
    if (!isJsonObject(json)) throw refused("a member is no object");
    const member = new Fields(json);
    const name = member.text("name");
    const offset = member.count("offset", 0);
    const type = parse(member.any("type"), sizeOfOffsets, depth + 1);
    member.end();
    if (names.has(name)) throw refused(`the member ${JSON.stringify(name)} is there twice`);
    names.add(name);
    if (offset + type.size > size) throw refused(`the member ${JSON.stringify(name)} ends behind ${size} bytes`);
    return { name, offset, type };
  });
  if (members.length === 0) throw refused("a compound has no members");
  const ends = members.map(({ offset, type }) => [offset, offset + type.size] as const).sort((a, b) => a[0] - b[0]);
  if (ends.some(([start], i) => i > 0 && start < (ends[i - 1]?.[1] ?? 0))) throw refused("members overlap");
  return { class: "compound", size, ...version, members };
}

/** The fields of an object, each of which must be asked for. */
class Fields {
  readonly #json: { readonly [name: string]: Json };
  readonly #asked = new Set<string>();

  constructor(json: { readonly [name: string]: Json }) {
    this.#json = json;
  }

  any(name: string): Json {
    this.#asked.add(name);
    const value = Object.hasOwn(this.#json, name) ? this.#json[name] : undefined;
    if (value === undefined) throw refused(`${name} is missing`);
    return value;
  }

  /** @throws where there are others */
  end(): void {
    const other = Object.keys(this.#json).find((name) => !this.#asked.has(name));
    if (other !== undefined) throw refused(`${other} is not known`);
  }

  text(name: string): string {
    const value = this.any(name);
    if (typeof value !== "string") throw refused(`${name} is no string`);
    return value;
  }

  boolean(name: string): boolean {
    const value = this.any(name);
    if (typeof value !== "boolean") throw refused(`${name} is neither true nor false`);
    return value;
  }

  count(name: string, least: number): number {
    const value = this.any(name);
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < least || value > 0xffff_ffff) {
      throw refused(`${name} is no number from ${least} on`);
    }
    return value;
  }

  list(name: string): readonly Json[] {
    const value = this.any(name);
    if (!Array.isArray(value)) throw refused(`${name} is no list`);
    return value;
  }

  object(name: string): { readonly [name: string]: Json } {
    const value = this.any(name);
    if (!isJsonObject(value)) throw refused(`${name} is no object`);
    return value;
  }

  oneOf<T extends string>(name: string, values: readonly T[]): T {
    const value = this.text(name);
    const found = values.find((each) => each === value);
    if (found === undefined) throw refused(`${name} is ${JSON.stringify(value)}, expected ${values.join(", ")}`);
    return found;
  }

  /** The size, and the version of the message that the type was stored in, if it says so. @param usual where there is no size */
  sized(usual?: number): { readonly size: number; readonly version?: number } {
    const size = usual !== undefined && !Object.hasOwn(this.#json, "size") ? usual : this.count("size", 1);
    if (!Object.hasOwn(this.#json, "version")) return { size };
    const version = this.count("version", 1);
    if (version > 5) throw refused(`version is ${version}, expected 1 to 5`);
    return { size, version };
  }
}
