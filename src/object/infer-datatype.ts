import { H5Error } from "../errors.ts";
import { type Dataspace, SCALAR } from "../format/dataspace.ts";
import type { Datatype } from "../format/datatype.ts";
import { BOOLEAN, complexType, compoundType, floatType, integerType, vlenStringType } from "./datatypes.ts";
import { isList, type NumberArray, type Storable } from "./storable.ts";

const INT64 = integerType(8, true);
const UINT64 = integerType(8, false);
const FLOAT64 = floatType(8);

/**
 * The datatype that values get when none is given, as h5py has it:
 * - strings: of variable length, UTF-8;
 * - booleans: h5py's enumeration;
 * - numbers: int64 if all are whole and exact (and none is -0), else float64;
 * - bigints: int64, or uint64 where one does not fit;
 * - typed arrays: their own type;
 * - objects: compounds of their members' types, in their order; those of two numbers `r` and `i`: complex numbers.
 * @param values all elements @param sizeOfOffsets of the file's addresses
 * @throws H5Error "argument" where there is no type for all of them
 */
export function inferDatatype(values: readonly Storable[] | NumberArray, sizeOfOffsets: number): Datatype {
  if (ArrayBuffer.isView(values)) return typedArrayType(values);
  const [first] = values;
  if (first === undefined) return FLOAT64;
  if (values.every((value) => typeof value === "string" || value === null)) return vlenStringType(sizeOfOffsets);
  if (values.every((value) => typeof value === "boolean")) return BOOLEAN;
  if (values.every((value) => typeof value === "number" || typeof value === "bigint")) return numberType(values);
  if (values.every(isMembers)) return membersType(values, sizeOfOffsets);
  throw new H5Error("argument", "the values have no datatype in common; give one");
}

/**
 * The dimensions of nested lists, as far as all are lists.
 * @param type where it is given: lists and bytes that are elements, of array types, sequences and opaque ones, are no dimensions
 */
export function inferDims(value: Storable, type?: Datatype): number[] {
  if (type?.class === "opaque" && value instanceof Uint8Array) return [];
  const dims: number[] = [];
  let part: Storable | undefined = value;
  while (part !== undefined && isList(part)) {
    dims.push(part.length);
    part = part[0];
  }
  return dims.slice(0, Math.max(0, dims.length - listDepth(type)));
}

/** How deep an element of that type is nested. */
function listDepth(type: Datatype | undefined): number {
  if (type?.class === "array") return type.dims.length + listDepth(type.base);
  if (type?.class === "vlen" && type.kind === "sequence") return 1 + listDepth(type.base);
  return type?.class === "opaque" ? 1 : 0;
}

/** A dataspace of these dimensions, which cannot grow. */
export function fixedDataspace(dims: readonly number[]): Dataspace {
  if (dims.length === 0) return SCALAR;
  return { kind: "simple", dims, maxDims: dims, maxDimsStored: false };
}

function isMembers(value: Storable): value is { readonly [name: string]: Storable } {
  return value !== null && typeof value === "object" && !isList(value);
}

function numberType(values: readonly (number | bigint)[]): Datatype {
  const isWhole = values.every(
    (value) => typeof value === "bigint" || (Number.isSafeInteger(value) && !Object.is(value, -0)),
  );
  if (!isWhole) return FLOAT64;
  return values.some((value) => value >= 2n ** 63n) ? UINT64 : INT64;
}

function membersType(values: readonly { readonly [name: string]: Storable }[], sizeOfOffsets: number): Datatype {
  const names = Object.keys(values[0] ?? {});
  if (names.length === 0) throw new H5Error("argument", "a compound needs members");
  if (names.join() === "r,i" && values.every(({ r, i }) => typeof r === "number" && typeof i === "number")) {
    return complexType(FLOAT64);
  }
  return compoundType(
    names.map((name) => {
      const column = values.map((value) => {
        const member = value[name];
        if (member === undefined) throw new H5Error("argument", `the member ${JSON.stringify(name)} is missing`);
        return member;
      });
      return [name, inferDatatype(column, sizeOfOffsets)];
    }),
  );
}

function typedArrayType(values: NumberArray): Datatype {
  const size = values.BYTES_PER_ELEMENT;
  if (values instanceof Float32Array || values instanceof Float64Array) return floatType(size === 4 ? 4 : 8);
  const signed =
    values instanceof Int8Array ||
    values instanceof Int16Array ||
    values instanceof Int32Array ||
    values instanceof BigInt64Array;
  return integerType(size, signed);
}
