import { H5Error, UnsupportedError } from "../../src/errors.ts";
import { type DataLayout, encodeDataLayout } from "../../src/format/data-layout.ts";
import type { EditContext } from "../../src/format/edit-context.ts";
import { MESSAGE } from "../../src/format/header-message.ts";
import { ObjectHeaderEditor } from "../../src/format/object-header-edit.ts";
import type { Dataset } from "../../src/object/dataset.ts";
import { createChunkedDataset } from "../../src/object/new-dataset.ts";
import type { FileTransaction } from "../../src/object/writable-file.ts";
import { resizeDataset, writeSelection } from "../../src/object/write-dataset.ts";
import { BYTE, markAsFile } from "../../src/tree/file-node.ts";
import type { BufferedChange } from "./file-buffer.ts";

/** Bytes of a chunk: of the smallest files, of those that have several, and of the largest. */
const SMALLEST = 2 ** 7;
const MEDIUM = 2 ** 16;
const LARGEST = 2 ** 20;

/** A file of more chunks than this is written anew in larger ones, up to so many bytes that it is quickly done. */
const MAX_SMALL_CHUNKS = 64;

/**
 * Makes an empty file, which has no link yet: in chunks, as PyTables' `filenode` does, so that what was never written takes no space.
 * @returns the address of its header
 */
export function createFileDataset(edit: EditContext, seconds: number): number {
  const dataspace = { kind: "simple", dims: [0], maxDims: [undefined], maxDimsStored: true } as const;
  const dataset = { datatype: BYTE, dataspace, chunkShape: [chunkFor(0)], filters: [] };
  const address = createChunkedDataset(edit, dataset, seconds);
  markAsFile(edit, address);
  return address;
}

/** Stores a change of the file `dataset`. @throws H5Error: the transaction is to be rolled back */
export function storeFile(transaction: FileTransaction, dataset: Dataset, change: BufferedChange): void {
  const { address } = dataset;
  const kept = largerChunks(transaction, dataset, change);
  if (kept !== undefined) {
    resizeDataset(transaction, address, [change.size]);
    if (kept.length > 0) writeSelection(transaction, address, range(0, kept.length), kept);
  } else {
    // What is cut off and comes back is zeros.
    resizeDataset(transaction, address, [change.kept]);
    resizeDataset(transaction, address, [change.size]);
  }
  for (const { offset, bytes } of change.pieces) {
    writeSelection(transaction, address, range(offset, bytes.length), bytes);
  }
}

/** A small file is one chunk, an eighth larger than its bytes at most; a large one has few. */
function chunkFor(size: number): number {
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
  if (wanted <= chunk || (!isFirst && size <= chunk * MAX_SMALL_CHUNKS) || filters.length > 0) return undefined;
  // A large file that has small chunks, such as another program has made, stays as it is.
  if (kept > MEDIUM * MAX_SMALL_CHUNKS * 2) return undefined;
  const bytes = new Uint8Array(kept);
  for (const { scaled, record } of storage.index.entries()) {
    const start = (scaled[0] ?? 0) * chunk;
    const length = Math.min(chunk, kept - start);
    if (length > 0) bytes.set(dataset.space.read(record.address, length, "chunk"), start);
    edit.free(record.address, record.storedSize);
  }
  for (const extent of storage.index.extents(dataset.address)) edit.free(extent.address, extent.length);
  setChunk(edit, dataset.address, { ...layout, chunkDims: [wanted], address: undefined });
  return bytes;
}

function setChunk(edit: EditContext, address: number, layout: DataLayout): void {
  const header = new ObjectHeaderEditor(edit, address);
  const [message] = header.find(MESSAGE.dataLayout);
  if (message === undefined) throw new H5Error("format", "the dataset has no data layout message");
  const w = edit.writer();
  encodeDataLayout(w, layout);
  header.replace(message, w.bytes);
  header.write();
}
