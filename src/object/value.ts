import type { Dataspace } from "../format/dataspace.ts";
import type { Datatype } from "../format/datatype.ts";
import { decodeText } from "../format/text.ts";
import { ByteSink } from "./text/byte-sink.ts";
import { writeJsonArray } from "./text/json-array.ts";
import { compileJson } from "./text/json-text.ts";
import { compilePlain } from "./text/plain-text.ts";
import { stringEnd } from "./text/string-text.ts";
import { elementBytes } from "./value-bytes.ts";
import { checkFloat, readFloat, toDouble } from "./value-float.ts";
import type { HeapResolver } from "./value-heap.ts";
import { integerLayout, readInteger, readTimeval } from "./value-integer.ts";
import { isBoolean } from "./value-meaning.ts";

/**
 * An element as a JavaScript value:
 * - integers, times, bitfields, enumerations (their value): number, or bigint where the type has more than 32 bits and
 *   the value is not safe as a number;
 * - booleans (h5py's enumeration): boolean, if the value is 0 or 1;
 * - floats of any layout: the nearest double;
 * - strings: their text without the padding, bytes that are no UTF-8 as lone surrogates; a null string is `null`;
 * - opaque data: its bytes, a copy;
 * - references: the path of their object; a null reference is `null`;
 * - compounds: an object without a prototype, its keys the members' names;
 * - array types (nested by their dimensions) and variable-length sequences: arrays.
 */
export type Value =
  | number
  | bigint
  | boolean
  | string
  | null
  | Uint8Array
  | Value[]
  | { readonly [name: string]: Value };

/**
 * One element that begins at `offset`.
 * @throws UnsupportedError for types that no value is defined for, FormatError where the heap is damaged
 */
export function decodeElement(type: Datatype, bytes: Uint8Array, offset: number, heap: HeapResolver): Value {
  switch (type.class) {
    case "time":
      if (type.isTimeval) return readTimeval(elementBytes(bytes).view, offset, type.order === "little") / 1_000_000;
      return asNumber(readInteger(bytes, offset, integerLayout(type)));
    case "integer":
    case "bitfield":
      return asNumber(readInteger(bytes, offset, integerLayout(type)));
    case "float":
      checkFloat(type);
      return toDouble(readFloat(bytes, offset, type));
    case "enum": {
      const value = decodeElement(type.base, bytes, offset, heap);
      return isBoolean(type) && (value === 0 || value === 1) ? value === 1 : value;
    }
    case "string":
      return decodeText(bytes.subarray(offset, stringEnd(bytes, offset, offset + type.size, type.padding)));
    case "opaque":
      return bytes.slice(offset, offset + type.size);
    case "reference":
      return heap.path(bytes.subarray(offset, offset + type.size), type) ?? null;
    case "compound": {
      const value: { [name: string]: Value } = Object.create(null);
      for (const member of type.members) {
        value[member.name] = decodeElement(member.type, bytes, offset + member.offset, heap);
      }
      return value;
    }
    case "array":
      return decodeArray(type.base, type.dims, 0, bytes, offset, heap);
    case "vlen": {
      const stored = heap.vlen(bytes.subarray(offset, offset + type.size), type);
      if (type.kind === "string") {
        return stored === undefined
          ? null
          : decodeText(stored.subarray(0, stringEnd(stored, 0, stored.length, "null-terminated")));
      }
      const values = stored ?? new Uint8Array(0);
      const count = Math.floor(values.length / Math.max(type.base.size, 1));
      return decodeArray(type.base, [count], 0, values, 0, heap);
    }
  }
}

function asNumber(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function decodeArray(
  base: Datatype,
  dims: readonly number[],
  d: number,
  bytes: Uint8Array,
  offset: number,
  heap: HeapResolver,
): Value[] {
  const step = dims.slice(d + 1).reduce((product, dim) => product * dim, base.size);
  return Array.from({ length: dims[d] ?? 0 }, (_, i) =>
    d === dims.length - 1
      ? decodeElement(base, bytes, offset + i * step, heap)
      : decodeArray(base, dims, d + 1, bytes, offset + i * step, heap),
  );
}

/** Elements in C order as lists nested by the dimensions; the one of a scalar as it is. */
export function nestedValues(values: readonly Value[], dims: readonly number[]): Value {
  const [dim, ...rest] = dims;
  if (dim === undefined) return values[0] ?? null;
  const size = values.length / Math.max(dim, 1);
  return Array.from({ length: dim }, (_, i) => nestedValues(values.slice(i * size, (i + 1) * size), rest));
}

/** No attribute is larger, unless its elements share what they refer to. */
const MAX_ATTRIBUTE_TEXT = 2 ** 26;

/**
 * An attribute's value as the extended attribute `user.NAME` shows it, for people and for scripts that call `getfattr
 * --only-values`:
 * - a scalar string is its bytes, nothing added, so that it can be compared and piped; other scalars are as in CSV
 *   (`9.81`, `true`, `RED`), compounds as JSON objects;
 * - an array of any rank, also one of a single element, is JSON on one line: `[1, 2, 3]`, `["m", "s"]`;
 * - an attribute without data (H5S_NULL, PyTables' empty string) is empty.
 */
export function attributeText(
  attribute: { readonly datatype: Datatype; readonly dataspace: Dataspace; bytes(): Uint8Array },
  heap: HeapResolver,
): Uint8Array {
  const { datatype, dataspace } = attribute;
  if (dataspace.kind === "null") return new Uint8Array(0);
  const data = elementBytes(attribute.bytes());
  const sink = new ByteSink(1024, undefined, MAX_ATTRIBUTE_TEXT);
  if (dataspace.kind === "scalar") compilePlain(datatype, heap)(data, 0, sink);
  else writeJsonArray(compileJson(datatype, heap), dataspace.dims, datatype.size, data, sink);
  return sink.take();
}
