import { chooseChunkShape } from "../chunk/chunk-shape.ts";
import { H5Error } from "../errors.ts";
import { type Dataspace, SCALAR } from "../format/dataspace.ts";
import type { Datatype } from "../format/datatype.ts";
import type { EditContext } from "../format/edit-context.ts";
import type { AllocationTime } from "../format/fill-value.ts";
import { now } from "../format/modification-time.ts";
import { type DtypeSpec, datatypeFrom } from "./dtype.ts";
import { type FilterSpec, filtersFrom } from "./filter-spec.ts";
import { inheritedFilters } from "./group-settings.ts";
import { FileHeapWriter } from "./heap-writer.ts";
import { inferDatatype, inferDims } from "./infer-datatype.ts";
import { changeLinkCount } from "./link-edit.ts";
import { createChunkedDataset, createCompactDataset, createLateDataset, type NewDatasetBase } from "./new-dataset.ts";
import { assertFree, type LinkPlace, placeObject } from "./path-edit.ts";
import { pyTablesMeaning } from "./pytables.ts";
import { type LeafKind, leafAttributes, leafDatatype, leafShape } from "./pytables-leaf.ts";
import { selected } from "./selection-spec.ts";
import type { Storable } from "./storable.ts";
import { elementsOfShape } from "./value-encode.ts";
import { valuesToBytes } from "./values-to-bytes.ts";
import type { FileTransaction } from "./writable-file.ts";
import { allocateDataset, writeSelection } from "./write-dataset.ts";

/** A new dataset. Shape and type may follow from the data. */
export interface CreateDatasetOptions {
  /** Default: that of the data, as h5py has it (see `inferDatatype`). */
  readonly dtype?: DtypeSpec | undefined;
  /** `[]` is a scalar. Default: that of the data. */
  readonly shape?: readonly number[] | undefined;
  /** How large it may become; `null` is unlimited. Default: as it is. */
  readonly maxShape?: readonly (number | null)[] | undefined;
  /** Elements of a chunk along each dimension; `true`: chosen. Default: no chunks, unless it may grow or has filters. */
  readonly chunks?: readonly number[] | true | undefined;
  /**
   * Where the elements lie: in the object header (at most 64 KiB), in one piece of the file, or in chunks. Default: in chunks where `chunks`,
   * `filters` or `maxShape` need them, else in one piece.
   */
  readonly layout?: "compact" | "contiguous" | "chunked" | undefined;
  /** When they get space: all with the dataset ("early"), all ("late") or chunk by chunk ("incremental") when they are written. Default: libhdf5's for the layout. */
  readonly allocationTime?: AllocationTime | undefined;
  /** In the order in which they are applied to data that are written. */
  readonly filters?: readonly FilterSpec[] | undefined;
  /** What elements have that were never written. Default: zeros, empty strings. */
  readonly fillValue?: Storable | undefined;
  /** Lists nested by the dimensions, a flat typed array, or one value for all elements. */
  readonly data?: Storable | undefined;
  /** Make it as PyTables does, with its attributes. */
  readonly as?: LeafKind | undefined;
  /** PyTables' title of it. */
  readonly title?: string | undefined;
}

interface Arranged {
  readonly datatype: Datatype;
  readonly dims: readonly number[];
  readonly dataspace: Dataspace;
}

/**
 * Makes a dataset and writes its data.
 * @returns its header's address
 * @throws H5Error "exists"; "argument" where the options do not fit each other; "unsupported" for a filter that cannot be written
 */
export function createDataset(transaction: FileTransaction, place: LinkPlace, options: CreateDatasetOptions): number {
  assertFree(place);
  const { address, attributes } = createUnlinked(transaction, place, options);
  placeObject(transaction, place, address);
  attributes(transaction, address);
  return address;
}

/** A dataset without a name. */
export interface UnlinkedDataset {
  /** Its header's. */
  readonly address: number;
  /** Gives an object, be it this or one that takes over what it is, the attributes that PyTables has of such a dataset. */
  attributes(transaction: FileTransaction, address: number): void;
}

/**
 * Makes a dataset to which no link leads yet, and writes its data.
 * @param place its group, of which the filters may come, and how messages call it
 * @throws H5Error as `createDataset`
 */
export function createUnlinked(
  transaction: FileTransaction,
  place: Pick<LinkPlace, "group" | "path">,
  options: CreateDatasetOptions,
): UnlinkedDataset {
  const { edit } = transaction;
  const { as, data, fillValue, title = "", allocationTime } = options;
  if (allocationTime !== undefined && !ALLOCATION_TIMES.includes(allocationTime)) {
    throw unknown(place.path, "allocationTime", allocationTime, ALLOCATION_TIMES);
  }
  const { datatype, dims, dataspace } = arrange(options, edit.sizeOfOffsets, place.path);
  const heap = new FileHeapWriter(transaction);
  const meant = as === undefined ? datatype : pyTablesMeaning(datatype);
  const fill = fillValue === undefined ? undefined : valuesToBytes(meant, fillValue, [], heap);
  const given = options.filters ?? (as === undefined ? [] : as === "Array" ? [] : inheritedFilters(place.group));
  const chunks = chunkShape(options, dataspace, datatype, given.length > 0, place.path);
  const filters = filtersFrom(given, { elementSize: datatype.size, chunkShape: chunks ?? [] });
  const base: NewDatasetBase = { datatype, dataspace, fillValue: fill, allocationTime };
  const address =
    chunks === undefined
      ? createInOnePiece(edit, base, options.layout, place.path)
      : createChunkedDataset(edit, { ...base, chunkShape: chunks, filters }, now());
  if (allocationTime === "early" && options.layout !== "compact") allocateDataset(transaction, address);
  if (datatype.committedAt !== undefined) changeLinkCount(edit, datatype.committedAt, 1);
  if (data !== undefined && dataspace.kind !== "null" && dims.every((dim) => dim > 0)) {
    const bytes = valuesToBytes(meant, data, dims, heap);
    writeSelection(transaction, address, selected("all", { dims, datatype, path: place.path }).target, bytes);
  }
  return {
    address,
    attributes: (later, at) => {
      if (as !== undefined) leafAttributes(later, at, { as, title, datatype, dataspace, fill });
    },
  };
}

