import { H5Error, UnsupportedError } from "../errors.ts";
import type { ByteOrder, CharacterSet, Datatype, StringPadding } from "../format/datatype.ts";
import {
  arrayType,
  BOOLEAN,
  complexType,
  compoundType,
  floatType,
  integerType,
  referenceType,
  sequenceType,
  stringType,
  vlenStringType,
} from "./datatypes.ts";
import { encodeElement } from "./value-encode.ts";

/** A member of a compound: its name, its type, and the shape where it is an array. */
export type FieldSpec =
  | readonly [name: string, dtype: DtypeSpec]
  | readonly [name: string, dtype: DtypeSpec, shape: readonly number[]];

/**
 * A datatype as a caller writes it:
 * - as NumPy does: `"<f8"`, `">i4"`, `"u2"`, `"int32"`, `"float64"`, `"bool"`, `"complex128"`, `"S10"` (bytes of text, ASCII), `"V16"` (opaque);
 * - `"string"`: text of any length, UTF-8; `{ string: 10 }`: at most 10 bytes of it;
 * - `"reference"`: a reference to an object (h5py's `ref_dtype`), whose values are paths, or `null`;
 * - a list of `[name, dtype]` or `[name, dtype, shape]`: a compound;
 * - `{ enum: { RED: 0, GREEN: 1 } }`, `{ vlen: dtype }` (sequences of any length), `{ array: dtype, shape }`;
 * - a `Datatype`, such as that of another dataset.
 */
export type DtypeSpec =
  | string
  | Datatype
  | readonly FieldSpec[]
  | { readonly string: number; readonly charset?: CharacterSet; readonly padding?: StringPadding }
  | { readonly enum: Readonly<Record<string, number | bigint>>; readonly base?: string }
  | { readonly vlen: DtypeSpec }
  | { readonly array: DtypeSpec; readonly shape: readonly number[] };

const NAMED: Readonly<Record<string, string>> = {
  int8: "i1",
  int16: "i2",
  int32: "i4",
  int64: "i8",
  uint8: "u1",
  uint16: "u2",
  uint32: "u4",
  uint64: "u8",
  float16: "f2",
  float32: "f4",
  float64: "f8",
  float: "f8",
  int: "i8",
  complex64: "c8",
  complex128: "c16",
  bool: "b1",
  "?": "b1",
};

/** @param sizeOfOffsets of the file's addresses @throws H5Error "argument" where it is no datatype */
export function datatypeFrom(spec: DtypeSpec, sizeOfOffsets: number): Datatype {
  if (typeof spec === "string") return named(spec, sizeOfOffsets);
  // Callers in JavaScript may give anything.
  if (spec === null || typeof spec !== "object") throw noDatatype(spec);
  if (isFields(spec)) return compoundFrom(spec, sizeOfOffsets);
  if ("class" in spec) return ofFile(spec, sizeOfOffsets);
  if ("string" in spec) {
    checkCount(spec.string, "a string", 1);
    return { ...stringType(spec.string, spec.charset ?? "utf-8"), ...(spec.padding && { padding: spec.padding }) };
  }
  if ("vlen" in spec) return sequenceType(datatypeFrom(spec.vlen, sizeOfOffsets), sizeOfOffsets);
  if ("array" in spec) return arrayFrom(datatypeFrom(spec.array, sizeOfOffsets), spec.shape);
  if ("enum" in spec) return enumFrom(spec, sizeOfOffsets);
  throw noDatatype(spec);
}

/** The datatype, which may be that of another file. @throws UnsupportedError where that has addresses of another size */
function ofFile(type: Datatype, sizeOfOffsets: number): Datatype {
  const size = sizeWithAddresses(type, sizeOfOffsets);
  if (size !== type.size) {
    throw new UnsupportedError(
      `a datatype whose elements lead to other data, of ${type.size} bytes, cannot be made in a file with addresses of ${sizeOfOffsets} bytes: it has ${size} there`,
    );
  }
  if (type.class === "vlen" || type.class === "array") ofFile(type.base, sizeOfOffsets);
  else if (type.class === "compound") for (const member of type.members) ofFile(member.type, sizeOfOffsets);
  return type;
}

