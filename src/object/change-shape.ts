import { chooseChunkShape } from "../chunk/chunk-shape.ts";
import { UnsupportedError } from "../errors.ts";
import { type Dataspace, elementCount, SCALAR } from "../format/dataspace.ts";
import type { Datatype } from "../format/datatype.ts";
import type { EditContext } from "../format/edit-context.ts";
import { now } from "../format/modification-time.ts";
import { copyElements } from "./change-storage.ts";
import type { Dataset } from "./dataset.ts";
import { exchangeContents } from "./exchange-contents.ts";
import { filtersFrom } from "./filter-spec.ts";
import { changeLinkCount } from "./link-edit.ts";
import { createChunkedDataset, createCompactDataset, createLateDataset, MAX_COMPACT } from "./new-dataset.ts";
import { releaseObject } from "./unlink.ts";
import type { FileTransaction } from "./writable-file.ts";
import { forgetWriter } from "./write-dataset.ts";

/** What a dataset becomes that is written as a whole. */
export interface NewShape {
  readonly dims: readonly number[];
  /** Another type: then no element stays. */
  readonly datatype?: Datatype | undefined;
  /** Whether the elements that are in both shapes stay; else all are fill values. */
  readonly isKept: boolean;
}

/**
 * Gives a dataset a shape, or a type, that it cannot be resized to. It stays the same object, with its links, attributes and
 * references to it; its elements get new space, laid out, chunked and filtered as before as far as the shape allows. What could grow without
 * limit still can; another dimension can become as long as it is now, or as it could before.
 * @throws H5Error "unsupported" where its elements cannot be read or written
 */
export function changeShape(transaction: FileTransaction, dataset: Dataset, shape: NewShape): void {
  const { edit } = transaction;
  forgetWriter(edit, dataset.address);
  const made = createEmpty(edit, dataset, shape);
  if (shape.isKept && shape.datatype === undefined && shape.dims.length === dataset.dims.length) {
    copyElements(transaction, dataset, made, shape.dims);
  }
  edit.writeEdited();
  forgetWriter(edit, made);
  exchangeContents(transaction, dataset.address, made);
  releaseObject(transaction, made);
}

function createEmpty(edit: EditContext, dataset: Dataset, { dims, datatype }: NewShape): number {
  const { fill, filters: specs, layout, storage, path } = dataset;
  if (storage.kind === "external") {
    throw new UnsupportedError(`${path}: cannot be written: its raw data are in other files`, { path });
  }
  const type = datatype ?? dataset.datatype;
  const dataspace = dataspaceOf(dataset, dims);
  // A fill value is one element, of the type that it was given for.
  const value = datatype === undefined ? fill.value : undefined;
  const fillValue = fill.kind === "undefined" ? "undefined" : value;
  const base = { datatype: type, dataspace, fillValue, fillTime: fill.fillTime } as const;
  if (type.committedAt !== undefined) changeLinkCount(edit, type.committedAt, 1);
  if (dataspace.kind === "simple" && layout.kind === "chunked") {
    const chunkShape = chunksOf(layout.chunkDims, dataspace, type.size);
    const filters = filtersFrom(specs, { elementSize: type.size, chunkShape });
    return createChunkedDataset(edit, { ...base, chunkShape, filters }, now());
  }
  const isCompact = storage.kind === "compact" && elementCount(dataspace) * type.size <= MAX_COMPACT;
  return isCompact ? createCompactDataset(edit, base, now()) : createLateDataset(edit, base, now());
}

function dataspaceOf({ dims: old, maxDims: oldMax }: Dataset, dims: readonly number[]): Dataspace {
  if (dims.length === 0) return SCALAR;
  const isSameRank = dims.length === old.length;
  const maxDims = dims.map((dim, d) => {
    if (!isSameRank) return dim;
    const max = oldMax[d];
    return max === undefined || (max !== old[d] && max > dim) ? max : dim;
  });
  return { kind: "simple", dims, maxDims, maxDimsStored: maxDims.some((max, d) => max !== dims[d]) };
}

/** The chunks as they were, none longer than its dimension can become; others where the rank is another. */
function chunksOf(
  old: readonly number[],
  { dims, maxDims }: Extract<Dataspace, { kind: "simple" }>,
  elementSize: number,
): readonly number[] {
  if (old.length !== dims.length) return chooseChunkShape(dims, maxDims, elementSize);
  return old.map((chunk, d) => Math.max(1, Math.min(chunk, maxDims[d] ?? chunk)));
}
