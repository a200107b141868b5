import { H5Error } from "../errors.ts";
import { type Dataspace, SCALAR } from "../format/dataspace.ts";
import type { Datatype } from "../format/datatype.ts";
import { encodeText } from "../format/text.ts";
import { setAttribute } from "./attribute-edit.ts";
import { arrayType, BOOLEAN, sequenceType, stringType } from "./datatypes.ts";
import type { FilterSpec } from "./filter-spec.ts";
import { packFilters } from "./pytables-filters.ts";
import { scalarInteger } from "./scalar-attribute.ts";
import type { FileTransaction } from "./writable-file.ts";

/** The nodes of PyTables that hold data. */
export type LeafKind = "Array" | "CArray" | "EArray" | "VLArray" | "Table";

export const LEAF_KINDS: readonly LeafKind[] = ["Array", "CArray", "EArray", "VLArray", "Table"];

/** What PyTables writes into `CLASS` and `VERSION`. */
const CLASSES: Record<LeafKind, readonly [name: string, version: string]> = {
  Array: ["ARRAY", "2.4"],
  CArray: ["CARRAY", "1.1"],
  EArray: ["EARRAY", "1.1"],
  VLArray: ["VLARRAY", "1.4"],
  Table: ["TABLE", "2.7"],
};

/** `H5T_STD_B8LE`, by which PyTables stores a boolean. */
const BITS: Datatype = {
  class: "bitfield",
  size: 1,
  order: "little",
  bitOffset: 0,
  precision: 8,
  lowPadding: "zero",
  highPadding: "zero",
};

/** A type as PyTables has it: booleans are bitfields; a VLArray has sequences of it. @throws H5Error "argument" */
export function leafDatatype(as: LeafKind, type: Datatype, sizeOfOffsets: number): Datatype {
  if (as === "VLArray") return type.class === "vlen" ? type : sequenceType(asPyTables(type), sizeOfOffsets);
  if (as === "Table" && type.class !== "compound")
    throw new H5Error("argument", "a Table of PyTables has a compound type");
  if (as !== "Table" && type.class === "compound" && !isComplex(type)) {
    throw new H5Error("argument", `a compound type is that of a Table of PyTables, not of an ${as}`);
  }
  return asPyTables(type);
}

function asPyTables(type: Datatype): Datatype {
  if (type === BOOLEAN || (type.class === "enum" && type.members.map(({ name }) => name).join() === "FALSE,TRUE"))
    return BITS;
  if (type.class === "vlen") throw new H5Error("argument", "PyTables has data of variable length in VLArrays only");
  if (type.class === "array") return arrayType(asPyTables(type.base), type.dims);
  if (type.class !== "compound") return type;
  return { ...type, members: type.members.map((member) => ({ ...member, type: asPyTables(member.type) })) };
}

/** An EArray grows along the one dimension that is 0; Table and VLArray along their only one. @throws H5Error "argument" */
export function leafShape(
  as: LeafKind,
  dims: readonly number[],
  maxShape: readonly (number | null)[] | undefined,
  path: string,
): { readonly dims: readonly number[]; readonly maxShape: readonly (number | null)[] | undefined } {
  const wrong = (message: string): H5Error => new H5Error("argument", `${path}: ${message}`, { path });
  if (as === "Array" || as === "CArray") {
    if (maxShape !== undefined) throw wrong(`an ${as} of PyTables cannot grow; an EArray can`);
    if (as === "CArray" && dims.length === 0) throw wrong("a CArray of PyTables has dimensions");
    return { dims, maxShape: as === "CArray" ? dims : undefined };
  }
  if (as !== "EArray") {
    if (dims.length !== 1) throw wrong(`a ${as} of PyTables has one dimension`);
    return { dims, maxShape: [null] };
  }
  const axis = maxShape === undefined ? Math.max(0, dims.indexOf(0)) : maxShape.indexOf(null);
  if (dims.length === 0 || axis < 0 || (maxShape?.filter((max) => max === null).length ?? 1) !== 1) {
    throw wrong("an EArray of PyTables grows along one dimension");
  }
  return { dims, maxShape: dims.map((dim, d) => (d === axis ? null : dim)) };
}

interface Leaf {
  readonly as: LeafKind;
  readonly title: string;
  readonly datatype: Datatype;
  readonly dataspace: Dataspace;
  /** One element, where there is a fill value. */
  readonly fill: Uint8Array | undefined;
}