const LAYOUTS: readonly string[] = ["compact", "contiguous", "chunked"];
const ALLOCATION_TIMES: readonly string[] = ["early", "late", "incremental"];

function createInOnePiece(
  edit: EditContext,
  base: NewDatasetBase,
  layout: CreateDatasetOptions["layout"],
  path: string,
): number {
  if (layout !== "compact") return createLateDataset(edit, base, now());
  const { allocationTime = "early" } = base;
  if (allocationTime === "early") return createCompactDataset(edit, base, now());
  throw new H5Error("argument", `${path}: the space of a compact dataset is allocated early, with its header`, {
    path,
  });
}

function unknown(path: string, what: string, given: unknown, known: readonly string[]): H5Error {
  return new H5Error("argument", `${path}: ${what} ${JSON.stringify(given)} is none of ${known.join(", ")}`, { path });
}

function arrange(options: CreateDatasetOptions, sizeOfOffsets: number, path: string): Arranged {
  const { dtype, data, as } = options;
  const wrong = (message: string): H5Error => new H5Error("argument", `${path}: ${message}`, { path });
  const given = dtype === undefined ? undefined : datatypeFrom(dtype, sizeOfOffsets);
  const nested = data === undefined ? undefined : inferDims(data, given);
  let dims = options.shape ?? nested;
  if (dims === undefined) throw wrong("a dataset needs a shape, or data");
  if (!Array.isArray(dims)) throw wrong(`the shape ${JSON.stringify(dims)} is no list of dimensions`);
  if (dims.length > 32) throw wrong(`${dims.length} dimensions, at most 32 are possible`);
  for (const dim of dims) if (!Number.isSafeInteger(dim) || dim < 0) throw wrong(`a dimension cannot be ${dim}`);
  if (nested !== undefined && nested.length > 0 && !ArrayBuffer.isView(data) && nested.join() !== dims.join()) {
    throw wrong(`data of the shape (${nested.join(", ")}) for the shape (${dims.join(", ")})`);
  }
  const inferred =
    given ?? (data === undefined ? undefined : inferDatatype(elementsOfShape(data, nested ?? []), sizeOfOffsets));
  if (inferred === undefined) throw wrong("a dataset needs a dtype, or data");
  const datatype = as === undefined ? inferred : leafDatatype(as, inferred, sizeOfOffsets);
  let maxShape = options.maxShape;
  if (as !== undefined) ({ dims, maxShape } = leafShape(as, dims, maxShape, path));
  return { datatype, dims, dataspace: dataspaceOf(dims, maxShape, wrong) };
}

function dataspaceOf(
  dims: readonly number[],
  maxShape: readonly (number | null)[] | undefined,
  wrong: (message: string) => H5Error,
): Dataspace {
  if (dims.length === 0) {
    if (maxShape !== undefined && maxShape.length > 0) throw wrong("a scalar cannot grow");
    return SCALAR;
  }
  const maxDims = (maxShape ?? dims).map((max) => max ?? undefined);
  if (maxDims.length !== dims.length) throw wrong(`${maxDims.length} largest dimensions for ${dims.length}`);
  for (const [d, max] of maxDims.entries()) {
    if (max !== undefined && (!Number.isSafeInteger(max) || max < (dims[d] ?? 0))) {
      throw wrong(`dimension ${d} is ${dims[d]}, and cannot be at most ${max}`);
    }
  }
  return { kind: "simple", dims, maxDims, maxDimsStored: maxShape !== undefined };
}

/** `undefined`: the elements lie in one piece. */
function chunkShape(
  { chunks, as, layout }: CreateDatasetOptions,
  dataspace: Dataspace,
  datatype: Datatype,
  isFiltered: boolean,
  path: string,
): readonly number[] | undefined {
  if (layout !== undefined && !LAYOUTS.includes(layout)) throw unknown(path, "layout", layout, LAYOUTS);
  if (dataspace.kind !== "simple") {
    if (isFiltered || chunks !== undefined || layout === "chunked")
      throw new H5Error("argument", "only a dataset with dimensions has chunks and filters");
    return undefined;
  }
  const { dims, maxDims } = dataspace;
  const grows = maxDims.some((max, d) => max !== dims[d]);
  const isNeeded = chunks !== undefined || grows || isFiltered || (as !== undefined && as !== "Array");
  if (isNeeded && layout !== undefined && layout !== "chunked") {
    throw new H5Error("argument", `${path}: what has chunks or filters, or may grow, cannot be ${layout}`, { path });
  }
  if (chunks !== undefined && chunks !== true) return chunks;
  return isNeeded || layout === "chunked" ? chooseChunkShape(dims, maxDims, datatype.size) : undefined;
}
