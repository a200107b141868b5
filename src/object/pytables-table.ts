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
  const indexes = group.link(indexGroupName(name)) === undefined ? undefined : group.get(indexGroupName(name));
  if (indexes instanceof Group) markDirty(transaction, indexes);
}

/** The index of a column, or those of the columns within it. */
function markDirty(transaction: FileTransaction, group: Group): void {
  if (textAttribute(group, "CLASS") === "INDEX") {
    setAttribute(transaction.edit, group.address, scalarInteger("DIRTY", 4, 1));
    return;
  }
  for (const { name } of group.links()) {
    const child = group.get(name);
    if (child instanceof Group) markDirty(transaction, child);
  }
}
