import type { ByteOrder, CompoundType, Datatype, EnumType, FloatType, OpaqueType } from "../format/datatype.ts";
import { floatFormat } from "../object/value-float.ts";
import { type IntegerLayout, integerLayout, isWholeInteger } from "../object/value-integer.ts";
import { complexPart, isBoolean } from "../object/value-meaning.ts";

/** A NumPy dtype for elements exactly as they are stored: its `descr` as Python source, and a subarray's shape. */
export interface NpyDtype {
  readonly descr: string;
  readonly shape: readonly number[];
}

/** NumPy's limit on dimensions (64 since 2.0). */
const MAX_RANK = 64;

/**
 * The dtype under which NumPy reads the stored bytes unchanged; `undefined` where there is none: variable-length data,
 * references, compounds whose members overlap, and whatever contains these.
 *
 * Bytes are never converted, so that an `.npy` file can be mapped and sought in. A type whose value is not what NumPy
 * would take the bytes for is therefore not called a number:
 * - integers with unused bits (an offset, a precision below their size) are `|V<n>`, but for unsigned ones whose unused
 *   bits are the upper ones and stored as zeros, which are the number itself. Their values are in CSV and JSON;
 * - floats that NumPy has not (bfloat16, FP8, odd precisions) are the unsigned integers of their bits, or `|V<n>`;
 * - VAX order is `|V<n>`;
 * - an enumeration is its base integer, a boolean (see `isBoolean`) `|b1`;
 * - a bitfield is an unsigned integer. PyTables stores its booleans so, other programs any bits: see
 *   `meantDatatype`;
 * - `<f16` is the x86's extended precision in 16 bytes, which is what NumPy on x86-64 reads under this name.
 */
export function npyDtype(type: Datatype): NpyDtype | undefined {
  const kept = known.get(type);
  if (kept !== undefined) return kept.dtype;
  const dtype = newDtype(type);
  known.set(type, { dtype });
  return dtype;
}

/** A file's datasets mostly share a few types, and each is asked for whenever one of them is listed. */
const known = new WeakMap<Datatype, { readonly dtype: NpyDtype | undefined }>();

function newDtype(type: Datatype): NpyDtype | undefined {
  if (type.class === "array") {
    const base = npyDtype(type.base);
    if (base === undefined) return undefined;
    const shape = [...type.dims, ...base.shape];
    return shape.length > MAX_RANK ? undefined : { descr: base.descr, shape };
  }
  const descr = type.class === "compound" ? compoundDescr(type) : atomicCode(type);
  return descr === undefined ? undefined : { descr, shape: [] };
}

/** A type code in quotes, as `'<f8'`. */
function atomicCode(type: Exclude<Datatype, CompoundType>): string | undefined {
  const code = typeCode(type);
  return code === undefined ? undefined : `'${code}'`;
}

function typeCode(type: Datatype): string | undefined {
  switch (type.class) {
    case "integer":
      return integerCode(integerLayout(type), type.highPadding === "zero");
    case "time":
      return integerCode(integerLayout(type), false);
    case "bitfield":
      return integerCode(integerLayout(type), type.highPadding === "zero");
    case "float":
      return floatCode(type);
    case "enum":
      return enumCode(type);
    case "string":
      return `|S${type.size}`;
    case "opaque":
      return opaqueCode(type);
    default:
      return undefined;
  }
}

function orderCode(order: ByteOrder, size: number): string {
  return size === 1 ? "|" : order === "big" ? ">" : "<";
}

function integerCode(layout: IntegerLayout, zeroPadded: boolean): string {
  const { size, order, signed, bitOffset } = layout;
  const isNumber =
    isWholeInteger(layout) || (zeroPadded && !signed && bitOffset === 0 && isWholeInteger(whole(layout)));
  return isNumber ? `${orderCode(order, size)}${signed ? "i" : "u"}${size}` : `|V${size}`;
}

function whole(layout: IntegerLayout): IntegerLayout {
  return { ...layout, bitOffset: 0, precision: layout.size * 8 };
}

