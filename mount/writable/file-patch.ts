import type { Dataset } from "../../src/object/dataset.ts";
import { datasetAt } from "../../src/object/dataset-at.ts";
import type { FileTransaction } from "../../src/object/writable-file.ts";
import { LARGE } from "../../src/storage/journal/allocator.ts";
import type { StoredFile } from "./closed-files.ts";
import type { FileBuffer } from "./file-buffer.ts";
import { type FileFields, FileHeader } from "./file-header.ts";
import type { OpenFile } from "./open-file.ts";

/** A chunk that is stored as it is, and which bytes of the file it has. */
export interface PlainChunk {
  readonly address: number;
  readonly from: number;
  readonly to: number;
}

interface BytesChange {
  /** Of the file then. */
  readonly size: number;
  /** Those that are written. */
  readonly pieces: readonly { readonly offset: number; readonly bytes: Uint8Array }[];
}

/**
 * Where the fields of a file's header are, and the chunk that it ends in: a line that is appended there, or a change of its
 * attributes, is a few bytes that are overwritten, in one transaction like any other. It holds as long as the object is in the same
 * state, but for what is changed by it.
 */
export class FilePatch {
  readonly #address: number;
  readonly #header: FileHeader;
  readonly #chunk: PlainChunk | undefined;

  /** @param chunk `undefined`: there is none where the file ends */
  constructor(address: number, header: FileHeader, chunk: PlainChunk | undefined) {
    this.#address = address;
    this.#header = header;
    this.#chunk = chunk;
  }

  /** @returns `undefined`: the file is stored in another way @throws H5Error */
  static read(transaction: FileTransaction, address: number): FilePatch | undefined {
    const dataset = datasetAt(transaction.file, address);
    const header = FileHeader.read(transaction.edit, address);
    const { layout, storage, filters, elementSize } = dataset;
    const isPlain =
      filters.length === 0 && elementSize === 1 && storage.kind === "chunked" && layout.kind === "chunked";
    return header === undefined || !isPlain ? undefined : new FilePatch(address, header, lastChunk(dataset));
  }

  /** Whether the change can be made so. @param storedSize bytes of the file now, all of which stay */
  fits({ size, pieces }: BytesChange, storedSize: number): boolean {
    if (pieces.length === 0 && size === storedSize) return true;
    const chunk = this.#chunk;
    if (chunk === undefined || size > chunk.to) return false;
    let length = 0;
    for (const { offset, bytes } of pieces) {
      if (offset < chunk.from || offset + bytes.length > chunk.to) return false;
      length += bytes.length;
    }
    // More than that gets a new chunk.
    return length < LARGE;
  }

  /** Makes a change that fits. */
  apply({ edit }: FileTransaction, { size, pieces, metadata }: BytesChange & FileFields): void {
    const chunk = this.#chunk;
    if (chunk !== undefined) {
      for (const { offset, bytes } of pieces) edit.write(chunk.address + offset - chunk.from, bytes);
    }
    this.#header.change(edit, this.#address, { size, metadata });
  }
}

/**
 * Makes the change of a file that was stored a moment ago, where it is a small one.
 * @param known what was stored, which is so still
 * @returns by what; `undefined`: nothing was done
 */
export function patchFile(transaction: FileTransaction, file: OpenFile, known: StoredFile): FilePatch | undefined {
  const { node, metadata, isFileNode } = file;
  if (metadata === undefined || !isFileNode) return undefined;
  const change = file.hasNewBytes ? smallChange(file.buffer, known.size) : { size: known.size, pieces: [] };
  if (change === undefined) return undefined;
  const patch = known.patch ?? FilePatch.read(transaction, node.address);
  if (patch?.fits(change, known.size) !== true) return undefined;
  patch.apply(transaction, { ...change, metadata });
  return patch;
}

/** @returns `undefined`: it is too much, or not all that is stored stays */
function smallChange(buffer: FileBuffer, storedSize: number): BytesChange | undefined {
  if (buffer.memory > LARGE) return undefined;
  const { kept, size, holes, pieces } = buffer.change();
  return kept === storedSize && holes.length === 0 ? { size, pieces: [...pieces] } : undefined;
}

/** The chunk that the next byte goes to. */
function lastChunk({ elementCount, layout, storage }: Dataset): PlainChunk | undefined {
  if (layout.kind !== "chunked" || storage.kind !== "chunked") return undefined;
  const [length = 0] = layout.chunkDims;
  const number = Math.floor(elementCount / length);
  const record = storage.index.find([number]);
  if (record?.storedSize !== length) return undefined;
  return { address: record.address, from: number * length, to: (number + 1) * length };
}
