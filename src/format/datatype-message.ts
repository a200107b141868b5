import { UnsupportedError } from "../errors.ts";
import { MAX_RANK } from "./dataspace.ts";
import type {
  ArrayType,
  ByteOrder,
  CharacterSet,
  CompoundMember,
  Datatype,
  EnumType,
  FloatType,
  Padding,
  ReferenceType,
  StringPadding,
} from "./datatype.ts";
import type { Reader } from "./reader.ts";
import { decodeText } from "./text.ts";

/** Types within types: real files have a few levels, and each costs 8 bytes of a damaged one. */
const MAX_DEPTH = 100;

/** What the classes share: the eight bytes that every datatype begins with. */
interface Head {
  readonly version: number;
  readonly bits: number;
  readonly size: number;
  readonly depth: number;
}

/**
 * Datatype (Specification IV.A.2.d, "The Datatype Message"), versions 1 to 5.
 * @throws FormatError, and UnsupportedError for class 11 (complex)
 */
export function decodeDatatype(r: Reader): Datatype {
  return decode(r, 0);
}

function decode(r: Reader, depth: number): Datatype {
  if (depth > MAX_DEPTH) r.fail(`datatypes are nested more than ${MAX_DEPTH} deep`);
  const classAndVersion = r.u8();
  const version = classAndVersion >> 4;
  if (version < 1 || version > 5) r.fail(`version is ${version}, expected 1 to 5`);
  const bits = r.uint(3);
  const size = r.u32();
  const datatypeClass = classAndVersion & 0x0f;
  if (size === 0) r.fail(`datatype of class ${datatypeClass} has size 0`);
  return { ...decodeProperties(r, datatypeClass, { version, bits, size, depth }), version };
}

function decodeProperties(r: Reader, datatypeClass: number, head: Head): Datatype {
  const { bits, size, depth } = head;
  switch (datatypeClass) {
    case 0:
      return { class: "integer", size, signed: (bits & 8) !== 0, ...decodeBits(r, head, littleOrBig(bits)) };
    case 1:
      return decodeFloat(r, head);
    case 2:
      return { class: "time", size, order: littleOrBig(bits), precision: r.u16() };
    case 3:
      return { class: "string", size, padding: stringPadding(r, bits & 0x0f), charset: charset(r, (bits >> 4) & 0x0f) };
    case 4:
      return { class: "bitfield", size, ...decodeBits(r, head, littleOrBig(bits)) };
    case 5:
      return { class: "opaque", size, tag: decodeTag(r.take(bits & 0xff)) };
    case 6:
      return { class: "compound", size, members: decodeMembers(r, head) };
    case 7:
      return { class: "reference", size, kind: referenceKind(r, bits & 0x0f) };
    case 8:
      return decodeEnum(r, head);
    case 9: {
      const type = bits & 0x0f;
      if (type > 1) r.fail(`variable-length type is ${type}, expected 0 (sequence) or 1 (string)`);
      return {
        class: "vlen",
        size,
        kind: type === 0 ? "sequence" : "string",
        padding: type === 0 ? "null-terminated" : stringPadding(r, (bits >> 4) & 0x0f),
        charset: type === 0 ? "ascii" : charset(r, (bits >> 8) & 0x0f),
        base: decode(r, depth + 1),
      };
    }
    case 10:
      return decodeArray(r, head);
    case 11:
      throw new UnsupportedError(`datatype at 0x${r.address.toString(16)}: class 11 (complex number) is not read`, {
        structure: r.structure,
        address: r.address,
      });
    default:
      return r.fail(`datatype class is ${datatypeClass}, expected 0 to 11`);
  }
}

function littleOrBig(bits: number): ByteOrder {
  return (bits & 1) === 0 ? "little" : "big";
}

function padding(bit: number): Padding {
  return bit === 0 ? "zero" : "one";
}

/** Padding types, bit offset and precision of integers, floats and bit fields. */
function decodeBits(r: Reader, { bits, size }: Head, order: ByteOrder) {
  const bitOffset = r.u16();
  const precision = r.u16();
  if (precision === 0) r.fail("precision is 0 bits");
  if (bitOffset + precision > 8 * size) {
    r.fail(`${precision} bits from bit ${bitOffset} up do not fit into ${size} bytes`);
  }
  return { order, bitOffset, precision, lowPadding: padding(bits & 2), highPadding: padding(bits & 4) };
}

function decodeFloat(r: Reader, head: Head): FloatType {
  const { version, bits, size } = head;
  // Bit 6 came with version 3; before, only bit 0 counts.
  const isVax = version >= 3 && (bits & 0x40) !== 0;
  if (isVax && (bits & 1) === 0) r.fail("byte order is neither little- nor big-endian nor VAX");
  const common = decodeBits(r, head, isVax ? "vax" : littleOrBig(bits));
  const normalization =
    (["none", "msb-set", "implied"] as const)[(bits >> 4) & 3] ??
    r.fail("mantissa normalization is 3, expected 0 to 2");
  const signLocation = (bits >> 8) & 0xff;
  const exponentLocation = r.u8();
  const exponentSize = r.u8();
  const mantissaLocation = r.u8();
  const mantissaSize = r.u8();
  const exponentBias = r.u32();
  // The locations count from bit 0 of the element, not of the precision.
  const end = common.bitOffset + common.precision;
  if (signLocation >= end) r.fail(`sign at bit ${signLocation} of ${end}`);
  if (exponentSize === 0 || exponentLocation + exponentSize > end) {
    r.fail(`exponent of ${exponentSize} bits at bit ${exponentLocation} of ${end}`);
  }
  if (mantissaSize === 0 || mantissaLocation + mantissaSize > end) {
    r.fail(`mantissa of ${mantissaSize} bits at bit ${mantissaLocation} of ${end}`);
  }
  return {
    class: "float",
    size,
    ...common,
    internalPadding: padding(bits & 8),
    normalization,
    signLocation,
    exponentLocation,
    exponentSize,
    mantissaLocation,
    mantissaSize,
    exponentBias,
  };
}

