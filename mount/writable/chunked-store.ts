import { RangeReader } from "../../src/chunk/read-range.ts";
import { H5Error, UnsupportedError } from "../../src/errors.ts";
import { type DataLayout, encodeDataLayout } from "../../src/format/data-layout.ts";
import type { EditContext } from "../../src/format/edit-context.ts";
import { encodeFilterPipeline } from "../../src/format/filter-pipeline.ts";
import { MESSAGE } from "../../src/format/header-message.ts";
import { ObjectHeaderEditor } from "../../src/format/object-header-edit.ts";
import { attributeMessages, type NewAttribute } from "../../src/object/attribute-edit.ts";
import type { Dataset } from "../../src/object/dataset.ts";
import { filtersFrom, withChunkBytes } from "../../src/object/filter-spec.ts";
import { chunkBytesOf, setChunkBytes } from "../../src/object/group-settings.ts";
import { createChunkedDataset, timeMessages } from "../../src/object/new-dataset.ts";
import { type HeaderRoom, timesAt, traitsOf } from "../../src/object/new-object.ts";
import { storedSeconds } from "../../src/object/set-modification-time.ts";
import type { FileTransaction } from "../../src/object/writable-file.ts";
import { clearRows, resizeDataset, writeSelection } from "../../src/object/write-dataset.ts";
import { cacheName } from "../../src/tree/element-source.ts";
import { BYTE, FILE_MARKS } from "../../src/tree/file-node.ts";
import type { BufferedChange } from "./file-buffer.ts";
import type { NewFileStorage } from "./new-file-storage.ts";

/** Bytes of a chunk: of the smallest files, of those that have several, and of the largest. */
const SMALLEST = 2 ** 7;
const MEDIUM = 2 ** 16;
const LARGEST = 2 ** 20;

/** A file of more chunks than this is written anew in larger ones, up to so many bytes that it is quickly done. */
const MAX_SMALL_CHUNKS = 64;

/** Small chunks are hardly compressed. */
const MAX_SMALL_FILTERED_CHUNKS = 4;

/** What may be known of a new file. */
export interface NewFileFacts {
  /** Bytes that it will have. */
  readonly size?: number;
  /** Since 1970, UTC: when it was changed last. */
  readonly modified?: number;
  /** Where its header is to be. */
  readonly room?: HeaderRoom;
}

/**
 * Makes an empty file, which has no link yet: in chunks, as PyTables' `filenode` does, so that what was never written takes no space.
 * @param seconds since 1970, UTC, for all its times
 * @param attributes what it has besides those of a file
 * @returns the address of its header
 */
export function createFileDataset(
  transaction: FileTransaction,
  seconds: number,
  storage: NewFileStorage,
  attributes: readonly NewAttribute[],
  { size = 0, modified = seconds, room }: NewFileFacts = {},
): number {
  const { edit } = transaction;
  const { filters, chunkBytes } = storage;
  const chunk = chunkBytes ?? chunkFor(size);
  const dataspace = { kind: "simple", dims: [0], maxDims: [undefined], maxDimsStored: true } as const;
  const dataset = {
    datatype: BYTE,
    dataspace,
    chunkShape: [chunk],
    filters: filtersFrom(filters, { elementSize: 1, chunkShape: [chunk] }),
  };
  const changed = storedSeconds(modified);
  const messages = [...timeMessages(edit, changed), ...attributeMessages(edit, [...FILE_MARKS, ...attributes])];
  const times = { ...timesAt(seconds), modification: changed };
  const address = createChunkedDataset(edit, dataset, { ...traitsOf(seconds, messages), times, room });
  if (chunkBytes !== undefined) setChunkBytes(transaction, address, chunkBytes);
  return address;
}

/** The chunks of a file. */
export interface FileChunks {
  /** Bytes of one; 0: it has none. */
  readonly length: number;
  /** So large the file can become before it gets larger ones. */
  readonly reach: number;
  /** They are stored as they are. */
  readonly arePlain: boolean;
}

/** Of a file that has no bytes yet. */
export const NO_CHUNKS: FileChunks = { length: 0, reach: 0, arePlain: false };

/**
 * Stores a change of the file `dataset`.
 * @returns the chunks that it has then
 * @throws H5Error: the transaction is to be rolled back
 */
