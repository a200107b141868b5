import type {
  ArrayType,
  BitfieldType,
  CompoundType,
  Datatype,
  EnumType,
  FloatType,
  IntegerType,
  ReferenceType,
  StringPadding,
} from "./datatype.ts";
import { encodeText } from "./text.ts";
import type { Writer } from "./writer.ts";

const STRING_PADDINGS: readonly StringPadding[] = ["null-terminated", "null-padded", "space-padded"];

/** The kind, and for the standard references (`H5R_ref_t`) the version of their encoding. */
const REFERENCE_BITS: Record<ReferenceType["kind"], number> = {
  object: 0,
  region: 1,
  object2: 0x12,
  region2: 0x13,
  attribute: 0x14,
};

/** The lowest version that can tell this type: arrays need 2, VAX floats 3, standard references 4. */
export function leastDatatypeVersion(type: Datatype): number {
  switch (type.class) {
    case "float":
      return type.order === "vax" ? 3 : 1;
    case "array":
      return Math.max(2, leastDatatypeVersion(type.base));
    case "enum":
    case "vlen":
      return leastDatatypeVersion(type.base);
    case "compound":
      return type.members.reduce((least, { type: t }) => Math.max(least, leastDatatypeVersion(t)), 1);
    case "reference":
      return type.kind === "object" || type.kind === "region" ? 1 : 4;
    default:
      return 1;
  }
}

/**
 * Datatype (Specification IV.A.2.d, "The Datatype Message"): the counterpart of `decodeDatatype`.
 * @param newVersion of types that were never stored; the others are written as they were
 */
export function encodeDatatype(w: Writer, type: Datatype, newVersion: number): void {
  const version = type.version ?? newVersion;
  switch (type.class) {
    case "integer":
      head(w, version, 0, bitsOf(type) | (type.signed ? 8 : 0), type.size);
      putBits(w, type);
      return;
    case "float":
      encodeFloat(w, type, version);
      return;
    case "time":
      head(w, version, 2, type.order === "big" ? 1 : 0, type.size);
      w.u16(type.precision);
      return;
    case "string":
      head(w, version, 3, STRING_PADDINGS.indexOf(type.padding) | (type.charset === "utf-8" ? 0x10 : 0), type.size);
      return;
    case "bitfield":
      head(w, version, 4, bitsOf(type), type.size);
      putBits(w, type);
      return;
    case "opaque": {
      const tag = encodeText(type.tag);
      const length = Math.ceil(tag.length / 8) * 8;
      head(w, version, 5, length, type.size);
      w.put(tag);
      w.zeros(length - tag.length);
      return;
    }
    case "compound":
      encodeCompound(w, type, version, newVersion);
      return;
    case "reference":
      head(w, version, 7, REFERENCE_BITS[type.kind], type.size);
      return;
    case "enum":
      encodeEnum(w, type, version, newVersion);
      return;
    case "vlen": {
      const string = STRING_PADDINGS.indexOf(type.padding) << 4;
      const bits = type.kind === "sequence" ? 0 : 1 | string | (type.charset === "utf-8" ? 0x100 : 0);
      head(w, version, 9, bits, type.size);
      encodeDatatype(w, type.base, newVersion);
      return;
    }
    case "array":
      encodeArray(w, type, version, newVersion);
  }
}

function head(w: Writer, version: number, datatypeClass: number, bits: number, size: number): void {
  w.u8((version << 4) | datatypeClass);
  w.uint(bits, 3);
  w.u32(size);
}

function bitsOf({ order, lowPadding, highPadding }: IntegerType | BitfieldType | FloatType): number {
  return (order === "little" ? 0 : 1) | (lowPadding === "one" ? 2 : 0) | (highPadding === "one" ? 4 : 0);
}

function putBits(w: Writer, { bitOffset, precision }: IntegerType | BitfieldType | FloatType): void {
  w.u16(bitOffset);
  w.u16(precision);
}

function encodeFloat(w: Writer, type: FloatType, version: number): void {
  const normalization = ["none", "msb-set", "implied"].indexOf(type.normalization);
  const vax = type.order === "vax" ? 0x40 : 0;
  const internal = type.internalPadding === "one" ? 8 : 0;
  head(w, version, 1, bitsOf(type) | internal | (normalization << 4) | vax | (type.signLocation << 8), type.size);
  putBits(w, type);
  w.u8(type.exponentLocation);
  w.u8(type.exponentSize);
  w.u8(type.mantissaLocation);
  w.u8(type.mantissaSize);
  w.u32(type.exponentBias);
}

function encodeCompound(w: Writer, type: CompoundType, version: number, newVersion: number): void {
  head(w, version, 6, type.members.length, type.size);
  const offsetSize = version >= 3 ? Math.floor(Math.log2(type.size) / 8) + 1 : 4;
  for (const { name, offset, type: member } of type.members) {
    putName(w, name, version);
    w.uint(offset, offsetSize);
    // Version 1 has no array datatype, but members that are arrays.
    const dims = version === 1 && member.class === "array" ? member.dims : [];
    if (version === 1) putMemberDims(w, dims);
    encodeDatatype(w, dims.length > 0 && member.class === "array" ? member.base : member, newVersion);
  }
}

/** A rank, a permutation and four dimensions. */
function putMemberDims(w: Writer, dims: readonly number[]): void {
  w.u8(dims.length);
  w.zeros(3);
  for (let d = 0; d < 4; d++) w.u8(d < dims.length ? d : 0);
  w.zeros(4);
  for (let d = 0; d < 4; d++) w.u32(dims[d] ?? 0);
}

function encodeEnum(w: Writer, type: EnumType, version: number, newVersion: number): void {
  head(w, version, 8, type.members.length, type.size);
  encodeDatatype(w, type.base, newVersion);
  for (const { name } of type.members) putName(w, name, version);
  for (const { value } of type.members) w.put(value);
}

function encodeArray(w: Writer, type: ArrayType, version: number, newVersion: number): void {
  if (version < 2) throw new TypeError("an array datatype needs version 2");
  head(w, version, 10, 0, type.size);
  w.u8(type.dims.length);
  if (version === 2) w.zeros(3);
  for (const dim of type.dims) w.u32(dim);
  if (version === 2) for (const d of type.dims.keys()) w.u32(d);
  encodeDatatype(w, type.base, newVersion);
}

/** NUL-terminated; before version 3 padded to a multiple of 8. */
function putName(w: Writer, name: string, version: number): void {
  const start = w.position;
  w.nulTerminated(encodeText(name));
  if (version < 3) w.align(8, start);
}
