import { checkChunkSize } from "../chunk/read-plan.ts";
import { H5Error } from "../errors.ts";
import { type ChunkIndexing, type DataLayout, encodeDataLayout } from "../format/data-layout.ts";
import { type Dataspace, elementCount, encodeDataspace } from "../format/dataspace.ts";
import type { Datatype } from "../format/datatype.ts";
import { encodeDatatype, leastDatatypeVersion } from "../format/datatype-encoding.ts";
import type { EditContext } from "../format/edit-context.ts";
import { type AllocationTime, encodeFillValue, type FillTime, type FillValue } from "../format/fill-value.ts";
import { encodeFilterPipeline, type Filter } from "../format/filter-pipeline.ts";
import { type HeaderMessage, MESSAGE, MESSAGE_FLAG } from "../format/header-message.ts";
import { encodeModificationTime } from "../format/modification-time.ts";
import { encodeSharedMessage } from "../format/shared-message.ts";
import { createHeader, type HeaderTraits, headerMessage } from "./new-object.ts";

/** What a new dataset of any layout has. */
export interface NewDatasetBase {
  readonly datatype: Datatype;
  readonly dataspace: Dataspace;
  /** One element as stored; `undefined`: the default, zeros; "undefined": nobody cares what was never written. */
  readonly fillValue?: Uint8Array | "undefined" | undefined;
  /** When space is allocated; libhdf5's default for the layout where it is not given. */
  readonly allocationTime?: AllocationTime | undefined;
  readonly fillTime?: FillTime | undefined;
}

export interface NewChunkedDataset extends NewDatasetBase {
  /** Elements of a chunk along each dimension. */
  readonly chunkShape: readonly number[];
  readonly filters: readonly Filter[];
  /** Chunks that reach past the dataset's edge are stored without filters: data layout version 4 alone has that. */
  readonly edgeChunksUnfiltered?: boolean;
  /**
   * Of the data layout message: 3 has B-trees of version 1 and can be read by every library, 4 (HDF5 1.10) and 5 (HDF5 2.0)
   * have an index for each kind of shape. Where it is not given, it follows from the file's superblock.
   */
  readonly layoutVersion?: 3 | 4 | 5;
}

/** The chunk index with libhdf5's own parameters for it (H5D__layout_set_latest_indexing). */
function chooseIndexing(dataset: NewChunkedDataset, version: number): ChunkIndexing {
  const { dataspace, chunkShape, filters, allocationTime } = dataset;
  if (version === 3 || dataspace.kind !== "simple") return { type: "b-tree-v1" };
  const { dims, maxDims } = dataspace;
  const unlimited = maxDims.filter((max) => max === undefined).length;
  if (unlimited > 1) return { type: "b-tree-v2", nodeSize: 2048, splitPercent: 100, mergePercent: 40 };
  if (unlimited === 1) {
    return {
      type: "extensible-array",
      maxBits: 32,
      indexElements: 4,
      minPointers: 4,
      minElements: 16,
      pageBits: 10,
    };
  }
  if (dims.every((dim, d) => dim === maxDims[d] && dim === chunkShape[d])) {
    return { type: "single", storedSize: filters.length > 0 ? 0 : undefined, filterMask: 0 };
  }
  if (filters.length === 0 && allocationTime === "early") return { type: "implicit" };
  return { type: "fixed-array", pageBits: 10 };
}

/**
 * Makes a chunked dataset without any chunk. Where space is to be allocated early, the caller does that, by its writer.
 * @param seconds since 1970, UTC, for all its times
 * @returns the header's address
 * @throws H5Error "argument" where shape, chunks and filters do not fit each other
 */
export function createChunkedDataset(
  edit: EditContext,
  dataset: NewChunkedDataset,
  seconds: number | HeaderTraits,
): number {
  const { dataspace, chunkShape, datatype, filters, edgeChunksUnfiltered = false } = dataset;
  const version = dataset.layoutVersion ?? (edit.superblockVersion < 3 ? 3 : 4);
  if (dataspace.kind !== "simple") throw wrong("only a dataset with dimensions can have chunks");
  checkChunks(dataspace, chunkShape, version);
  checkChunkSize(
    "chunk",
    chunkShape.reduce((product, dim) => product * dim, datatype.size),
  );
  if (edgeChunksUnfiltered && version < 4) throw wrong("unfiltered edge chunks need data layout version 4 (HDF5 1.10)");
  const indexing = chooseIndexing(dataset, version);
  const isNew = edit.generation === "new";
  const { messages, finish } = commonMessages(edit, dataset, "incremental");
  if (filters.length > 0) {
    messages.push(
      headerMessage(edit, MESSAGE.filterPipeline, MESSAGE_FLAG.constant, (w) =>
        encodeFilterPipeline(w, filters, isNew ? 2 : 1),
      ),
    );
  }
  messages.push(
    headerMessage(edit, MESSAGE.dataLayout, 0, (w) =>
      encodeDataLayout(w, {
        kind: "chunked",
        version,
        chunkDims: chunkShape,
        elementSize: datatype.size,
        indexing,
        address: undefined,
        edgeChunksUnfiltered,
      }),
    ),
  );
  return finish(seconds);
}

/** The most bytes of compact data that fit into a header message with what is before them. */
export const MAX_COMPACT = 65_520;

/**
 * Makes a dataset whose elements lie in its object header, at most 64 KiB.
 * @param data the elements in C order, as they are stored; `undefined`: fill values
 * @returns the header's address
 */
