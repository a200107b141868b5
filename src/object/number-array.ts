import type { Datatype } from "../format/datatype.ts";
import { HOST_IS_LITTLE_ENDIAN } from "../host-byte-order.ts";
import type { NumberArray } from "./storable.ts";
import { decodeElement } from "./value.ts";
import { floatFormat } from "./value-float.ts";
import type { HeapResolver } from "./value-heap.ts";
import { type IntegerLayout, integerLayout, isWholeInteger } from "./value-integer.ts";
import { isBoolean } from "./value-meaning.ts";

const SIGNED = { 1: Int8Array, 2: Int16Array, 4: Int32Array, 8: BigInt64Array } as const;
const UNSIGNED = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: BigUint64Array } as const;

/** Bytes of the elements of typed arrays. */
const SIZES = [1, 2, 4, 8] as const;

/** How elements of a type are in a typed array. */
interface Form {
  readonly elements: (typeof SIGNED)[1 | 2 | 4 | 8] | (typeof UNSIGNED)[1 | 2 | 4 | 8] | FloatArrays;
  /** They are stored so, too, but for the order of bytes. */
  readonly isStored: boolean;
}

type FloatArrays = Float32ArrayConstructor | Float64ArrayConstructor;

/** Numbers refer to nothing. */
const NO_HEAP: HeapResolver = { vlen: () => undefined, path: () => undefined };

/**
 * Elements that are numbers, in the typed array that holds each of them: integers of at most 64 bits, also bitfields, times and
 * enumerations (their values); floats, as the nearest doubles where they are wider than those. `undefined`: the elements are
 * something else; booleans are.
 * @param bytes whole elements as stored, all of their buffer: the array takes it
 */
export function numberArray(type: Datatype, bytes: Uint8Array<ArrayBuffer>): NumberArray | undefined {
  const form = formOf(type);
  if (form === undefined) return undefined;
  const { elements, isStored } = form;
  if (isStored) {
    if (!isOfProcessor(type)) swapBytes(bytes, type.size);
    return new elements(bytes.buffer);
  }
  const out = new elements(bytes.length / type.size);
  for (let i = 0; i < out.length; i++) {
    const value = decodeElement(type, bytes, i * type.size, NO_HEAP);
    if (typeof value !== "number" && typeof value !== "bigint") throw new TypeError(`${type.class} is no number`);
    if (out instanceof BigInt64Array || out instanceof BigUint64Array) out[i] = BigInt(value);
    else out[i] = Number(value);
  }
  return out;
}

function formOf(type: Datatype): Form | undefined {
  switch (type.class) {
    case "time":
      return type.isTimeval ? { elements: Float64Array, isStored: false } : integerForm(integerLayout(type));
    case "integer":
    case "bitfield":
      return integerForm(integerLayout(type));
    case "enum":
      return isBoolean(type) ? undefined : formOf(type.base);
    case "float": {
      const format = floatFormat(type);
      const isShort = format === "binary32" || format === "binary16" || format === "bfloat16";
      return {
        elements: isShort ? Float32Array : Float64Array,
        isStored: format === "binary32" || format === "binary64",
      };
    }
    default:
      return undefined;
  }
}

function integerForm(layout: IntegerLayout): Form | undefined {
  const size = SIZES.find((each) => each * 8 >= layout.precision);
  if (size === undefined) return undefined;
  return { elements: (layout.signed ? SIGNED : UNSIGNED)[size], isStored: isWholeInteger(layout) };
}

function isOfProcessor(type: Datatype): boolean {
  if (type.class === "enum") return isOfProcessor(type.base);
  const order = "order" in type ? type.order : "little";
  return type.size === 1 || order === (HOST_IS_LITTLE_ENDIAN ? "little" : "big");
}

/** Turns the bytes of each element around. */
function swapBytes(bytes: Uint8Array<ArrayBuffer>, size: number): void {
  const buffer = Buffer.from(bytes.buffer);
  if (size === 2) buffer.swap16();
  else if (size === 4) buffer.swap32();
  else buffer.swap64();
}
