import type {
  ArrayType,
  ByteOrder,
  CompoundType,
  Datatype,
  EnumType,
  FloatType,
  IntegerType,
  OpaqueType,
  StringPadding,
  StringType,
  VlenType,
} from "../../src/format/datatype.ts";
import { arrayType, complexType, compoundType, extendedFloatType, integerType } from "../../src/object/datatypes.ts";
import type { HeapResolver } from "../../src/object/value-heap.ts";

/** Datatypes as libhdf5 writes them, for tests. */

const ZERO_PADDED = { lowPadding: "zero", highPadding: "zero" } as const;

export function integer(size: number, signed = true, order: ByteOrder = "little"): IntegerType {
  return integerType(size, signed, order);
}

/** IEEE 754 and its like: mantissa, exponent, sign from bit 0 up. */
export function float(size: number, exponentSize: number, order: ByteOrder = "little"): FloatType {
  const mantissaSize = 8 * size - 1 - exponentSize;
  return {
    class: "float",
    size,
    order,
    bitOffset: 0,
    precision: 8 * size,
    ...ZERO_PADDED,
    internalPadding: "zero",
    normalization: "implied",
    mantissaLocation: 0,
    mantissaSize,
    exponentLocation: mantissaSize,
    exponentSize,
    signLocation: 8 * size - 1,
    exponentBias: 2 ** (exponentSize - 1) - 1,
  };
}

export const float16 = float(2, 5);
export const float32 = float(4, 8);
export const float64 = float(8, 11);

/** The x86's long double: 80 bits in 16 bytes, the leading bit of the mantissa stored. */
export const x87 = extendedFloatType();

export function string(size: number, padding: StringPadding = "null-padded"): StringType {
  return { class: "string", size, padding, charset: "utf-8" };
}

export function opaque(size: number, tag = ""): OpaqueType {
  return { class: "opaque", size, tag };
}

/** Members without gaps between them. */
export function compound(members: Readonly<Record<string, Datatype>>): CompoundType {
  return compoundType(Object.entries(members));
}

export function complex(part: FloatType): CompoundType {
  return complexType(part);
}

export function array(base: Datatype, ...dims: number[]): ArrayType {
  return arrayType(base, dims);
}

/** Values as one byte each. */
export function enumeration(members: Readonly<Record<string, number>>, size = 1): EnumType {
  const value = (n: number): Uint8Array =>
    Uint8Array.from({ length: size }, (_, i) => (i < 4 ? n >> (8 * i) : n >> 31));
  return {
    class: "enum",
    size,
    base: integer(size),
    members: Object.entries(members).map(([name, n]) => ({ name, value: value(n) })),
  };
}

export const boolean = enumeration({ FALSE: 0, TRUE: 1 });

export function vlen(kind: VlenType["kind"], base: Datatype): VlenType {
  return { class: "vlen", kind, size: 16, base, padding: "null-terminated", charset: "utf-8" };
}

export const vlenString = vlen("string", string(1));
export const reference = { class: "reference", kind: "object", size: 8 } as const;

/** A heap of numbered values: an element's first byte is the number, 0 is null. */
export function heapOf(values: readonly Uint8Array[] = [], paths: readonly string[] = []): HeapResolver {
  return {
    vlen: (stored) => values[(stored[0] ?? 0) - 1],
    path: (stored) => paths[(stored[0] ?? 0) - 1],
  };
}
