import { SCALAR } from "../format/dataspace.ts";
import { setAttribute } from "./attribute-edit.ts";
import type { Dataset } from "./dataset.ts";
import { Group } from "./group.ts";
import { placeOf } from "./path-edit.ts";
import { indexGroupName, textAttribute } from "./pytables.ts";
import { scalarInteger } from "./scalar-attribute.ts";
import { encodeElement } from "./value-encode.ts";
import type { FileTransaction } from "./writable-file.ts";

export function isPyTablesTable(dataset: Dataset): boolean {
  return textAttribute(dataset, "CLASS") === "TABLE";
}

/**
 * Keeps what PyTables notes of a table true after its rows were changed: their number, and that the indexes of its columns
 * are out of date, without which PyTables would find wrong rows.
 * @param path of the table as it is now
 */
export function rowsChanged(transaction: FileTransaction, dataset: Dataset, path: string): void {
  const { file, edit } = transaction;
  const rows = dataset.dims[0] ?? 0;
  const noted = dataset.attribute("NROWS");
  if (noted?.datatype.class === "integer" && noted.dataspace.kind === "scalar") {
    const data = encodeElement(noted.datatype, rows);
    const { charset, datatype } = noted;
    setAttribute(edit, dataset.address, { name: "NROWS", charset, datatype, dataspace: SCALAR, data });
  }
  const { group, name } = placeOf(file, path);
  indexesOutOfDate(transaction, group, name);
}

/**
 * Marks the indexes of a table's columns, if it has any, as out of date: PyTables searches without them then, and makes them
 * anew when it writes into the table.
 * @param group in which the table is
 */
export function indexesOutOfDate(transaction: FileTransaction, group: Group, name: string): void {
  const indexes = group.link(indexGroupName(name)) === undefined ? undefined : group.get(indexGroupName(name));
  if (indexes instanceof Group) markDirty(transaction, indexes);
}

/** The index of a column, or those of the columns within it. */
function markDirty(transaction: FileTransaction, group: Group): void {
  if (textAttribute(group, "CLASS") === "INDEX") {
    const dirty = scalarInteger("DIRTY", 4, 1);
    const noted = group.attribute("DIRTY");
    const isNoted = noted?.dataspace.kind === "scalar" && noted.bytes().some((byte) => byte !== 0);
    if (!isNoted) setAttribute(transaction.edit, group.address, dirty);
    return;
  }
  for (const { name } of group.links()) {
    const child = group.get(name);
    if (child instanceof Group) markDirty(transaction, child);
  }
}