export function createCompactDataset(
  edit: EditContext,
  dataset: NewDatasetBase & { readonly data?: Uint8Array | undefined },
  seconds: number | HeaderTraits,
): number {
  const { dataspace, datatype, fillValue } = dataset;
  const size = elementCount(dataspace) * datatype.size;
  if (size > MAX_COMPACT) throw wrong(`${size} bytes are too many for an object header; at most ${MAX_COMPACT} fit`);
  let { data } = dataset;
  if (data === undefined) {
    data = new Uint8Array(size);
    if (fillValue instanceof Uint8Array) for (let at = 0; at < size; at += fillValue.length) data.set(fillValue, at);
  }
  if (data.length !== size) throw wrong(`${data.length} bytes for a dataset of ${size}`);
  const bytes = data;
  const { messages, finish } = commonMessages(edit, dataset, "early");
  messages.push(
    headerMessage(edit, MESSAGE.dataLayout, 0, (w) => encodeDataLayout(w, { kind: "compact", version: 3, bytes })),
  );
  return finish(seconds);
}

/**
 * Makes a dataset whose elements lie in one piece: at `address`, or where they are first written.
 * @returns the header's address
 */
export function createLateDataset(
  edit: EditContext,
  dataset: NewDatasetBase & { readonly address?: number | undefined },
  seconds: number | HeaderTraits,
): number {
  const size = elementCount(dataset.dataspace) * dataset.datatype.size;
  if (!Number.isSafeInteger(size)) throw wrong("a dataset can have at most 2^53 bytes");
  const { messages, finish } = commonMessages(edit, dataset, "late");
  messages.push(
    headerMessage(edit, MESSAGE.dataLayout, 0, (w) =>
      encodeDataLayout(w, { kind: "contiguous", version: 3, address: dataset.address, size }),
    ),
  );
  return finish(seconds);
}

/** Makes a dataset whose elements are those of others: a virtual one. @returns the header's address */
export function createVirtualDataset(
  edit: EditContext,
  dataset: NewDatasetBase & { readonly layout: Extract<DataLayout, { kind: "virtual" }> },
  seconds: number | HeaderTraits,
): number {
  const { messages, finish } = commonMessages(edit, dataset, "incremental");
  messages.push(headerMessage(edit, MESSAGE.dataLayout, 0, (w) => encodeDataLayout(w, dataset.layout)));
  return finish(seconds);
}

function commonMessages(edit: EditContext, dataset: NewDatasetBase, allocationTime: AllocationTime) {
  const { datatype, dataspace, fillValue } = dataset;
  const isNew = edit.generation === "new";
  if (fillValue instanceof Uint8Array && fillValue.length !== datatype.size) {
    throw wrong(`a fill value of ${fillValue.length} bytes for elements of ${datatype.size}`);
  }
  const fill: FillValue = {
    value: fillValue instanceof Uint8Array ? fillValue : undefined,
    kind: fillValue === undefined ? "default" : fillValue === "undefined" ? "undefined" : "value",
    allocationTime: dataset.allocationTime ?? allocationTime,
    fillTime: dataset.fillTime ?? "if-set",
  };
  const messages = [
    headerMessage(edit, MESSAGE.dataspace, 0, (w) =>
      encodeDataspace(w, dataspace, isNew || dataspace.kind === "null" ? 2 : 1),
    ),
    datatypeMessage(edit, datatype),
    headerMessage(edit, MESSAGE.fillValue, MESSAGE_FLAG.constant, (w) => encodeFillValue(w, fill, isNew ? 3 : 2)),
  ];
  const finish = (seconds: number | HeaderTraits): number => {
    if (typeof seconds === "number") messages.push(...timeMessages(edit, seconds));
    return createHeader(edit, messages, seconds);
  };
  return { messages, finish };
}

/** The time of a new dataset, where its header has none in its prefix, as those of version 2 have. */
export function timeMessages(edit: EditContext, seconds: number): HeaderMessage[] {
  if (edit.generation === "new") return [];
  return [headerMessage(edit, MESSAGE.modificationTime, 0, (w) => encodeModificationTime(w, seconds))];
}

/** A committed datatype is shared; its use of it is not counted here. */
export function datatypeMessage(edit: EditContext, datatype: Datatype): HeaderMessage {
  const { committedAt } = datatype;
  if (committedAt !== undefined) {
    const flags = MESSAGE_FLAG.constant | MESSAGE_FLAG.shared;
    return headerMessage(edit, MESSAGE.datatype, flags, (w) => encodeSharedMessage(w, committedAt));
  }
  const version = Math.max(edit.generation === "new" ? 3 : 1, leastDatatypeVersion(datatype));
  return headerMessage(edit, MESSAGE.datatype, MESSAGE_FLAG.constant, (w) => encodeDatatype(w, datatype, version));
}

function checkChunks(
  { dims, maxDims }: Extract<Dataspace, { kind: "simple" }>,
  chunkShape: readonly number[],
  version: number,
): void {
  if (chunkShape.length !== dims.length) {
    throw wrong(`chunks of ${chunkShape.length} dimensions for a dataset of ${dims.length}`);
  }
  for (const [d, chunkDim] of chunkShape.entries()) {
    const max = maxDims[d];
    if (!Number.isSafeInteger(chunkDim) || chunkDim < 1 || (version === 3 && chunkDim >= 2 ** 32)) {
      throw wrong(`chunks cannot have ${chunkDim} elements along dimension ${d}`);
    }
    // libhdf5 refuses such a chunk, which could never be full, unless the dimension is 0 now.
    if (max !== undefined && chunkDim > max && dims[d] !== 0) {
      throw wrong(`chunks of ${chunkDim} along dimension ${d}, which can be at most ${max}`);
    }
  }
}

function wrong(message: string): H5Error {
  return new H5Error("argument", message);
}
