import { UnsupportedError } from "../errors.ts";
import type { ArrayType, CompoundType, Datatype, OpaqueType, StringType, VlenType } from "../format/datatype.ts";
import { encodeText } from "../format/text.ts";
import { putUint } from "../storage/little-endian.ts";
import { datatypeName } from "./datatype-name.ts";
import { referenceEncoder } from "./reference-encode.ts";
import {
  type ElementEncoder,
  isList,
  isTypedArray,
  listOf,
  type NumberArray,
  refused,
  type Storable,
  shown,
  shownNames,
  within,
  wrongKind,
} from "./storable.ts";
import { stringEnd } from "./text/string-text.ts";
import { type ElementBytes, elementBytes } from "./value-bytes.ts";
import { enumEncoder, floatEncoder, integerEncoder, timevalEncoder } from "./value-encode-number.ts";
import { integerLayout, paddingOf } from "./value-integer.ts";

/** An object as a reference to it needs to know it. */
export interface ReferredObject {
  readonly address: number;
  /** Of a dataset whose elements have indexes. */
  readonly dims: readonly number[] | undefined;
  hasAttribute(name: string): boolean;
}

/** Where what elements only refer to is put, and found. */
export interface HeapWriter {
  /** The size of addresses in the file. */
  readonly sizeOfOffsets: number;
  /** Puts bytes into the global heap. */
  insert(bytes: Uint8Array): { readonly collection: number; readonly index: number };
  /** The object at a path, or that `#0x1a40` names. @throws H5Error where there is none in the file */
  object(path: string): ReferredObject;
}

/**
 * Values to elements as they are stored, the counterpart of `decodeElement`: every value is stored so that it reads back the
 * same (a float as the nearest of its type), or it is an error.
 * @param heap `undefined`: what needs one is refused
 * @throws UnsupportedError for types whose values cannot be stored; what it returns throws H5Error "argument" for values that
 * do not fit
 */
export function elementEncoder(type: Datatype, heap: HeapWriter | undefined): ElementEncoder {
  switch (type.class) {
    case "time":
      if (type.isTimeval) return timevalEncoder(type.order === "little");
      return integerEncoder(type, integerLayout(type), 0n);
    case "integer":
    case "bitfield":
      return integerEncoder(type, integerLayout(type), paddingOf(type));
    case "float":
      return floatEncoder(type);
    case "enum":
      return enumEncoder(type);
    case "string":
      return stringEncoder(type);
    case "opaque":
      return opaqueEncoder(type);
    case "reference":
      return referenceEncoder(type, needed(heap, "references"));
    case "compound":
      return compoundEncoder(type, heap);
    case "array":
      return arrayEncoder(type, heap);
    case "vlen":
      return type.kind === "string" ? vlenStringEncoder(type, heap) : sequenceEncoder(type, heap);
  }
}

/** One element. @throws as `elementEncoder` does */
export function encodeElement(type: Datatype, value: Storable, heap?: HeapWriter): Uint8Array {
  return encodeElements(type, [value], heap);
}

/**
 * Elements one after the other. Typed arrays of floats are converted to integers as HDF5 does it: their fractions go; where
 * HDF5 would clip, it is an error. @throws as `elementEncoder` does, the message beginning with the element's number
 */
export function encodeElements(
  type: Datatype,
  values: readonly Storable[] | NumberArray,
  heap?: HeapWriter,
): Uint8Array {
  const encode = elementEncoder(type, heap);
  const bytes = new Uint8Array(values.length * type.size);
  const out = elementBytes(bytes);
  const isConverted = type.class === "integer" && (values instanceof Float32Array || values instanceof Float64Array);
  let at = 0;
  try {
    for (const value of values) {
      encode(isConverted ? Math.trunc(Number(value)) : value, out, at);
      at += type.size;
    }
  } catch (error) {
    throw values.length === 1 ? error : within(`element ${at / type.size}`, error);
  }
  return bytes;
}

/** The elements of nested lists of that shape, in C order. @throws H5Error "argument" where a list has another length */
export function flattenValues(value: Storable, dims: readonly number[]): Storable[] {
  const flat: Storable[] = [];
  const visit = (part: Storable, d: number): void => {
    const dim = dims[d];
    if (dim === undefined) {
      flat.push(part);
      return;
    }
    const list = listOf(part, `a list of ${dim}`);
    if (list.length !== dim) throw refused(`a list of ${list.length} values, expected ${dim} in dimension ${d}`);
    for (const inner of list) visit(inner, d + 1);
  };
  visit(value, 0);
  return flat;
}

/** The same, of a flat typed array, too, which may have any shape: as many as it has are given back. */
export function elementsOfShape(value: Storable, dims: readonly number[]): readonly Storable[] | NumberArray {
  return dims.length > 0 && isTypedArray(value) ? value : flattenValues(value, dims);
}

