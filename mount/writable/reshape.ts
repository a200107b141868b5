import { H5Error } from "../../src/errors.ts";
import type { Datatype } from "../../src/format/datatype.ts";
import { setAttribute } from "../../src/object/attribute-edit.ts";
import { changeShape } from "../../src/object/change-shape.ts";
import type { Dataset } from "../../src/object/dataset.ts";
import { indexesOutOfDate } from "../../src/object/pytables-table.ts";
import type { FileTransaction } from "../../src/object/writable-file.ts";
import { resizeDataset } from "../../src/object/write-dataset.ts";
import type { FileNode } from "../../src/tree/node.ts";
import { groupAtShownPath } from "../../src/tree/shown-name.ts";
import { Errno, ErrnoError } from "../errno.ts";

/** So many bytes that are all written go to new space. */
export const MOVED = 2 ** 20;

/** What a dataset is to be. */
export interface Reshaping {
  readonly dims: readonly number[];
  /** Another type than it has. */
  readonly datatype?: Datatype | undefined;
  /** All of the dataset's view is written anew, so it may become what it cannot be resized to. */
  readonly isWhole: boolean;
  /** Elements that are in both shapes are not written again. */
  readonly isKept: boolean;
  /** The elements are to get new space in any case: what is overwritten in place goes through the log, and is written twice. */
  readonly isMoved?: boolean;
}

/**
 * Gives a dataset another shape or type, where it has another.
 * @throws H5Error "argument" where it cannot be of that shape or type, ErrnoError EFBIG where it cannot become so long
 */
export function reshape(transaction: FileTransaction, dataset: Dataset, shape: Reshaping): void {
  const { dims, datatype, isWhole, isMoved = false } = shape;
  const old = dataset.dims;
  const isSameRank = dims.length === old.length;
  if (!isSameRank && !isWhole) {
    throw new H5Error("argument", `the shape is (${dims.join(", ")}), expected ${old.length} dimensions`);
  }
  if (isSameRank && datatype === undefined && dims.every((dim, d) => dim === old[d])) {
    if (isMoved) changeShape(transaction, dataset, shape);
    return;
  }
  const isTooLarge = dims.some((dim, d) => dim > (dataset.maxDims[d] ?? Number.POSITIVE_INFINITY));
  const canResize = isSameRank && datatype === undefined && dataset.layout.kind === "chunked" && !isTooLarge;
  if (canResize || !isWhole) {
    const isGrowing = dims.some((dim, d) => dim > (old[d] ?? 0));
    if (isGrowing && !canResize) {
      throw new ErrnoError(Errno.EFBIG, `the dataset cannot grow to the shape (${dims.join(", ")})`);
    }
    resizeDataset(transaction, dataset.address, dims);
  } else {
    checkIsOwn(dataset, shape);
    changeShape(transaction, dataset, shape);
  }
  // PyTables keeps the number of a table's rows beside it.
  const rows = dataset.attribute("NROWS");
  if (rows?.datatype.class === "integer" && rows.datatype.size === 8) {
    const data = new Uint8Array(8);
    new DataView(data.buffer).setBigInt64(0, BigInt(dims[0] ?? 0), rows.datatype.order === "little");
    const { name, datatype, dataspace } = rows;
    setAttribute(transaction.edit, dataset.address, { name, charset: "ascii", datatype, dataspace, data });
  }
}

/** Attributes by which other objects rely on a dataset's shape: those of HDF5's dimension scales. */
const SHARED_DIMENSIONS = ["DIMENSION_LIST", "REFERENCE_LIST"];

/** @throws H5Error "argument" where others rely on the shape or type that it has */
function checkIsOwn(dataset: Dataset, { dims, datatype }: Reshaping): void {
  const shared = SHARED_DIMENSIONS.find((name) => dataset.attribute(name) !== undefined);
  if (shared !== undefined) {
    throw new H5Error("argument", `other datasets share its dimensions (${shared}): it stays of its shape and type`);
  }
  // PyTables has a description of a table's columns, and the dimension along which an array grows, in attributes.
  const isTable = dataset.attribute("NROWS") !== undefined || dataset.attribute("FIELD_0_NAME") !== undefined;
  if (isTable && datatype !== undefined) throw new H5Error("argument", "the array has not the columns of the table");
  if (dataset.attribute("EXTDIM") !== undefined && dims.length !== dataset.dims.length) {
    throw new H5Error("argument", `the shape is (${dims.join(", ")}), expected ${dataset.dims.length} dimensions`);
  }
}

/** PyTables finds rows by an index that another program does not keep up: it is marked as out of date, as PyTables itself does it. */
export function markIndexes(transaction: FileTransaction, { path, name, object }: FileNode): void {
  if (object.attribute("NROWS") === undefined) return;
  const parent = groupAtShownPath(transaction.file, path.split("/").slice(1, -1));
  if (parent !== undefined) indexesOutOfDate(transaction, parent, name);
}
