import { H5Error, UnsupportedError } from "../../src/errors.ts";
import type { Datatype } from "../../src/format/datatype.ts";
import type { Dataset } from "../../src/object/dataset.ts";
import { refersToHeap } from "../../src/object/heap-collections.ts";
import { FileHeapWriter } from "../../src/object/heap-writer.ts";
import { meantDatatype } from "../../src/object/pytables.ts";
import type { FileTransaction } from "../../src/object/writable-file.ts";
import { writeSelection } from "../../src/object/write-dataset.ts";
import { writeElements } from "../../src/object/write-elements.ts";
import type { FileNode } from "../../src/tree/node.ts";
import { shownAs } from "../../src/tree/shown-as.ts";
import { inCOrder } from "../../src/view/fortran-order.ts";
import { encodeNpyHeader } from "../../src/view/npy.ts";
import { npyDtype } from "../../src/view/npy-descr.ts";
import { parseCsv } from "../../src/view/parse-csv.ts";
import { parseJsonView } from "../../src/view/parse-json-view.ts";
import { decodeNpyHeader, NPY_PREFIX, npyHeaderSize } from "../../src/view/parse-npy.ts";
import { parseTxt } from "../../src/view/parse-txt.ts";
import { Errno, ErrnoError } from "../errno.ts";
import { leaveArrowForm } from "./arrow-form.ts";
import { type ComparedBytes, changedElements } from "./changed-elements.ts";
import type { FileBuffer } from "./file-buffer.ts";
import { MOVED, markIndexes, reshape } from "./reshape.ts";

/** Bytes that are written at a time. */
const STEP = 2 ** 20;

/** Bytes of a text that are parsed: a view of more is not made while the file is written. */
const MAX_TEXT = 2 ** 28;

const NOTHING = new Uint8Array(0);

/** Of more ranges than this, elements are written one by one; so many at a time. */
const MANY = 256;
const MANY_ELEMENTS = 2 ** 16;

/** A dataset's bytes in C order, of which some are to be written. */
interface NewElements {
  readonly dims: readonly number[];
  /** Another type than the dataset has. */
  readonly datatype?: Datatype | undefined;
  /** Bytes of the elements, from and to. */
  readonly ranges: Iterable<readonly [from: number, to: number]>;
  read(from: number, to: number): Uint8Array;
}

/** A view of a dataset, and the bytes that it is to have. */
export interface ChangedView {
  readonly node: FileNode;
  readonly dataset: Dataset;
  readonly buffer: FileBuffer;
  /** A text as it is before the change. */
  oldText(): Uint8Array;
  /** The dataset has been changed by another view since the buffer was begun. */
  readonly isOvertaken: boolean;
  /** All of the view was written, from nothing. */
  readonly isWhole: boolean;
}

/**
 * Makes a dataset be what a view of it has become, whole or not at all.
 * @throws H5Error "argument" where the bytes are no such view, ErrnoError EFBIG where the dataset cannot become so long
 */
export function applyView(transaction: FileTransaction, change: ChangedView): void {
  const { node, dataset } = change;
  if (node.view === "arrow") {
    throw new UnsupportedError(`${node.path}: an Arrow file is not read back into a dataset; write it as .npy or .csv`);
  }
  markIndexes(transaction, node);
  leaveArrowForm(transaction, dataset);
  const elements =
    node.view === "bin" || node.view === "npy" ? storedElements(change) : textElements(transaction, change);
  const { dims, datatype } = elements;
  const elementSize = (datatype ?? dataset.datatype).size;
  const size = dims.reduce((product, dim) => product * dim, elementSize);
  const ranges = [...elements.ranges];
  const [first] = ranges;
  const isAll = size === 0 || (first !== undefined && first[0] === 0 && first[1] === size);
  const isMoved = isAll && size >= MOVED && dataset.layout.kind === "contiguous";
  reshape(transaction, dataset, { dims, datatype, isWhole: change.isWhole, isKept: !isAll, isMoved });
  if (ranges.length > MANY) {
    writeScattered(transaction, dataset, ranges, elements);
    return;
  }
  for (const [start, end] of ranges) {
    const step = Math.max(1, Math.floor(STEP / elementSize)) * elementSize;
    const last = Math.min(size, Math.ceil(end / elementSize) * elementSize);
    for (let at = Math.floor(start / elementSize) * elementSize; at < last; at += step) {
      const to = Math.min(last, at + step);
      writeElements(transaction, dataset, { dims, elementSize }, at / elementSize, elements.read(at, to));
    }
  }
}