/** @throws H5Error "argument" where text cannot be in strings of that character set */
function textBytes(value: Storable, charset: StringType["charset"]): Uint8Array {
  if (typeof value !== "string") throw wrongKind(value, "a string");
  // Half of a pair that does not stand for a byte (see `decodeText`) has no encoding.
  const stray = /[\ud800-\udc7f\udd00-\udfff]/u.test(value);
  if (stray) throw refused(`${shown(value)} holds half of a surrogate pair, which no text can have`);
  if (charset === "ascii" && /[^\0-\x7f\udc80-\udcff]/u.test(value)) {
    throw refused(`${shown(value)} is not ASCII, as the strings of this type are`);
  }
  return encodeText(value);
}

/**
 * A null-terminated string may fill its element, as PyTables writes it: readers end at the element's end, too. What would not
 * be read back, since it would be taken for padding or for the end, is refused.
 */
function stringEncoder(type: StringType): ElementEncoder {
  return (value, { bytes }, at) => {
    const text = textBytes(value, type.charset);
    if (text.length > type.size) {
      throw refused(`${shown(value)} has ${text.length} bytes, more than the ${type.size} of ${datatypeName(type)}`);
    }
    if (type.padding === "space-padded") bytes.fill(0x20, at + text.length, at + type.size);
    bytes.set(text, at);
    if (stringEnd(bytes, at, at + type.size, type.padding) !== at + text.length) {
      const lost = type.padding === "space-padded" ? "ends with blanks" : "holds NUL characters";
      throw refused(`${shown(value)} ${lost}, which a ${type.padding} string does not keep`);
    }
  };
}

function opaqueEncoder({ size }: OpaqueType): ElementEncoder {
  return (value, { bytes }, at) => {
    if (!(value instanceof Uint8Array)) throw wrongKind(value, "a Uint8Array");
    if (value.length !== size) throw refused(`${value.length} bytes of opaque data, expected ${size}`);
    bytes.set(value, at);
  };
}

function needed(heap: HeapWriter | undefined, what: string): HeapWriter {
  if (heap === undefined) throw new UnsupportedError(`${what} are not written here: there is no heap to put them in`);
  return heap;
}

function compoundEncoder(type: CompoundType, heap: HeapWriter | undefined): ElementEncoder {
  const members = type.members.map(({ name, offset, type: member }) => ({
    name,
    offset,
    encode: elementEncoder(member, heap),
  }));
  const known = new Set(members.map(({ name }) => name));
  return (value, out, at) => {
    if (value === null || typeof value !== "object" || isList(value)) throw wrongKind(value, "an object of members");
    for (const name of Object.keys(value)) {
      if (!known.has(name)) throw refused(`there is no member ${shown(name)}, only ${shownNames([...known])}`);
    }
    for (const { name, offset, encode } of members) {
      const part = Object.hasOwn(value, name) ? value[name] : undefined;
      if (part === undefined) throw refused(`the member ${shown(name)} is missing`);
      try {
        encode(part, out, at + offset);
      } catch (error) {
        throw within(`member ${shown(name)}`, error);
      }
    }
  };
}

function arrayEncoder({ base, dims }: ArrayType, heap: HeapWriter | undefined): ElementEncoder {
  const encode = elementEncoder(base, heap);
  return (value, out, at) => {
    let to = at;
    for (const part of flattenValues(value, dims)) {
      encode(part, out, to);
      to += base.size;
    }
  };
}

/**
 * Puts the values of one element into the heap, and its ID to `at` (Specification IV.B, "Variable-length"): the number of
 * elements, then the ID of the heap object. @param values elements of the base type, or a string's bytes
 */
export function putHeapId(
  type: VlenType,
  heap: HeapWriter | undefined,
  values: Uint8Array,
  count: number,
  { bytes, view }: ElementBytes,
  at: number,
): void {
  const target = needed(heap, `variable-length ${type.kind}s`);
  const { collection, index } = target.insert(values);
  view.setUint32(at, count, true);
  putUint(bytes, at + 4, target.sizeOfOffsets, collection);
  view.setUint32(at + 4 + target.sizeOfOffsets, index, true);
}

/** `null` is the null string; an empty one has an object of its own. */
function vlenStringEncoder(type: VlenType, heap: HeapWriter | undefined): ElementEncoder {
  const target = needed(heap, "variable-length strings");
  return (value, out, at) => {
    if (value === null) return;
    const text = textBytes(value, type.charset);
    if (text.includes(0)) throw refused(`${shown(value)} holds a NUL character, at which a string ends`);
    putHeapId(type, target, text, text.length, out, at);
  };
}

/** A sequence of no elements is null, as libhdf5 writes it. */
function sequenceEncoder(type: VlenType, heap: HeapWriter | undefined): ElementEncoder {
  const { base } = type;
  const target = needed(heap, "variable-length sequences");
  return (value, out, at) => {
    const list = listOf(value, "a list");
    if (list.length === 0) return;
    putHeapId(type, target, encodeElements(base, list, target), list.length, out, at);
  };
}
