import { H5Error } from "../../src/errors.ts";
import type { Dataset } from "../../src/object/dataset.ts";
import { meantDatatype } from "../../src/object/pytables.ts";
import type { FileTransaction } from "../../src/object/writable-file.ts";
import { writeElements } from "../../src/object/write-elements.ts";
import type { FileNode } from "../../src/tree/node.ts";
import { encodeNpyHeader } from "../../src/view/npy.ts";
import { leaveArrowForm } from "./arrow-form.ts";
import type { FileBuffer } from "./file-buffer.ts";
import { markIndexes, type Reshaping } from "./reshape.ts";
import { headerOf, npyShape } from "./view-store.ts";

/** Bytes that are written at a time. */
const STEP = 2 ** 20;

/** So much is waited for, where whole rows of chunks are that large. */
const MAX_BAND = 2 ** 26;

/** Bytes [from, to) of a view, which are whole elements. */
export interface ViewPart {
  readonly from: number;
  readonly to: number;
}

/** Whether the view's header is the dataset's: its elements are to be written where they are. */
export function hasHeader({ view }: FileNode, dataset: Dataset, buffer: FileBuffer): boolean {
  const header = headerOf(view, dataset);
  const start = new Uint8Array(header.length);
  return buffer.read(0, start) === header.length && Buffer.compare(start, header) === 0;
}

/**
 * What the dataset is to be, as the header of an array says that is written from its start and is of another shape or type.
 * @returns `undefined`: it is the dataset's, or none of which parts can be stored
 */
export function announcedShape(node: FileNode, dataset: Dataset, buffer: FileBuffer): Reshaping | undefined {
  if (node.view !== "npy" || hasHeader(node, dataset, buffer)) return undefined;
  const shape = unlessWrong(() => npyShape({ dataset, buffer, isWhole: true }));
  if (shape === undefined || shape.fortran !== undefined) return undefined;
  const { dims, datatype, offset } = shape;
  const header = encodeNpyHeader(datatype ?? meantDatatype(dataset, dataset.datatype), dims);
  const start = new Uint8Array(offset);
  buffer.read(0, start);
  // What is stored already is read behind the dataset's own header.
  if (Buffer.compare(start, header) !== 0) return undefined;
  return { dims, datatype, isWhole: true, isKept: false };
}

/** What is wrong with a header is told when all is stored. */
function unlessWrong<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof H5Error) return undefined;
    throw error;
  }
}

/**
 * What of an array that was cut off and is written from its start can be stored before the rest is there.
 * @returns `undefined`: nothing, as yet
 */
export function storablePart({ view }: FileNode, dataset: Dataset, buffer: FileBuffer): ViewPart | undefined {
  const header = headerOf(view, dataset).length;
  const { elementSize, elementCount } = dataset;
  const size = elementSize * elementCount;
  const { from, to } = buffer.writtenBehindKept;
  const written = Math.min(to - header, size);
  const band = bandOf(dataset);
  // Else each chunk would be encoded several times.
  const unit = band <= MAX_BAND ? band : elementSize;
  const end = written === size ? size : Math.floor(written / unit) * unit;
  const start = Math.max(0, Math.floor((from - header) / elementSize) * elementSize);
  return start < end ? { from: header + start, to: header + end } : undefined;
}

/** Stores a part of what is written into a view whose header is the dataset's. @throws H5Error */
export function storePart(
  transaction: FileTransaction,
  node: FileNode,
  dataset: Dataset,
  buffer: FileBuffer,
  { from, to }: ViewPart,
): void {
  markIndexes(transaction, node);
  leaveArrowForm(transaction, dataset);
  const { dims, elementSize } = dataset;
  const header = headerOf(node.view, dataset).length;
  const step = Math.max(1, Math.floor(STEP / elementSize)) * elementSize;
  for (let at = from; at < to; at += step) {
    const bytes = new Uint8Array(Math.min(step, to - at));
    buffer.read(at, bytes);
    writeElements(transaction, dataset, { dims, elementSize }, (at - header) / elementSize, bytes);
  }
}

/** Bytes of the rows that the chunks along the first dimension have. */
function bandOf({ dims, elementSize, layout }: Dataset): number {
  const [, ...inner] = dims;
  const row = inner.reduce((product, dim) => product * dim, elementSize);
  return row * (layout.kind === "chunked" ? (layout.chunkDims[0] ?? 1) : 1);
}