const FLOAT_SIZE = { binary16: 2, binary32: 4, binary64: 8, x87: 16 } as const;

function floatCode(type: FloatType): string {
  const { size, order } = type;
  const format = floatFormat(type);
  if (format === "binary16" || format === "binary32" || format === "binary64" || format === "x87") {
    if (FLOAT_SIZE[format] === size && (format !== "x87" || order === "little"))
      return `${orderCode(order, size)}f${size}`;
  }
  return integerCode({ size, order, signed: false, bitOffset: 0, precision: size * 8 }, true);
}

function enumCode(type: EnumType): string | undefined {
  return isBoolean(type) && type.size === 1 ? "|b1" : typeCode(type.base);
}

/** h5py keeps NumPy's dates and times as opaque data whose tag is `NUMPY:` and the dtype. */
const NUMPY_TIME = /^NUMPY:([<>][mM]8(?:\[\d*[a-zA-Zμ]+\])?)$/;

function opaqueCode({ tag, size }: OpaqueType): string {
  const time = NUMPY_TIME.exec(tag)?.[1];
  return time !== undefined && size === 8 ? time : `|V${size}`;
}

/**
 * NumPy's `dtype.descr`: fields in the order of their offsets, with `('', '|V3')` for bytes between them. (h5py lists
 * members in their own order; a descr that would have to step back is not allowed.)
 */
function compoundDescr(type: CompoundType): string | undefined {
  const part = complexPart(type);
  const float = part === undefined ? undefined : floatCode(part);
  if (float?.[1] === "f" && float !== "<f2" && float !== ">f2") return `'${float[0]}c${type.size}'`;

  const fields: string[] = [];
  let offset = 0;
  const pad = (to: number): void => {
    if (to > offset) fields.push(`('', '|V${to - offset}')`);
  };
  const names = fieldNames(type.members.map((member) => member.name));
  const members = type.members.map((member, i) => ({ ...member, name: names[i] ?? "" }));
  for (const member of members.toSorted((a, b) => a.offset - b.offset)) {
    const dtype = npyDtype(member.type);
    if (dtype === undefined || member.offset < offset || member.offset + member.type.size > type.size) return undefined;
    pad(member.offset);
    const shape = dtype.shape.length === 0 ? "" : `, ${pythonTuple(dtype.shape)}`;
    fields.push(`(${pythonString(member.name)}, ${dtype.descr}${shape})`);
    offset = member.offset + member.type.size;
  }
  pad(type.size);
  return `[${fields.join(", ")}]`;
}

/** NumPy wants names that are unique and not empty: an empty one becomes `f2` (NumPy's own name), a second `x` `x_1`. */
function fieldNames(names: readonly string[]): string[] {
  const taken = new Set(names);
  const used = new Set<string>();
  return names.map((name, i) => {
    let unique = name;
    const base = name === "" ? `f${i}` : name;
    for (let n = 0; unique === "" || used.has(unique); n++) {
      const next = n === 0 ? base : `${base}_${n}`;
      unique = next === name || !taken.has(next) ? next : "";
    }
    used.add(unique);
    return unique;
  });
}

/** As Python's `repr` writes a tuple. */
export function pythonTuple(values: readonly number[]): string {
  return values.length === 1 ? `(${values[0]},)` : `(${values.join(", ")})`;
}

/** As Python's `repr` writes a string. */
function pythonString(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let out = "";
  for (const character of text) {
    if (character === quote || character === "\\") out += `\\${character}`;
    else if (character === " " || !/[\p{C}\p{Z}]/u.test(character)) out += character;
    else out += escapeCharacter(character);
  }
  return quote + out + quote;
}

function escapeCharacter(character: string): string {
  if (character === "\n") return "\\n";
  if (character === "\r") return "\\r";
  if (character === "\t") return "\\t";
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code < 0x100) return `\\x${hex.padStart(2, "0")}`;
  return code < 0x10000 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}
