import type { CompoundMember, Datatype, EnumType } from "../format/datatype.ts";
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
 * The datatype as the program that wrote it means it. PyTables stores a boolean as a bitfield of 8 bits
 * (`H5T_STD_B8`), which anywhere else is just bits: where its marks are, such a bitfield is shown as a boolean.
 */
export function meantDatatype(object: ObjectBase, stored: Datatype): Datatype {
  return hasBitfield(stored) && isPyTablesLeaf(object) ? withBooleans(stored) : stored;
}

function isPyTablesLeaf(object: ObjectBase): boolean {
  const attribute = object.attribute("CLASS");
  if (attribute?.datatype.class !== "string" || attribute.dataspace.kind === "null") return false;
  const text = Buffer.from(attribute.bytes()).toString("latin1").replace(/\0.*$/s, "");
  return LEAF_CLASSES.has(text);
}

function hasBitfield(type: Datatype): boolean {
  if (type.class === "compound") return type.members.some((member) => hasBitfield(member.type));
  return type.class === "bitfield" || ((type.class === "array" || type.class === "vlen") && hasBitfield(type.base));
}

function withBooleans(type: Datatype): Datatype {
  switch (type.class) {
    case "bitfield":
      return type.size === 1 && type.precision === 8 ? BOOLEAN : type;
    case "array":
    case "vlen":
      return { ...type, base: withBooleans(type.base) };
    case "compound":
      return {
        ...type,
        members: type.members.map((member): CompoundMember => ({ ...member, type: withBooleans(member.type) })),
      };
    default:
      return type;
  }
}

/** The enumeration by which h5py stores a boolean. */
const BOOLEAN: EnumType = {
  class: "enum",
  size: 1,
  base: {
    class: "integer",
    size: 1,
    order: "little",
    bitOffset: 0,
    precision: 8,
    lowPadding: "zero",
    highPadding: "zero",
    signed: true,
  },
  members: [
    { name: "FALSE", value: Uint8Array.of(0) },
    { name: "TRUE", value: Uint8Array.of(1) },
  ],
};
