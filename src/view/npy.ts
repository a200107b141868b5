import { UnsupportedError } from "../errors.ts";
import type { Datatype } from "../format/datatype.ts";
import { encodeText } from "../format/text.ts";
import { npyDtype, pythonTuple } from "./npy-descr.ts";

/** Array data begin at a multiple of this, so that they can be mapped. */
const ALIGNMENT = 64;

/** NumPy leaves room for the first dimension to grow to so many digits (`GROWTH_AXIS_MAX_DIGITS`). */
const GROWTH_DIGITS = 21;

const MAGIC = encodeText("NUMPY");

/** Neighbours in a file are mostly alike. */
let last:
  | { readonly type: Datatype; readonly dims: readonly number[]; readonly header: Uint8Array<ArrayBuffer> }
  | undefined;

/**
 * The header of a NumPy file (NEP 1), byte for byte as `numpy.save` writes it; the dataset's elements as they are stored
 * follow. An array datatype's dimensions come after the dataset's.
 *
 * Version 1.0 where it can be, 2.0 for a header over 65,535 bytes, 3.0 for names that are not Latin-1. (NumPy refuses
 * headers over 10,000 bytes, a few hundred columns, unless asked by `max_header_size`.)
 * The result may be shared: do not write to it.
 * @throws UnsupportedError where the datatype has no dtype, see `npyDtype`
 */
export function encodeNpyHeader(type: Datatype, dims: readonly number[]): Uint8Array<ArrayBuffer> {
  if (last?.type !== type || `${last.dims}` !== `${dims}`) last = { type, dims, header: newHeader(type, dims) };
  return last.header;
}

function newHeader(type: Datatype, dims: readonly number[]): Uint8Array<ArrayBuffer> {
  const dtype = npyDtype(type);
  if (dtype === undefined) throw new UnsupportedError(`elements of class ${type.class} have no NumPy dtype`);
  const shape = [...dims, ...dtype.shape];
  const growth = shape.length === 0 ? 0 : Math.max(GROWTH_DIGITS - `${shape[0]}`.length, 0);
  const text = `{'descr': ${dtype.descr}, 'fortran_order': False, 'shape': ${pythonTuple(shape)}, }${" ".repeat(growth)}`;

  if (!/^[\0-\xff]*$/.test(text)) return wrap(encodeText(text), 3);
  const latin1 = Uint8Array.from(text, (character) => character.charCodeAt(0));
  return paddedLength(latin1.length, 1) - prefixSize(1) > 0xffff ? wrap(latin1, 2) : wrap(latin1, 1);
}

/** Magic, version, and the header's length in 2 bytes (version 1) or 4. */
function prefixSize(version: number): number {
  return 8 + (version === 1 ? 2 : 4);
}

function paddedLength(textLength: number, version: number): number {
  const length = prefixSize(version) + textLength + 1;
  // As NumPy does: a header that is aligned already gets a whole block of spaces.
  return length + ALIGNMENT - (length % ALIGNMENT);
}

function wrap(text: Uint8Array, version: number): Uint8Array<ArrayBuffer> {
  const length = paddedLength(text.length, version);
  const out = new Uint8Array(length).fill(0x20);
  const start = prefixSize(version);
  const view = new DataView(out.buffer);
  out[0] = 0x93;
  out.set(MAGIC, 1);
  out[6] = version;
  out[7] = 0;
  if (version === 1) view.setUint16(8, length - start, true);
  else view.setUint32(8, length - start, true);
  out.set(text, start);
  out[length - 1] = 0x0a;
  return out;
}