/** Ranges of whole elements, as a list of elements: each range would cost as much as many elements. */
function writeScattered(
  transaction: FileTransaction,
  { address, elementSize }: Dataset,
  ranges: readonly (readonly [number, number])[],
  { read }: NewElements,
): void {
  const numbers: number[] = [];
  const parts: Uint8Array[] = [];
  const write = (): void => {
    writeSelection(transaction, address, { elements: Float64Array.from(numbers) }, Buffer.concat(parts));
    numbers.length = 0;
    parts.length = 0;
  };
  for (const [start, end] of ranges) {
    for (let at = start; at < end; at += STEP * elementSize) {
      const to = Math.min(end, at + STEP * elementSize);
      for (let number = at / elementSize; number < to / elementSize; number++) numbers.push(number);
      parts.push(read(at, to));
      if (numbers.length > MANY_ELEMENTS) write();
    }
  }
  write();
}

/** `bin` and `npy`: the elements themselves, after a header. */
function storedElements(change: ChangedView): NewElements {
  const { node, dataset, buffer, isOvertaken } = change;
  const { view } = node;
  if (isOvertaken && !isOfPresentShape(view, dataset, buffer)) throw otherShape();
  const { offset, dims, datatype, fortran } = storedShape(change);
  const { size: elementSize } = datatype ?? dataset.datatype;
  const size = dims.reduce((product, dim) => product * dim, elementSize);
  if (buffer.size !== offset + size) {
    throw new H5Error("argument", `${buffer.size} bytes, expected ${offset + size} for the shape (${dims.join(", ")})`);
  }
  if (fortran !== undefined) {
    return { datatype, ...allOf(dims, inCOrder(bytesOf(buffer, offset, size), fortran.shape, fortran.size)) };
  }
  const isSame = datatype === undefined && isSameShape(dims, dataset.dims) && offset === headerOf(view, dataset).length;
  const { kept, pieces } = buffer.change();
  let ranges: [number, number][] = [];
  if (isOvertaken) {
    const headerEnd = offset;
    if (!isSame || kept !== buffer.size) throw otherShape();
    ranges = changedElements(withoutHeader(buffer.compared(), headerEnd), elementSize);
  } else if (isSame && kept === buffer.size) {
    for (const piece of pieces) {
      const end = piece.offset + piece.bytes.length - offset;
      if (end > 0) ranges.push([Math.max(0, piece.offset - offset), end]);
    }
  } else if (size > 0) ranges.push([0, size]);
  return { dims, datatype, ranges, read: (from, to) => bytesOf(buffer, offset + from, to - from) };
}

/** What the bytes of `bin` or `npy` say that they are. @throws H5Error "argument" where they are no such view */
export function storedShape(change: Pick<ChangedView, "node" | "dataset" | "buffer" | "isWhole">): StoredShape {
  return change.node.view === "npy" ? npyShape(change) : binShape(change.dataset, change.buffer);
}

function otherShape(): ErrnoError {
  return new ErrnoError(Errno.ESTALE, "the dataset was given another shape through another view meanwhile");
}

function isOfPresentShape(view: FileNode["view"], dataset: Dataset, buffer: FileBuffer): boolean {
  const header = headerOf(view, dataset);
  const size = header.length + dataset.elementCount * dataset.elementSize;
  if (buffer.size !== size || buffer.storedSize !== size) return false;
  return Buffer.compare(buffer.storedBytes(header.length), header) === 0;
}

