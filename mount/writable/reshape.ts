import { H5Error, UnsupportedError } from "../../src/errors.ts";
import { setAttribute } from "../../src/object/attribute-edit.ts";
import type { Dataset } from "../../src/object/dataset.ts";
import { indexGroupName } from "../../src/object/pytables.ts";
import type { FileTransaction } from "../../src/object/writable-file.ts";
import { resizeDataset } from "../../src/object/write-dataset.ts";
import type { FileNode } from "../../src/tree/node.ts";
import { groupAtShownPath } from "../../src/tree/shown-name.ts";
import { Errno, ErrnoError } from "../errno.ts";

/**
 * Gives a dataset another shape, where it has another.
 * @throws H5Error "argument" for other numbers of dimensions, ErrnoError EFBIG where it cannot become so long
 */
export function reshape(transaction: FileTransaction, dataset: Dataset, dims: readonly number[]): void {
  const old = dataset.dims;
  if (dims.length !== old.length) {
    throw new H5Error("argument", `the shape is (${dims.join(", ")}), expected ${old.length} dimensions`);
  }
  if (dims.every((dim, d) => dim === old[d])) return;
  const isTooLarge = dims.some((dim, d) => dim > (dataset.maxDims[d] ?? Number.POSITIVE_INFINITY));
  const isGrowing = dims.some((dim, d) => dim > (old[d] ?? 0));
  if (isGrowing && (isTooLarge || dataset.layout.kind !== "chunked")) {
    throw new ErrnoError(Errno.EFBIG, `the dataset cannot grow to the shape (${dims.join(", ")})`);
  }
  resizeDataset(transaction, dataset.address, dims);
  // PyTables keeps the number of a table's rows beside it.
  const rows = dataset.attribute("NROWS");
  if (rows?.datatype.class === "integer" && rows.datatype.size === 8) {
    const data = new Uint8Array(8);
    new DataView(data.buffer).setBigInt64(0, BigInt(dims[0] ?? 0), rows.datatype.order === "little");
    const { name, datatype, dataspace } = rows;
    setAttribute(transaction.edit, dataset.address, { name, charset: "ascii", datatype, dataspace, data });
  }
}

/** PyTables finds rows by an index that another program does not keep up: it would find the wrong ones. */
export function checkIndexes({ file }: FileTransaction, { path, name, object }: FileNode): void {
  if (object.attribute("NROWS") === undefined) return;
  const directory = path.split("/").slice(1, -1);
  const parent = groupAtShownPath(file, directory);
  if (parent?.link(indexGroupName(name)) !== undefined) {
    throw new UnsupportedError(`${path}: the table has an index of PyTables, which writing would make wrong`, { path });
  }
}