function stringPadding(r: Reader, value: number): StringPadding {
  return (
    (["null-terminated", "null-padded", "space-padded"] as const)[value] ??
    r.fail(`string padding is ${value}, expected 0 to 2`)
  );
}

function charset(r: Reader, value: number): CharacterSet {
  return (["ascii", "utf-8"] as const)[value] ?? r.fail(`character set is ${value}, expected 0 (ASCII) or 1 (UTF-8)`);
}

function referenceKind(r: Reader, value: number): ReferenceType["kind"] {
  return (
    (["object", "region", "object2", "region2", "attribute"] as const)[value] ??
    r.fail(`reference type is ${value}, expected 0 to 4`)
  );
}

/** NUL-padded. */
function decodeTag(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return decodeText(end < 0 ? bytes : bytes.subarray(0, end));
}

/** A NUL-terminated name, padded to a multiple of 8 in version 1, and in version 2 although the specification says otherwise. */
function decodeName(r: Reader, version: number): string {
  const start = r.position;
  const name = decodeText(r.nulTerminated());
  if (version < 3) r.align(8, start);
  return name;
}

function decodeMembers(r: Reader, { version, bits, size, depth }: Head): CompoundMember[] {
  const count = bits & 0xffff;
  if (count === 0) r.fail("a compound datatype without members");
  const offsetSize = version >= 3 ? bytesFor(size) : 4;
  const members: CompoundMember[] = [];
  for (let i = 0; i < count; i++) {
    const name = decodeName(r, version);
    const offset = r.uint(offsetSize);
    const dims = version === 1 ? decodeMemberDims(r) : [];
    const base = decode(r, depth + 1);
    const type = dims.length === 0 ? base : arrayOf(base, dims);
    if (offset + type.size > size) {
      r.fail(
        `member ${JSON.stringify(name)} of ${type.size} bytes at byte ${offset} ends outside the compound's ${size}`,
      );
    }
    members.push({ name, offset, type });
  }
  checkOverlap(r, members);
  return members;
}

/** Version 1: a member may be an array; the permutation was never used. */
function decodeMemberDims(r: Reader): number[] {
  const rank = r.u8();
  if (rank > 4) r.fail(`a member with ${rank} dimensions, expected at most 4`);
  r.skip(3 + 4 + 4);
  const dims = [r.u32(), r.u32(), r.u32(), r.u32()];
  return dims.slice(0, rank);
}

/** Members that share bytes are a sign of damage: libhdf5 refuses them, too. */
function checkOverlap(r: Reader, members: readonly CompoundMember[]): void {
  let end = 0;
  let before: CompoundMember | undefined;
  for (const member of [...members].sort((a, b) => a.offset - b.offset)) {
    if (member.offset < end) {
      r.fail(`members ${JSON.stringify(before?.name)} and ${JSON.stringify(member.name)} overlap`);
    }
    end = member.offset + member.type.size;
    before = member;
  }
}

function decodeEnum(r: Reader, { version, bits, size, depth }: Head): EnumType {
  const count = bits & 0xffff;
  const base = decode(r, depth + 1);
  if (base.class !== "integer") r.fail(`an enumeration of ${base.class}, expected integer`);
  if (base.size !== size) r.fail(`an enumeration of ${size} bytes whose base type has ${base.size}`);
  const names = Array.from({ length: count }, () => decodeName(r, version));
  // The message may be on shared or cached memory, and the type outlives it.
  return { class: "enum", size, base, members: names.map((name) => ({ name, value: r.take(size).slice() })) };
}

function decodeArray(r: Reader, { version, size, depth }: Head): ArrayType {
  if (version < 2) r.fail("an array datatype in version 1, which has none");
  const rank = r.u8();
  if (rank === 0 || rank > MAX_RANK) r.fail(`an array datatype of rank ${rank}, expected 1 to ${MAX_RANK}`);
  if (version === 2) r.skip(3);
  const dims = Array.from({ length: rank }, () => r.u32());
  if (version === 2) r.skip(4 * rank); // permutation, never used
  const base = decode(r, depth + 1);
  const array = arrayOf(base, dims);
  if (array.size !== size)
    r.fail(`an array datatype of ${size} bytes whose ${dims.join(" x ")} elements have ${array.size}`);
  return array;
}

function arrayOf(base: Datatype, dims: readonly number[]): ArrayType {
  return { class: "array", base, dims, size: dims.reduce((product, dim) => product * dim, base.size) };
}

/** Bytes that a number up to `limit` takes (libhdf5's H5VM_limit_enc_size). */
function bytesFor(limit: number): number {
  return Math.floor(Math.log2(limit) / 8) + 1;
}