function sizeWithAddresses(type: Datatype, sizeOfOffsets: number): number {
  if (type.class === "vlen") return 8 + sizeOfOffsets;
  return type.class === "reference" ? referenceType(type.kind, sizeOfOffsets).size : type.size;
}

function isFields(spec: Exclude<DtypeSpec, string>): spec is readonly FieldSpec[] {
  return Array.isArray(spec);
}

function named(text: string, sizeOfOffsets: number): Datatype {
  if (text === "string" || text === "str") return vlenStringType(sizeOfOffsets);
  if (text === "reference") return referenceType("object", sizeOfOffsets);
  const match = /^([<>|=]?)([iufcbSV])(\d+)$/.exec(NAMED[text] ?? text);
  const [, mark, kind, digits] = match ?? [];
  const size = Number(digits);
  const order: ByteOrder = mark === ">" ? "big" : "little";
  switch (kind) {
    case "i":
    case "u":
      if ([1, 2, 4, 8].includes(size)) return integerType(size, kind === "i", order);
      break;
    case "f":
      if (size === 2 || size === 4 || size === 8) return floatType(size, order);
      break;
    case "c":
      if (size === 8 || size === 16) return complexType(floatType(size === 8 ? 4 : 8, order));
      break;
    case "b":
      if (size === 1) return BOOLEAN;
      break;
    case "S":
      if (size > 0) return stringType(size, "ascii");
      break;
    case "V":
      if (size > 0) return { class: "opaque", size, tag: "" };
      break;
  }
  throw noDatatype(text);
}

function noDatatype(spec: unknown): H5Error {
  return new H5Error(
    "argument",
    `${JSON.stringify(spec)} is no datatype; expected one as NumPy writes it (<f8, int32, S10, bool), "string" or "reference"`,
  );
}

function compoundFrom(fields: readonly FieldSpec[], sizeOfOffsets: number): Datatype {
  if (fields.length === 0) throw new H5Error("argument", "a compound needs members");
  const names = new Set(fields.map(([name]) => name));
  if (names.size !== fields.length || names.has("")) {
    throw new H5Error("argument", "the members of a compound need names of their own");
  }
  return compoundType(
    fields.map(([name, dtype, shape]) => {
      const type = datatypeFrom(dtype, sizeOfOffsets);
      return [name, shape === undefined ? type : arrayFrom(type, shape)] as const;
    }),
  );
}

function arrayFrom(base: Datatype, shape: readonly number[]): Datatype {
  if (shape.length === 0 || shape.length > 32)
    throw new H5Error("argument", `an array type of ${shape.length} dimensions; expected 1 to 32`);
  for (const dim of shape) checkCount(dim, "a dimension of an array type", 1);
  return arrayType(base, shape);
}

function enumFrom(
  spec: { readonly enum: Readonly<Record<string, number | bigint>>; readonly base?: string },
  sizeOfOffsets: number,
): Datatype {
  const members = Object.entries(spec.enum);
  const values = members.map(([, value]) => BigInt(value));
  const wide = values.some((value) => value < -(2n ** 31n) || value >= 2n ** 31n);
  const narrow = values.every((value) => value >= -128n && value < 128n);
  const base = named(spec.base ?? (narrow ? "i1" : wide ? "i8" : "i4"), sizeOfOffsets);
  if (base.class !== "integer" || members.length === 0)
    throw new H5Error("argument", "an enumeration has integers with names");
  return {
    class: "enum",
    size: base.size,
    base,
    members: members.map(([name], i) => ({ name, value: encodeElement(base, values[i] ?? 0n) })),
  };
}

function checkCount(count: number, what: string, least: number): void {
  if (Number.isSafeInteger(count) && count >= least && count < 2 ** 32) return;
  throw new H5Error("argument", `${what} cannot have the size ${count}`);
}
