import { H5Error } from "../errors.ts";
import type { ElementBytes } from "./value-bytes.ts";

/** What can be stored: what `decodeElement` gives, and typed arrays for the values of arrays and sequences. */
export type Storable =
  | number
  | bigint
  | boolean
  | string
  | null
  | NumberArray
  | readonly Storable[]
  | { readonly [name: string]: Storable };

export type NumberArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;

/** Writes a value to the element that begins at `at`, whose bytes are zero. Made once for a datatype. */
export type ElementEncoder = (value: Storable, out: ElementBytes, at: number) => void;

export function refused(message: string): H5Error {
  return new H5Error("argument", message);
}

/** The same error, saying where. */
export function within(place: string, error: unknown): unknown {
  if (!(error instanceof H5Error)) return error;
  return new H5Error(error.kind, `${place}: ${error.message}`, { cause: error });
}

const MAX_SHOWN = 40;

/** A value in a message. */
export function shown(value: Storable): string {
  if (typeof value === "string") {
    return JSON.stringify(value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN)}...` : value);
  }
  if (value === null || typeof value !== "object") return `${value}`;
  return isList(value) ? `a list of ${value.length}` : "an object";
}

export function wrongKind(value: Storable, expected: string): H5Error {
  return refused(`${shown(value)} is not ${expected}`);
}

export function isList(value: Storable): value is readonly Storable[] | NumberArray {
  return Array.isArray(value) || isTypedArray(value);
}

export function isTypedArray(value: Storable): value is NumberArray {
  return ArrayBuffer.isView(value);
}

export function listOf(value: Storable, expected: string): readonly Storable[] | NumberArray {
  if (isList(value)) return value;
  throw wrongKind(value, expected);
}

/** The names that there are, in a message. */
export function shownNames(names: readonly string[]): string {
  return names.length > 12 ? `${names.slice(0, 12).join(", ")}... (${names.length} in all)` : names.join(", ");
}
