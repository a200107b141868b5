import { H5Error } from "../errors.ts";
import type { CompoundMember, Datatype } from "../format/datatype.ts";
import type { Dataset } from "./dataset.ts";
import { BOOLEAN } from "./datatypes.ts";
import type { ObjectBase } from "./object.ts";

/** The values of the attribute CLASS by which PyTables marks the datasets it writes. */
const LEAF_CLASSES = new Set([
  "ARRAY",
  "CARRAY",
  "EARRAY",
  "VLARRAY",
  "TABLE",
  "INDEXARRAY",
  "LASTROWARRAY",
  "CACHEARRAY",
]);

/**
 * The datatype as the program that wrote it means it, where its marks are. PyTables stores a boolean as a bitfield of 8 bits
 * (`H5T_STD_B8`), which anywhere else is just bits, and a time64 as seconds and microseconds in one integer (`H5T_TIME`).
 */
export function meantDatatype(object: ObjectBase, stored: Datatype): Datatype {
  return isPyTablesLeaf(object) ? pyTablesMeaning(stored) : stored;
}

/** What PyTables means by a type that it stores. */
export function pyTablesMeaning(stored: Datatype): Datatype {
  if (!hasMeaning(stored)) return stored;
  const meant = meanings.get(stored) ?? withMeaning(stored);
  meanings.set(stored, meant);
  return meant;
}

/** One for each: what is made of a datatype is kept by the datatype. */
const meanings = new WeakMap<Datatype, Datatype>();

/** The name of the group in which PyTables keeps the indexes of a table's columns: it lies beside the table. */
export function indexGroupName(table: string): string {
  return `_i_${table}`;
}

/** One for each object that is in memory: it is asked again and again. */
const fileNodes = new WeakMap<Dataset, boolean>();

/** True for a file that PyTables' `filenode` stored: an array of its bytes. */
export function isFileNode(object: Dataset): boolean {
  const known = fileNodes.get(object);
  if (known !== undefined) return known;
  const isFile = isArrayOfBytes(object);
  fileNodes.set(object, isFile);
  return isFile;
}

function isArrayOfBytes(object: Dataset): boolean {
  const { datatype, dataspace } = object;
  if (datatype.class !== "integer" || datatype.size !== 1 || dataspace.kind !== "simple") return false;
  return textAttribute(object, "NODE_TYPE") === "file";
}

/** Whether PyTables wrote it, or we as it does. */
export function isPyTablesLeaf(object: ObjectBase): boolean {
  const text = textAttribute(object, "CLASS");
  return text !== undefined && LEAF_CLASSES.has(text);
}

/** Damage of an object's attributes is told when those are asked for: its data are there all the same, as they are stored. */
export function textAttribute(object: ObjectBase, name: string): string | undefined {
  try {
    const attribute = object.attribute(name);
    if (attribute?.datatype.class !== "string" || attribute.dataspace.kind === "null") return undefined;
    return Buffer.from(attribute.bytes()).toString("latin1").replace(/\0.*$/s, "");
  } catch (error) {
    if (error instanceof H5Error) return undefined;
    throw error;
  }
}

function hasMeaning(type: Datatype): boolean {
  switch (type.class) {
    case "compound":
      return type.members.some((member) => hasMeaning(member.type));
    case "array":
    case "vlen":
      return hasMeaning(type.base);
    default:
      return type.class === "bitfield" || type.class === "time";
  }
}

function withMeaning(type: Datatype): Datatype {
  switch (type.class) {
    case "bitfield":
      return type.size === 1 && type.precision === 8 ? BOOLEAN : type;
    case "time":
      return type.size === 8 && type.precision === 64 && type.order !== "vax" ? { ...type, isTimeval: true } : type;
    case "array":
    case "vlen":
      return { ...type, base: withMeaning(type.base) };
    case "compound":
      return {
        ...type,
        members: type.members.map((member): CompoundMember => ({ ...member, type: withMeaning(member.type) })),
      };
    default:
      return type;
  }
}
