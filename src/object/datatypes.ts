import type {
  ArrayType,
  ByteOrder,
  CompoundType,
  Datatype,
  EnumType,
  FloatType,
  IntegerType,
  ReferenceType,
  StringType,
  VlenType,
} from "../format/datatype.ts";

/** The datatypes that programs make most, as libhdf5 writes them. */

const ZERO_PADDED = { lowPadding: "zero", highPadding: "zero" } as const;

/** @param size in bytes */
export function integerType(size: number, signed: boolean, order: ByteOrder = "little"): IntegerType {
  return { class: "integer", size, order, signed, bitOffset: 0, precision: 8 * size, ...ZERO_PADDED };
}

/** Bits of the exponent of IEEE 754's binary16, 32, 64 and 128. */
const EXPONENT_SIZES = { 2: 5, 4: 8, 8: 11, 16: 15 } as const;

/** IEEE 754. @param size in bytes */
export function floatType(size: keyof typeof EXPONENT_SIZES, order: ByteOrder = "little"): FloatType {
  const exponentSize = EXPONENT_SIZES[size];
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

/** The x86's long double: 80 bits in 16 bytes, the leading bit of the mantissa stored. */
export function extendedFloatType(order: ByteOrder = "little"): FloatType {
  return {
    ...floatType(16, order),
    precision: 80,
    normalization: "none",
    mantissaSize: 64,
    exponentLocation: 64,
    signLocation: 79,
  };
}

/** Fixed length, as NumPy pads it. @param size in bytes */
export function stringType(size: number, charset: StringType["charset"] = "utf-8"): StringType {
  return { class: "string", size, padding: "null-padded", charset };
}

/** @param sizeOfOffsets of the file's addresses */
export function vlenStringType(sizeOfOffsets: number): VlenType {
  return {
    class: "vlen",
    kind: "string",
    size: 8 + sizeOfOffsets,
    padding: "null-terminated",
    charset: "utf-8",
    base: integerType(1, false),
  };
}

export function sequenceType(base: Datatype, sizeOfOffsets: number): VlenType {
  return {
    class: "vlen",
    kind: "sequence",
    size: 8 + sizeOfOffsets,
    padding: "null-terminated",
    charset: "ascii",
    base,
  };
}

/**
 * @param kind "object" (as libhdf5 calls it, H5R_OBJECT1) is what every library reads, and h5py and netCDF-4 write
 * @param sizeOfOffsets of the file's addresses
 */
export function referenceType(kind: ReferenceType["kind"], sizeOfOffsets: number): ReferenceType {
  // The address; that and an index, of an object of the global heap; type, flags and size, then such an id (H5R__encode).
  const size = kind === "object" ? sizeOfOffsets : sizeOfOffsets + (kind === "region" ? 4 : 10);
  return { class: "reference", size, kind };
}

/** Members without gaps between them. */
export function compoundType(members: Iterable<readonly [name: string, type: Datatype]>): CompoundType {
  let size = 0;
  const placed: { name: string; offset: number; type: Datatype }[] = [];
  for (const [name, type] of members) {
    placed.push({ name, offset: size, type });
    size += type.size;
  }
  return { class: "compound", size, members: placed };
}

export function arrayType(base: Datatype, dims: readonly number[]): ArrayType {
  return { class: "array", size: dims.reduce((product, dim) => product * dim, base.size), base, dims };
}

/** As h5py and PyTables store complex numbers. */
export function complexType(part: FloatType): CompoundType {
  return compoundType([
    ["r", part],
    ["i", part],
  ]);
}

/** The enumeration by which h5py stores a boolean. */
export const BOOLEAN: EnumType = {
  class: "enum",
  size: 1,
  base: integerType(1, true),
  members: [
    { name: "FALSE", value: Uint8Array.of(0) },
    { name: "TRUE", value: Uint8Array.of(1) },
  ],
};