export function storeFile(transaction: FileTransaction, dataset: Dataset, change: BufferedChange): FileChunks {
  const { address, layout, filters } = dataset;
  const isFiltered = filters.length > 0;
  const kept = largerChunks(transaction, dataset, change);
  if (kept === undefined) {
    storeInChunks(transaction, address, change);
    const [length = 0] = layout.kind === "chunked" && layout.address !== undefined ? layout.chunkDims : [];
    return chunksOf(length, isFiltered);
  }
  resizeDataset(transaction, address, [change.size]);
  if (kept.length > 0) writeSelection(transaction, address, range(0, kept.length), kept);
  storePieces(transaction, address, change);
  return chunksOf(chunkFor(change.size), isFiltered);
}

/** Stores a change of a file whose chunks stay as they are. @throws H5Error: the transaction is to be rolled back */
export function storeInChunks(transaction: FileTransaction, address: number, change: BufferedChange): void {
  // What is cut off and comes back is zeros.
  resizeDataset(transaction, address, [change.kept]);
  resizeDataset(transaction, address, [change.size]);
  storePieces(transaction, address, change);
}

function storePieces(transaction: FileTransaction, address: number, change: BufferedChange): void {
  for (const { from, to } of change.holes) clearRows(transaction, address, from, to);
  for (const { offset, bytes } of change.pieces) {
    writeSelection(transaction, address, range(offset, bytes.length), bytes);
  }
}

export function chunksOf(length: number, isFiltered: boolean): FileChunks {
  const most = isFiltered ? MAX_SMALL_FILTERED_CHUNKS : MAX_SMALL_CHUNKS;
  const reach = length >= LARGEST ? Number.POSITIVE_INFINITY : length * most;
  return { length, reach, arePlain: !isFiltered };
}

/** Bytes of a chunk: a small file is one, an eighth larger than its bytes at most; a large one has few. */
export function chunkFor(size: number): number {
  if (size <= SMALLEST) return SMALLEST;
  if (size > MEDIUM) return size > MEDIUM * MAX_SMALL_CHUNKS ? LARGEST : MEDIUM;
  const step = Math.max(SMALLEST / 2, 2 ** Math.floor(Math.log2(size)) / 8);
  return Math.ceil(size / step) * step;
}

function range(start: number, count: number) {
  return { selectors: [{ kind: "range", start, step: 1, count } as const], runs: [{ offset: 0, length: 1 }] };
}

/**
 * Gives a file that has outgrown its chunks larger ones, where it is to have any. Its chunks are gone then.
 * @returns the bytes that were kept; `undefined`: its chunks stay as they are
 */
function largerChunks(
  { edit }: FileTransaction,
  dataset: Dataset,
  { kept, size }: BufferedChange,
): Uint8Array | undefined {
  const { layout, storage, filters } = dataset;
  if (layout.kind !== "chunked" || storage.kind !== "chunked" || layout.chunkDims.length !== 1) {
    throw new UnsupportedError(`${dataset.path}: a file that is not in chunks of bytes is not written`, {
      path: dataset.path,
    });
  }
  const [chunk = 1] = layout.chunkDims;
  const wanted = chunkFor(size);
  const isFirst = layout.address === undefined;
  const most = filters.length > 0 ? MAX_SMALL_FILTERED_CHUNKS : MAX_SMALL_CHUNKS;
  if (wanted <= chunk || (!isFirst && size <= chunk * most) || chunkBytesOf(dataset) !== undefined) return undefined;
  // A large file that has small chunks, such as another program has made, stays as it is.
  if (kept > MEDIUM * MAX_SMALL_CHUNKS * 2) return undefined;
  const bytes = new Uint8Array(kept);
  new RangeReader("native", 0).readInto(dataset, cacheName(dataset), 0, bytes);
  for (const { record } of storage.index.entries()) edit.free(record.address, record.storedSize);
  for (const extent of storage.index.extents(dataset.address)) edit.free(extent.address, extent.length);
  setChunk(edit, dataset, { ...layout, chunkDims: [wanted], address: undefined }, wanted);
  return bytes;
}

function setChunk(edit: EditContext, { address, filters }: Dataset, layout: DataLayout, bytes: number): void {
  const header = new ObjectHeaderEditor(edit, address);
  const w = edit.writer();
  encodeDataLayout(w, layout);
  header.replace(messageOf(header, MESSAGE.dataLayout), w.bytes);
  if (filters.length > 0) {
    const pipeline = edit.writer();
    const adapted = filters.map((filter) => withChunkBytes(filter, bytes));
    encodeFilterPipeline(pipeline, adapted, edit.generation === "new" ? 2 : 1);
    header.replace(messageOf(header, MESSAGE.filterPipeline), pipeline.bytes);
  }
  header.write();
}

function messageOf(header: ObjectHeaderEditor, type: number) {
  const [message] = header.find(type);
  if (message === undefined) throw new H5Error("format", "a message is missing in the dataset's object header");
  return message;
}
