import { H5Error } from "../errors.ts";
import type { EditContext } from "../format/edit-context.ts";
import { keepStructure } from "../format/kept-structures.ts";
import { Dataset } from "./dataset.ts";
import { DatasetWriter, type Target } from "./dataset-writer.ts";
import type { FileTransaction } from "./writable-file.ts";

/** The dataset by its header's address, or as it was read, in this transaction or before. */
export type WrittenDataset = number | Pick<Dataset, "address" | "path">;

/** What is written to one dataset again and again is encoded once for each transaction, and decoded once. */
function writerOf(transaction: FileTransaction, dataset: WrittenDataset): DatasetWriter {
  const { edit } = transaction;
  const [address, path] = typeof dataset === "number" ? [dataset] : [dataset.address, dataset.path];
  const kept = edit.kept.get(address);
  if (kept instanceof DatasetWriter && kept.isCurrent(edit)) {
    keepStructure(edit, address, kept);
    return kept;
  }
  const found = transaction.file.object(address, path);
  if (!(found instanceof Dataset)) {
    throw new H5Error("argument", `${found.path}: is a ${found.kind}, and has no data`, { path: found.path });
  }
  const writer = new DatasetWriter(edit, found);
  keepStructure(edit, address, writer);
  return writer;
}

/** The dataset at that address is gone, or its elements are elsewhere: what waits to be written to it is dropped. */
export function forgetWriter(edit: EditContext, address: number): void {
  const kept = edit.kept.get(address);
  if (!(kept instanceof DatasetWriter)) return;
  edit.forget(kept);
  edit.kept.delete(address);
}

/**
 * Writes elements of a dataset, given in C order of the target and as they are stored.
 * @throws H5Error "argument" where the target is not inside the dataset, or `bytes` are not as many as it takes;
 * "unsupported" where the dataset cannot be written
 */
export function writeSelection(
  transaction: FileTransaction,
  dataset: WrittenDataset,
  target: Target,
  bytes: Uint8Array,
): void {
  writerOf(transaction, dataset).set(target, bytes);
}

/**
 * Gives a chunk that is stored as it is the bytes at `address` of the file, which are there.
 * @throws H5Error "argument" where the dataset has no such chunk, or not as many bytes
 */
export function placeChunk(
  transaction: FileTransaction,
  dataset: WrittenDataset,
  scaled: readonly number[],
  chunk: { readonly address: number; readonly length: number },
): void {
  writerOf(transaction, dataset).place(scaled, chunk);
}

/**
 * Gives a dataset another shape: elements outside it are gone, those that are new are fill values.
 * @param progress called again and again: chunks of so many bytes more have been looked at
 * @throws H5Error "argument" where the shape is not allowed, "unsupported" where the dataset is not chunked
 */
export function resizeDataset(
  transaction: FileTransaction,
  dataset: WrittenDataset,
  shape: readonly number[],
  progress?: (bytes: number) => void,
): void {
  writerOf(transaction, dataset).resize(shape, progress);
}

/**
 * Makes rows [from, to) along the first dimension fill values again; chunks that have no other elements are freed.
 * @throws H5Error "argument" where there are no such rows, "unsupported" where the dataset is not chunked
 */
export function clearRows(transaction: FileTransaction, dataset: WrittenDataset, from: number, to: number): void {
  writerOf(transaction, dataset).clear(from, to);
}

/**
 * Makes a dataset longer along `axis`, and writes whole rows (of all other dimensions), as they are stored, there.
 * @throws H5Error "argument" where `bytes` are no whole number of rows, or there is no room for them
 */
export function appendToDataset(
  transaction: FileTransaction,
  dataset: WrittenDataset,
  bytes: Uint8Array,
  axis = 0,
): void {
  writerOf(transaction, dataset).append(bytes, axis);
}

/**
 * Gives what has no place in the file one, and fills it with fill values: a new dataset whose space is allocated early.
 * @throws H5Error "unsupported" where the dataset cannot be written
 */
export function allocateDataset(transaction: FileTransaction, dataset: WrittenDataset): void {
  writerOf(transaction, dataset).allocate();
}