/** Sets attributes as PyTables writes them. */
function attributeWriter({ edit }: FileTransaction, address: number) {
  const set = (name: string, type: Datatype, data: Uint8Array, space: Dataspace = SCALAR): void =>
    setAttribute(edit, address, { name, charset: "ascii", datatype: type, dataspace: space, data });
  const text = (name: string, value: string): void => {
    const bytes = encodeText(value);
    const type: Datatype = { ...stringType(Math.max(1, bytes.length)), padding: "null-terminated" };
    // The empty text, as PyTables has it, has no data at all.
    if (bytes.length === 0) set(name, type, bytes, { kind: "null" });
    else set(name, type, bytes);
  };
  const integer = (name: string, size: 4 | 8, value: number): void =>
    setAttribute(edit, address, scalarInteger(name, size, value));
  return { set, text, integer };
}

/**
 * Makes the file one of PyTables', unless it is: without the version of its format in the root group, PyTables does not
 * understand what is in the attributes of others.
 */
export function markFile(transaction: FileTransaction): void {
  const { root } = transaction.file;
  if (root.attribute("PYTABLES_FORMAT_VERSION") !== undefined) return;
  const { text } = attributeWriter(transaction, root.address);
  text("PYTABLES_FORMAT_VERSION", "2.1");
  if (root.attribute("CLASS") !== undefined) return;
  text("CLASS", "GROUP");
  text("VERSION", "1.0");
  text("TITLE", "");
}

/** Gives a new group the attributes that PyTables 3.11 writes. */
export function groupAttributes(
  transaction: FileTransaction,
  address: number,
  title: string,
  filters: readonly FilterSpec[] | undefined,
): void {
  markFile(transaction);
  const { text, integer } = attributeWriter(transaction, address);
  text("CLASS", "GROUP");
  text("VERSION", "1.0");
  text("TITLE", title);
  if (filters === undefined) return;
  const packed = packFilters(filters);
  if (packed === undefined) {
    throw new H5Error("argument", `PyTables' FILTERS have no place for ${JSON.stringify(filters)}`);
  }
  integer("FILTERS", 8, packed);
}

const LEAF_ATTRIBUTE = /^(CLASS|VERSION|TITLE|FLAVOR|EXTDIM|NROWS|FIELD_\d+_(NAME|FILL))$/;

/** Whether `leafAttributes` may set an attribute of that name. */
export function isLeafAttribute(name: string): boolean {
  return LEAF_ATTRIBUTE.test(name);
}

/** Gives a new dataset the attributes that PyTables 3.11 writes. */
export function leafAttributes(transaction: FileTransaction, address: number, leaf: Leaf): void {
  markFile(transaction);
  const { as, title, datatype, dataspace, fill } = leaf;
  const { set, text, integer } = attributeWriter(transaction, address);
  const [className, version] = CLASSES[as];
  text("CLASS", className);
  text("VERSION", version);
  text("TITLE", title);
  if (as === "Array") text("FLAVOR", "numpy");
  if (as === "EArray" && dataspace.kind === "simple") integer("EXTDIM", 4, dataspace.maxDims.indexOf(undefined));
  if (as !== "Table" || datatype.class !== "compound") return;
  for (const [i, { name }] of datatype.members.entries()) text(`FIELD_${i}_NAME`, name);
  let column = 0;
  for (const { type, offset } of leafColumns(datatype, 0)) {
    const element = type.class === "array" ? type.base : type;
    const isText = element.class === "string";
    const bytes = fill?.subarray(offset, offset + element.size) ?? new Uint8Array(element.size);
    const end = isText ? Math.max(1, bytes.indexOf(0) < 0 ? bytes.length : bytes.indexOf(0)) : element.size;
    const fillType: Datatype = isText ? { ...stringType(end, "ascii"), padding: "null-terminated" } : element;
    set(`FIELD_${column++}_FILL`, fillType, bytes.slice(0, end));
  }
  integer("NROWS", 8, dataspace.kind === "simple" ? (dataspace.dims[0] ?? 0) : 0);
}

/** The columns that have no columns of their own; a complex number is one. */
function* leafColumns(type: Datatype, offset: number): Generator<{ type: Datatype; offset: number }> {
  if (type.class !== "compound" || isComplex(type)) {
    yield { type, offset };
    return;
  }
  for (const member of type.members) yield* leafColumns(member.type, offset + member.offset);
}

function isComplex(type: Datatype): boolean {
  return type.class === "compound" && type.members.map(({ name }) => name).join() === "r,i";
}
