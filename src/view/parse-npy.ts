import { H5Error } from "../errors.ts";
import type { ByteOrder, Datatype } from "../format/datatype.ts";
import { decodeText } from "../format/text.ts";
import {
  arrayType,
  BOOLEAN,
  complexType,
  extendedFloatType,
  floatType,
  integerType,
  stringType,
} from "../object/datatypes.ts";
import { PythonLiteral, type PythonValue } from "./python-literal.ts";

/** What a NumPy file (NEP 1) says of itself. */
export interface NpyHeader {
  /** Of the elements as they lie in the file. */
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  /** The elements' order: the first index varies fastest, as in Fortran. */
  readonly fortranOrder: boolean;
  /** Where the elements begin, in bytes. */
  readonly dataOffset: number;
}

const MAGIC = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59);

/** Bytes of a file that tell how long its header is. */
export const NPY_PREFIX = 12;

/** The longest header that is read; NumPy itself stops at 10,000 bytes unless it is asked. */
const MAX_HEADER = 2 ** 26;

function refused(message: string): H5Error {
  return new H5Error("argument", `npy header: ${message}`);
}

/**
 * How many bytes the header has, the magic included: as many as `decodeNpyHeader` needs.
 * @param prefix the first `NPY_PREFIX` bytes of the file, or all that it has
 */
export function npyHeaderSize(prefix: Uint8Array): number {
  if (MAGIC.some((byte, i) => prefix[i] !== byte)) throw refused("the file does not begin with \\x93NUMPY");
  const version = prefix[6] ?? 0;
  const sizeBytes = version === 1 ? 2 : 4;
  if (version < 1 || version > 3 || prefix[7] !== 0) {
    throw refused(`version is ${version}.${prefix[7] ?? 0}, expected 1.0, 2.0 or 3.0`);
  }
  if (prefix.length < 8 + sizeBytes) throw refused("the file ends in it");
  let length = 0;
  for (let i = sizeBytes - 1; i >= 0; i--) length = length * 256 + (prefix[8 + i] ?? 0);
  if (length > MAX_HEADER) throw refused(`has ${length} bytes, more than ${MAX_HEADER}`);
  return 8 + sizeBytes + length;
}

/**
 * @param bytes the file from its beginning, at least its header
 * @throws H5Error "argument" where it is none; "unsupported" for types that HDF5 has not (Python objects, UCS-4 text)
 */
export function decodeNpyHeader(bytes: Uint8Array): NpyHeader {
  const size = npyHeaderSize(bytes.subarray(0, NPY_PREFIX));
  if (size > bytes.length) throw refused("the file ends in it");
  const raw = bytes.subarray(bytes[6] === 1 ? 10 : 12, size);
  const text = bytes[6] === 3 ? decodeText(raw) : Buffer.from(raw).toString("latin1");
  const header = PythonLiteral.parse(text);
  if (!(header instanceof Map)) throw refused("is no dictionary");
  const keys = [...header.keys()].sort().join(", ");
  if (keys !== "descr, fortran_order, shape") throw refused(`has the keys ${keys}`);
  const fortranOrder = header.get("fortran_order");
  if (typeof fortranOrder !== "boolean") throw refused("fortran_order is neither True nor False");
  return {
    datatype: datatypeOf(header.get("descr")),
    shape: shapeOf(header.get("shape")),
    fortranOrder,
    dataOffset: size,
  };
}

function shapeOf(value: PythonValue | undefined): number[] {
  if (!Array.isArray(value)) throw refused("shape is no tuple");
  return value.map((dim) => {
    if (typeof dim !== "number" || dim < 0 || !Number.isSafeInteger(dim))
      throw refused("shape is no tuple of integers");
    return dim;
  });
}

/** A dtype's `descr`: a type code, or a list of fields. */
function datatypeOf(descr: PythonValue | undefined): Datatype {
  if (typeof descr === "string") return codeType(descr);
  if (!Array.isArray(descr)) throw refused("descr is neither a string nor a list");
  const members: { name: string; offset: number; type: Datatype }[] = [];
  let size = 0;
  for (const field of descr) {
    if (!Array.isArray(field) || field.length < 2 || field.length > 3) throw refused("a field is no tuple of 2 or 3");
    const [title, inner, shape] = field;
    const name = Array.isArray(title) ? title[1] : title;
    if (typeof name !== "string") throw refused("a field's name is no string");
    const base = datatypeOf(inner);
    const dims = shape === undefined ? [] : shapeOf(typeof shape === "number" ? [shape] : shape);
    const type = dims.length === 0 ? base : arrayType(base, dims);
    // Fields without a name are bytes between others.
    if (name !== "" || base.class !== "opaque") members.push({ name, offset: size, type });
    size += type.size;
  }
  if (members.length === 0) throw refused("descr has no fields");
  return { class: "compound", size, members };
}

const CODE = /^([<>|=]?)([a-zA-Z?])(\d*)(\[.*\])?$/;

function codeType(code: string): Datatype {
  const parts = CODE.exec(code);
  if (parts === null) throw refused(`the type ${JSON.stringify(code)} is none`);
  const [, mark = "", kind = "", digits = "", unit = ""] = parts;
  const order: ByteOrder = mark === ">" ? "big" : "little";
  const size = digits === "" ? 1 : Number(digits);
  const type = typeOfKind(kind, size, order, `${mark}${kind}${digits}${unit}`);
  if (type === undefined) {
    throw new H5Error("unsupported", `npy header: the type ${JSON.stringify(code)} has no counterpart in HDF5`);
  }
  return type;
}

function typeOfKind(kind: string, size: number, order: ByteOrder, code: string): Datatype | undefined {
  switch (kind) {
    case "i":
    case "u":
      return size === 1 || size === 2 || size === 4 || size === 8 ? integerType(size, kind === "i", order) : undefined;
    case "f":
      return floatOf(size, order);
    case "c": {
      const part = floatOf(size / 2, order);
      return part === undefined ? undefined : complexType(part);
    }
    case "b":
    case "?":
      return size === 1 ? BOOLEAN : undefined;
    case "S":
    case "a":
      return size > 0 ? { ...stringType(size), charset: "ascii" } : undefined;
    case "V":
      return size > 0 ? { class: "opaque", size, tag: "" } : undefined;
    // As h5py stores NumPy's dates and times.
    case "M":
    case "m":
      return size === 8 ? { class: "opaque", size, tag: `NUMPY:${code}` } : undefined;
    default:
      return undefined;
  }
}

/** `f16` is the x86's extended precision, as NumPy writes it there. */
function floatOf(size: number, order: ByteOrder): (Datatype & { class: "float" }) | undefined {
  if (size === 2 || size === 4 || size === 8) return floatType(size, order);
  return size === 16 && order === "little" ? extendedFloatType() : undefined;
}
