import { H5Error } from "../errors.ts";
import type { Datatype } from "../format/datatype.ts";
import { HOST_IS_LITTLE_ENDIAN } from "../host-byte-order.ts";
import { refersToHeap } from "./heap-collections.ts";
import { inferDatatype } from "./infer-datatype.ts";
import { isList, type NumberArray, type Storable } from "./storable.ts";
import { elementsOfShape, encodeElements, type HeapWriter } from "./value-encode.ts";

/**
 * Values for elements of that shape, as they are stored: lists nested by the dimensions, a flat typed array, or one value for all of
 * them.
 * @throws H5Error "argument" where they do not fit the shape or the type
 */
export function valuesToBytes(type: Datatype, values: Storable, dims: readonly number[], heap: HeapWriter): Uint8Array {
  const count = dims.reduce((product, dim) => product * dim, 1);
  const flat = flatValues(values, dims, count);
  if (flat === undefined) {
    // What refers to the heap is put there once for each element.
    if (refersToHeap(type)) return encodeElements(type, new Array<Storable>(count).fill(values), heap);
    return repeated(encodeElements(type, [values], heap), count);
  }
  if (ArrayBuffer.isView(flat) && isStoredAs(flat, type)) {
    return new Uint8Array(flat.buffer, flat.byteOffset, flat.byteLength);
  }
  return encodeElements(type, flat, heap);
}

/** `undefined`: one value for all elements. */
function flatValues(
  values: Storable,
  dims: readonly number[],
  count: number,
): readonly Storable[] | NumberArray | undefined {
  if (dims.length === 0 || !isList(values)) return undefined;
  const flat = elementsOfShape(values, dims);
  if (flat.length !== count) throw new H5Error("argument", `${flat.length} values for the shape (${dims.join(", ")})`);
  return flat;
}

/** Whether a typed array has the elements' very bytes. */
function isStoredAs(values: NumberArray, type: Datatype): boolean {
  if (!HOST_IS_LITTLE_ENDIAN || values.length === 0 || (type.class !== "integer" && type.class !== "float"))
    return false;
  const { version: _, ...plain } = type;
  return JSON.stringify(sorted(plain)) === JSON.stringify(sorted(inferDatatype(values, 8)));
}

function sorted(fields: object): [string, unknown][] {
  return Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1));
}

function repeated(element: Uint8Array, count: number): Uint8Array {
  const out = new Uint8Array(element.length * count);
  for (let at = 0; at < out.length; at += element.length) out.set(element, at);
  return out;
}