/** @param size of the header */
function* withoutHeader(parts: Iterable<ComparedBytes>, size: number): Generator<ComparedBytes> {
  for (const { offset, before, after, present } of parts) {
    const skipped = Math.max(0, size - offset);
    const rest = (bytes: Uint8Array): Uint8Array => bytes.subarray(skipped);
    const old = rest(before);
    yield {
      offset: offset + skipped - size,
      before: old,
      after: rest(after),
      present: present === before ? old : rest(present),
    };
  }
}

export function headerOf(view: FileNode["view"], dataset: Dataset): Uint8Array {
  return view === "npy" ? encodeNpyHeader(meantDatatype(dataset, dataset.datatype), dataset.dims) : new Uint8Array(0);
}

/** What the bytes of `bin` or `npy` say of themselves. */
interface StoredShape {
  /** Of the elements. */
  readonly offset: number;
  readonly dims: readonly number[];
  /** Another type than the dataset's. */
  readonly datatype?: Datatype;
  /** The elements lie in Fortran's order: their shape, with that of arrays in them, and the size of one. */
  readonly fortran?: { readonly shape: readonly number[]; readonly size: number } | undefined;
}

function binShape(dataset: Dataset, buffer: FileBuffer): StoredShape {
  const [, ...inner] = dataset.dims;
  if (dataset.dims.length === 0) return { offset: 0, dims: dataset.dims };
  const row = inner.reduce((product, dim) => product * dim, dataset.elementSize);
  if (row === 0 || buffer.size % row !== 0) {
    throw new H5Error("argument", `${buffer.size} bytes are no whole number of rows of ${row} bytes`);
  }
  return { offset: 0, dims: [buffer.size / row, ...inner] };
}

/** An array that is written as a whole may be of another type, and in Fortran's order: the dataset becomes what it is. */
export function npyShape({
  dataset,
  buffer,
  isWhole,
}: Pick<ChangedView, "dataset" | "buffer" | "isWhole">): StoredShape {
  const header = headerOf("npy", dataset);
  const start = bytesOf(buffer, 0, Math.min(header.length, buffer.size));
  if (Buffer.from(start).equals(header)) return { offset: header.length, dims: dataset.dims };
  const length = npyHeaderSize(bytesOf(buffer, 0, Math.min(NPY_PREFIX, buffer.size)));
  const { datatype, shape, fortranOrder, dataOffset } = decodeNpyHeader(
    bytesOf(buffer, 0, Math.min(length, buffer.size)),
  );
  const isFortran = fortranOrder && shape.length > 1;
  if (isFortran && !isWhole) throw new H5Error("argument", "the array is in Fortran order");
  const fortran = isFortran ? { shape, size: datatype.size } : undefined;
  const ours = npyDtype(meantDatatype(dataset, dataset.datatype));
  const theirs = npyDtype(datatype);
  const inner = ours?.shape ?? [];
  const outer = shape.length - inner.length;
  if (ours !== undefined && ours.descr === theirs?.descr && inner.every((dim, d) => dim === shape[outer + d])) {
    return { offset: dataOffset, dims: shape.slice(0, outer), fortran };
  }
  if (isWhole) return { offset: dataOffset, dims: shape, datatype, fortran };
  throw new H5Error("argument", `the array's type is ${theirs?.descr ?? "unknown"}, expected ${ours?.descr ?? "none"}`);
}

