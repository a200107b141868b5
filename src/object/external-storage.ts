import { fstatSync } from "node:fs";
import type { StoredData } from "../chunk/stored-data.ts";
import { FormatError, H5Error } from "../errors.ts";
import { decodeExternalDataFiles } from "../format/external-data-files.ts";
import { MESSAGE } from "../format/header-message.ts";
import { LocalHeap } from "../format/local-heap.ts";
import { findMessage } from "../format/object-header.ts";
import { decodeText } from "../format/text.ts";
import type { Piece } from "../storage/storage.ts";
import type { Dataset } from "./dataset.ts";
import { messageReader } from "./message.ts";

/** Part of a dataset's raw data in a file without structure. */
export interface ExternalData {
  /** As it is stored; libhdf5 looks for a relative one where the program runs. */
  readonly name: Uint8Array;
  /** Where in that file it begins, and how many bytes it has; `undefined`: all that follow. */
  readonly offset: number;
  readonly size: number | undefined;
}

/** Where a dataset's raw data are, if they are in other files. */
export function externalDataOf(dataset: Dataset): readonly ExternalData[] | undefined {
  const message = findMessage(dataset.header, MESSAGE.externalDataFiles);
  if (message === undefined) return undefined;
  const { heapAddress, slots } = decodeExternalDataFiles(messageReader(dataset, message, "external data files"));
  const heap = new LocalHeap(dataset.context, heapAddress);
  return slots.map(({ nameOffset, offset, size }) => ({ name: heap.string(nameOffset), offset, size }));
}

/**
 * The same as pieces of these files, which are open from now on.
 * @param size bytes of the dataset
 * @throws H5Error where a file cannot be opened, FormatError where the files have less than the dataset
 */
export function externalStorage(dataset: Dataset, files: readonly ExternalData[], size: number): ExternalStorage {
  const { path, address } = dataset;
  const parts: { readonly fd: number; readonly offset: number; readonly from: number; readonly to: number }[] = [];
  let from = 0;
  for (const { name, offset, size: length = size - from } of files) {
    if (from >= size) break;
    const to = Math.min(size, from + length);
    parts.push({ fd: openRaw(dataset, decodeText(name)), offset, from, to });
    from = to;
  }
  if (from < size) {
    const message = `${path}: its external files have ${from} bytes of ${size}`;
    throw new FormatError(message, { structure: "external data files message", address, path });
  }
  return {
    kind: "external",
    size,
    pieces(start, count) {
      const pieces: Piece[] = [];
      for (const { fd, offset, from, to } of parts) {
        const first = Math.max(start, from);
        const length = Math.min(start + count, to) - first;
        if (length > 0) pieces.push(...piecesOf(fd, offset + first - from, length));
      }
      return pieces;
    },
  };
}

type ExternalStorage = Extract<StoredData["storage"], { kind: "external" }>;

function openRaw({ file, path }: Dataset, name: string): number {
  try {
    return file.rawFile(name);
  } catch (cause) {
    if (!(cause instanceof H5Error)) throw cause;
    throw new H5Error(cause.kind, `${path}: ${cause.message}`, { path, cause });
  }
}

/** As libhdf5 reads: what a file does not have is zeros. */
function piecesOf(fd: number, offset: number, length: number): readonly Piece[] {
  const there = Math.max(0, Math.min(length, fstatSync(fd).size - offset));
  const rest = there < length ? [{ bytes: new Uint8Array(length - there) }] : [];
  return there === 0 ? rest : [{ fd, offset, length: there }, ...rest];
}
