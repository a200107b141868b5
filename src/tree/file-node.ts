import { SCALAR } from "../format/dataspace.ts";
import { encodeText } from "../format/text.ts";
import type { NewAttribute } from "../object/attribute-edit.ts";
import { integerType } from "../object/datatypes.ts";
import { scalarInteger } from "../object/scalar-attribute.ts";

/** One byte of a file. */
export const BYTE = integerType(1, false);

/** The attributes that make a dataset of bytes a file, as PyTables' `filenode` has them. */
export const FILE_MARKS: readonly NewAttribute[] = [
  text("CLASS", "EARRAY"),
  scalarInteger("EXTDIM", 4, 0),
  text("VERSION", "1.1"),
  text("NODE_TYPE", "file"),
  scalarInteger("NODE_TYPE_VERSION", 4, 2),
];

const MARK_NAMES: ReadonlySet<string> = new Set(["TITLE", ...FILE_MARKS.map(({ name }) => name)]);

/** By these, PyTables knows a dataset for a file: they are not what a program that copies the file's attributes is after. */
export function isFileMark(name: string): boolean {
  return MARK_NAMES.has(name);
}

function text(name: string, value: string): NewAttribute {
  const data = encodeText(value);
  const datatype = { class: "string", size: data.length, padding: "null-terminated", charset: "ascii" } as const;
  return { name, charset: "ascii", datatype, dataspace: SCALAR, data };
}