/** A text: of it the elements are written that are other than they were, so that what a text does not show stays as it is. */
function textElements(transaction: FileTransaction, change: ChangedView): NewElements {
  const { node, dataset, buffer, oldText, isOvertaken } = change;
  if (buffer.size > MAX_TEXT) throw new ErrnoError(Errno.EFBIG, `a text of ${buffer.size} bytes`);
  const text = bytesOf(buffer, 0, buffer.size);
  // Also one that does not read back, such as a string with a line break in a `.txt`.
  if (!isOvertaken && Buffer.compare(text, oldText()) === 0) return { ...allOf(dataset.dims, NOTHING), ranges: [] };
  const heap = new FileHeapWriter(transaction);
  const after = parseText(node, dataset, text, heap);
  if (refersToHeap(dataset.datatype)) {
    if (isOvertaken && Buffer.compare(buffer.storedBytes(), oldText()) !== 0) {
      throw new ErrnoError(Errno.ESTALE, "the dataset was changed through another view meanwhile");
    }
    if (node.view === "txt") checkLines(node, dataset, oldText());
    return allOf(after.dims, after.bytes);
  }
  const present = parseText(node, dataset, oldText(), heap);
  // Such as a string with a line break in it.
  if (!isSameShape(present.dims, dataset.dims)) throw notReadBack(node);
  const before = isOvertaken ? parseText(node, dataset, buffer.storedBytes(), heap) : present;
  if (!isSameShape(present.dims, before.dims)) throw otherShape();
  if (!isSameShape(after.dims.slice(1), before.dims.slice(1))) {
    if (isOvertaken) throw otherShape();
    return allOf(after.dims, after.bytes);
  }
  const [shared, end] = [Math.min(after.bytes.length, before.bytes.length), after.bytes.length];
  const part = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, shared);
  const old = part(before.bytes);
  const compared = {
    offset: 0,
    before: old,
    after: part(after.bytes),
    present: isOvertaken ? part(present.bytes) : old,
  };
  // Rows that go away must not have been changed by others.
  if (Buffer.compare(present.bytes.subarray(shared), before.bytes.subarray(shared)) !== 0) throw otherShape();
  const ranges = changedElements([compared], dataset.elementSize);
  return { ...allOf(after.dims, after.bytes), ranges: shared < end ? [...ranges, [shared, end]] : ranges };
}

function isSameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dim, d) => dim === b[d]);
}

function parseText(
  node: FileNode,
  dataset: Dataset,
  text: Uint8Array,
  heap: FileHeapWriter,
): { readonly dims: readonly number[]; readonly bytes: Uint8Array } {
  const datatype = meantDatatype(dataset, dataset.datatype);
  const { dims } = dataset;
  if (node.view === "json") {
    return parseJsonView(text, datatype, dataset.dataspace.kind === "null" ? null : dims, heap);
  }
  const target = { datatype, dims, name: node.name };
  const parts: Uint8Array[] = [];
  const parsed =
    node.view === "csv" ? parseCsv([text], target, heap, shownAs(dataset)?.style) : parseTxt([text], target, heap);
  for (const { bytes } of parsed) parts.push(bytes.slice());
  const bytes = Buffer.concat(parts);
  const [, ...inner] = dims;
  const row = inner.reduce((product, dim) => product * dim, datatype.size);
  return { dims: dims.length === 0 ? dims : [bytes.length / row, ...inner], bytes };
}

/** Of strings in the heap each is to be one line. */
function checkLines(node: FileNode, dataset: Dataset, text: Uint8Array): void {
  let lines = 0;
  for (const byte of text) if (byte === 0x0a) lines++;
  if (dataset.dims.length > 0 && lines !== dataset.elementCount) throw notReadBack(node);
}

function notReadBack({ path }: FileNode): UnsupportedError {
  return new UnsupportedError(`${path}: not all of its values read back from the text; write it as .csv or .json`, {
    path,
  });
}

function allOf(dims: readonly number[], bytes: Uint8Array): NewElements {
  const ranges: [number, number][] = bytes.length === 0 ? [] : [[0, bytes.length]];
  return { dims, ranges, read: (from, to) => bytes.subarray(from, to) };
}

function bytesOf(buffer: FileBuffer, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  if (buffer.read(offset, bytes) < length) throw new H5Error("argument", "the file ends too early");
  return bytes;
}
