import { chooseChunkShape } from "../chunk/chunk-shape.ts";
import { H5Error } from "../errors.ts";
import type { Dataspace } from "../format/dataspace.ts";
import type { EditContext } from "../format/edit-context.ts";
import { MESSAGE } from "../format/header-message.ts";
import { now } from "../format/modification-time.ts";
import { ObjectHeaderEditor } from "../format/object-header-edit.ts";
import { ElementCopier, hasAddresses } from "./copy-elements.ts";
import type { Dataset } from "./dataset.ts";
import { type FilterSpec, filtersFrom } from "./filter-spec.ts";
import { FileHeapWriter } from "./heap-writer.ts";
import { createChunkedDataset, createLateDataset } from "./new-dataset.ts";
import { boxWithin, readBox, storedBoxes } from "./stored-boxes.ts";
import { releaseObject } from "./unlink.ts";
import type { FileTransaction } from "./writable-file.ts";
import { forgetWriter, writeSelection } from "./write-dataset.ts";

/** How a dataset is to be stored; what is not given stays. */
export interface StorageOptions {
  /** The shape of chunks; "choose": one that suits it; "none": no chunks, which only a dataset that cannot grow and has no filters can do without. */
  readonly chunks?: readonly number[] | "choose" | "none" | undefined;
  readonly filters?: readonly FilterSpec[] | undefined;
  /** How large it may become; `null` is unlimited. */
  readonly maxShape?: readonly (number | null)[] | undefined;
  /** So many more bytes of elements have been written. */
  readonly progress?: ((bytes: number) => void) | undefined;
}

/**
 * Writes a dataset's elements anew, with other chunks or filters. The dataset stays the same object: links, attributes
 * and references to it are untouched.
 * @throws H5Error "argument" where that cannot be; "unsupported" where its elements cannot be read or written
 */
export function changeStorage(transaction: FileTransaction, dataset: Dataset, options: StorageOptions): void {
  const { edit } = transaction;
  forgetWriter(edit, dataset.address);
  const made = createEmpty(edit, dataset, options);
  copyElements(transaction, dataset, made, dataset.dims, options.progress);
  // All that was written is in its place now.
  edit.writeEdited();
  forgetWriter(edit, made);
  swap(edit, dataset.address, made, options.maxShape === undefined ? STORAGE : [MESSAGE.dataspace, ...STORAGE]);
  releaseObject(transaction, made);
}

/**
 * Writes a dataset's elements that are stored, as far as they are within `dims`, into another dataset of the same file and type.
 * @param made its header's address
 */
export function copyElements(
  transaction: FileTransaction,
  dataset: Dataset,
  made: number,
  dims: readonly number[],
  progress?: (bytes: number) => void,
): void {
  const elements = new ElementCopier(dataset.file, new FileHeapWriter(transaction), (address) => address);
  const refers = hasAddresses(dataset.datatype);
  for (const stored of storedBoxes(dataset)) {
    const box = boxWithin(stored, dims);
    if (box === undefined) continue;
    const bytes = readBox(dataset, box);
    writeSelection(transaction, made, box, refers ? elements.copy(dataset.datatype, bytes) : bytes);
    progress?.(bytes.length);
  }
}

function createEmpty(
  edit: EditContext,
  dataset: Dataset,
  { chunks, filters: specs, maxShape }: StorageOptions,
): number {
  const { dataspace: before, fill, layout, path } = dataset;
  const wrong = (message: string): H5Error => new H5Error("argument", `${path}: ${message}`, { path });
  if (layout.kind === "virtual") throw wrong("is a virtual dataset, whose elements are those of others");
  if (dataset.storage.kind === "external") throw wrong("has its raw data in other files, where they stay");
  if (before.kind !== "simple") throw wrong("has no dimensions, and so neither chunks nor filters");
  const dataspace = maxShape === undefined ? before : growing(before, maxShape, wrong);
  const { dims, maxDims } = dataspace;
  const { committedAt: _, ...datatype } = dataset.datatype;
  const fillValue = fill.kind === "undefined" ? "undefined" : fill.value;
  const base = { datatype, dataspace, fillValue, fillTime: fill.fillTime } as const;
  if (chunks === "none") {
    if ((specs ?? dataset.filters).length > 0) throw wrong("has filters, which need chunks");
    if (maxDims.some((max, d) => max !== dims[d])) throw wrong("may grow, which needs chunks");
    return createLateDataset(edit, base, now());
  }
  const kept = layout.kind === "chunked" && chunks === undefined ? layout.chunkDims : undefined;
  const chosen =
    chunks === "choose" || chunks === undefined ? chooseChunkShape(dims, maxDims, dataset.elementSize) : chunks;
  const chunkShape = kept ?? chosen;
  const filters = filtersFrom(specs ?? dataset.filters, { elementSize: dataset.elementSize, chunkShape });
  return createChunkedDataset(edit, { ...base, chunkShape, filters }, now());
}

function growing(
  { dims }: Extract<Dataspace, { kind: "simple" }>,
  maxShape: readonly (number | null)[],
  wrong: (message: string) => H5Error,
): Extract<Dataspace, { kind: "simple" }> {
  if (maxShape.length !== dims.length) throw wrong(`has ${dims.length} dimensions, not ${maxShape.length}`);
  for (const [d, max] of maxShape.entries()) {
    if (max !== null && max < (dims[d] ?? 0))
      throw wrong(`has ${dims[d]} elements along dimension ${d}, not at most ${max}`);
  }
  return { kind: "simple", dims, maxDims: maxShape.map((max) => max ?? undefined), maxDimsStored: true };
}

/** The messages that say how elements are stored. */
const STORAGE = [MESSAGE.dataLayout, MESSAGE.filterPipeline, MESSAGE.fillValue, MESSAGE.fillValueOld];

/** Messages of these types change places: each object has the other's elements then. */
function swap(edit: EditContext, a: number, b: number, types: readonly number[]): void {
  const [headerA, headerB] = [new ObjectHeaderEditor(edit, a), new ObjectHeaderEditor(edit, b)];
  for (const type of types) {
    const [ofA, ofB] = [headerA.find(type), headerB.find(type)];
    for (const message of ofA) headerA.remove(message);
    for (const message of ofB) headerB.remove(message);
    for (const message of ofB) headerA.add(message);
    for (const message of ofA) headerB.add(message);
  }
  headerA.write();
  headerB.write();
}
