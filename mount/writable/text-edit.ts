import { H5Error, UnsupportedError } from "../../src/errors.ts";
import type { Dataset } from "../../src/object/dataset.ts";
import { FileHeapWriter } from "../../src/object/heap-writer.ts";
import { meantDatatype } from "../../src/object/pytables.ts";
import { elementBytes } from "../../src/object/value-bytes.ts";
import type { HeapWriter } from "../../src/object/value-encode.ts";
import type { FileTransaction } from "../../src/object/writable-file.ts";
import { writeSelection } from "../../src/object/write-dataset.ts";
import type { FileNode } from "../../src/tree/node.ts";
import { shownAs } from "../../src/tree/shown-as.ts";
import { csvRowReader } from "../../src/view/parse-csv.ts";
import { jsonRowReader } from "../../src/view/parse-json-rows.ts";
import { txtRowReader } from "../../src/view/parse-txt.ts";
import type { RowReader, TextRow } from "../../src/view/row-reader.ts";
import type { TextIndex } from "../../src/view/text-index.ts";
import type { TextViewName } from "../../src/view/view.ts";
import { Errno, ErrnoError } from "../errno.ts";
import { type FileBytes, WINDOW } from "./import-plan.ts";
import { PresentRows } from "./present-rows.ts";
import { checkIndexes, reshape } from "./reshape.ts";
import { TextBlocks } from "./text-blocks.ts";
import { TextHeap } from "./text-heap.ts";
import { writeElements } from "./write-elements.ts";

/** A text that a view of a dataset is to be, or rows of it. It is read in pieces, however long it is. */
export interface TextEdit {
  readonly view: TextViewName;
  readonly node: FileNode;
  readonly dataset: Dataset;
  readonly text: FileBytes;
  /** The text is what comes after so many rows, which stay; `undefined`: all of the view. */
  readonly after: number | undefined;
  /** The view must then be these very bytes. */
  readonly isExact: boolean;
}

/** Whether a node is a text of a dataset's elements. */
export function isText({ object, view }: FileNode): boolean {
  return object.kind === "dataset" && isTextView(view);
}

function isTextView(view: FileNode["view"]): view is TextViewName {
  return view === "csv" || view === "txt" || view === "json";
}

/** @throws H5Error "unsupported" for what is no text */
export function textEdit(
  node: FileNode,
  dataset: Dataset,
  text: FileBytes,
  after: number | undefined,
  isExact: boolean,
): TextEdit {
  const { view } = node;
  if (!isTextView(view)) throw new TypeError(`${view} is no text`);
  return { view, node, dataset, text, after, isExact };
}

/** Rows of a dataset's text. @throws H5Error where it has none */
export function rowsOf({ view, name }: FileNode, dataset: Dataset): number {
  return isTextView(view) ? new PresentRows(view, name, dataset).count : 0;
}

/**
 * Makes a dataset be what a text says, whole or not at all.
 * @param isOvertaken others have changed the dataset since the text was begun
 * @param index where the blocks of the present text are, as far as that is known
 * @returns the same of the text that it is then
 * @throws H5Error "argument" where it is no such text, ErrnoError ESTALE; EFBIG where the dataset cannot become so long
 */
export function applyText(
  transaction: FileTransaction,
  edit: TextEdit,
  isOvertaken: boolean,
  index: TextIndex | undefined,
): TextIndex | undefined {
  if (isOvertaken) {
    throw new ErrnoError(Errno.ESTALE, "the dataset was changed through another view meanwhile");
  }
  checkIndexes(transaction, edit.node);
  const steps = compareText(edit, index);
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done !== true) continue;
    writeText(transaction, edit, step.value);
    return step.value.index;
  }
}

/** Rows that follow each other and are to be written, and where their text is. */
interface RowRun {
  readonly row: number;
  count: number;
  readonly offset: number;
  length: number;
}

/** What an edit changes. */
export interface TextChange {
  /** Of the dataset then. */
  readonly dims: readonly number[];
  readonly runs: readonly RowRun[];
  /** Where the blocks of its text are then, where that is known. */
  readonly index: TextIndex | undefined;
}

/** Runs that are remembered. */
const MAX_RUNS = 2 ** 20;

/** Of more runs than this, rows are written by the numbers of their elements: each run would cost as much as many elements. */
const MANY_RUNS = 256;

/** Bytes of elements, and elements, that are written at a time. */
const BATCH = 2 ** 20;
const BATCH_ELEMENTS = 2 ** 16;

/** Rows after which there is a pause. */
const STEP = 256;

/**
 * Which rows of a dataset a text changes, with pauses. Rows that are shown as the same text are not parsed, and stay, and so do
 * those that would be shown as before, whatever their text looks like: what a view does not show of a row is kept.
 * @param index where the blocks of the present text are, as far as that is known
 * @throws H5Error "argument" where it is no such text; "unsupported" where rows cannot be told from each other
 */
export function* compareText(edit: TextEdit, index?: TextIndex): Generator<undefined, TextChange> {
  const { view, node, dataset, text, after, isExact } = edit;
  const inner = dataset.dims.slice(1);
  if (dataset.dims.length === 0 || (view === "txt" && inner.length > 1)) throw notByRows(node);
  if (after !== undefined && (view === "json" || shownAs(dataset)?.style?.endsWithLine === false)) {
    throw new H5Error("argument", "nothing can come after the end of the text");
  }
  const heap = new TextHeap(dataset);
  const present = new PresentRows(view, node.name, dataset);
  const future = new PresentRows(view, node.name, dataset, heap.resolver);
  const { elementsPerRow } = present;
  const reader = rowReader(edit, heap);
  const row = elementBytes(new Uint8Array(present.rowSize));
  const runs: RowRun[] = [];
  const first = after ?? 0;
  const known = index?.elementCount === first * elementsPerRow ? index : undefined;
  const blocks =
    view === "json" || (known === undefined && first > 0) ? undefined : new TextBlocks(known, present.head().length);
  let number = first;
  let size = 0;
  for (const each of reader.rows(blocksOf(text, 0, text.size), first, after !== undefined)) {
    const found = each.bytes.subarray(each.from, each.to);
    size += found.length;
    const shown = number < present.count ? present.text(number) : undefined;
    if (view === "txt" && shown !== undefined && shown.indexOf(NEWLINE) !== shown.length - 1) throw notReadBack(node);
    let { length } = found;
    if (shown === undefined || Buffer.compare(shown, found) !== 0) {
      row.bytes.fill(0);
      heap.clear();
      reader.parse(row, 0);
      const written = future.textOf(number, row);
      length = written.length;
      if (isExact && Buffer.compare(written, found) !== 0) throw notTheSame(number);
      if (shown === undefined || Buffer.compare(written, shown) !== 0) addRow(runs, number, each);
    }
    blocks?.add(elementsPerRow, length);
    if (++number % STEP === 0) yield;
  }
  if (isExact && !isWholeExact(edit, present, size, number)) throw notTheSame(0);
  const perFirst = inner.reduce((product, dim) => product * dim, 1);
  const elements = number * elementsPerRow;
  if (elements % perFirst !== 0) throw new H5Error("argument", `${number} rows are no whole number of planes`);
  return { dims: [elements / perFirst, ...inner], runs, index: elements === 0 ? undefined : blocks?.index() };
}

/** Makes a change that was found, whole. @throws H5Error, ErrnoError EFBIG: the transaction is to be rolled back */
export function writeText(transaction: FileTransaction, edit: TextEdit, { dims, runs }: TextChange): void {
  const { dataset } = edit;
  reshape(transaction, dataset, dims);
  const reader = rowReader(edit, new FileHeapWriter(transaction));
  const { elementSize } = dataset;
  const rowSize = reader.elementsPerRow * elementSize;
  const writer = new RowWriter(transaction, dataset, dims, runs.length > MANY_RUNS);
  for (const { row, count, offset, length } of runs) {
    let number = row;
    for (const _ of reader.rows(blocksOf(edit.text, offset, length), row, true)) {
      const bytes = writer.room(number++ * reader.elementsPerRow, rowSize);
      reader.parse(elementBytes(bytes), 0);
    }
    if (number !== row + count) throw new TypeError(`${number - row} rows where ${count} were found`);
    writer.endRun();
  }
  writer.end();
}

/** Collects rows, and writes many at a time. */
class RowWriter {
  readonly #transaction: FileTransaction;
  readonly #dataset: Dataset;
  readonly #dims: readonly number[];
  readonly #isScattered: boolean;
  #parts: Uint8Array[] = [];
  #size = 0;
  #first = 0;
  #numbers: number[] = [];

  constructor(transaction: FileTransaction, dataset: Dataset, dims: readonly number[], isScattered: boolean) {
    this.#transaction = transaction;
    this.#dataset = dataset;
    this.#dims = dims;
    this.#isScattered = isScattered;
  }

  /** Memory for a row's elements, all zero, which follow those of the run's row before. @param first number of the first */
  room(first: number, size: number): Uint8Array {
    if (this.#size >= BATCH || this.#numbers.length >= BATCH_ELEMENTS) this.#write();
    if (this.#size === 0) this.#first = first;
    const part = new Uint8Array(size);
    this.#parts.push(part);
    this.#size += size;
    if (this.#isScattered) {
      for (let i = 0; i < size / this.#dataset.elementSize; i++) this.#numbers.push(first + i);
    }
    return part;
  }

  endRun(): void {
    if (!this.#isScattered) this.#write();
  }

  end(): void {
    this.#write();
  }

  #write(): void {
    if (this.#size === 0) return;
    const bytes = Buffer.concat(this.#parts);
    const { address, elementSize } = this.#dataset;
    if (this.#isScattered) {
      writeSelection(this.#transaction, address, { elements: Float64Array.from(this.#numbers) }, bytes);
    } else {
      writeElements(this.#transaction, address, { dims: this.#dims, elementSize }, this.#first, bytes);
    }
    this.#parts = [];
    this.#numbers = [];
    this.#size = 0;
  }
}

const NEWLINE = 0x0a;
const CLOSE_LIST = 0x5d;

function addRow(runs: RowRun[], row: number, { offset, from, to }: TextRow): void {
  const last = runs.at(-1);
  if (last !== undefined && last.row + last.count === row) {
    last.count++;
    last.length = offset + to - from - last.offset;
    return;
  }
  if (runs.length === MAX_RUNS) throw new ErrnoError(Errno.EFBIG, "too many rows here and there have changed");
  runs.push({ row, count: 1, offset, length: to - from });
}

/** Whether nothing but rows, each as the view shows it, and what belongs around them is in the text. */
function isWholeExact({ view, text, after }: TextEdit, present: PresentRows, size: number, rows: number): boolean {
  if (after !== undefined) return text.size === size;
  const head = present.head().slice();
  if (Buffer.compare(text.read(0, Math.min(head.length, text.size)), head) !== 0) return false;
  if (view !== "json") return text.size === head.length + size;
  const end = text.read(Math.max(0, text.size - 2), Math.min(2, text.size));
  const commas = Math.max(0, rows - 1);
  return text.size === head.length + size + commas + 2 && end[0] === CLOSE_LIST && end[1] === NEWLINE;
}

function rowReader({ view, dataset, node: { name } }: TextEdit, heap: HeapWriter): RowReader {
  const target = { datatype: meantDatatype(dataset, dataset.datatype), dims: dataset.dims, name };
  switch (view) {
    case "csv":
      return csvRowReader(target, heap, shownAs(dataset)?.style);
    case "txt":
      return txtRowReader(target, heap);
    case "json":
      return jsonRowReader(target, heap);
  }
}

function* blocksOf(text: FileBytes, offset: number, length: number): Generator<Uint8Array> {
  for (let at = offset; at < offset + length; at += WINDOW) {
    yield text.read(at, Math.min(WINDOW, offset + length - at));
  }
}

function notTheSame(row: number): H5Error {
  return new H5Error("argument", `row ${row} would not read back as the same bytes`);
}

function notReadBack({ path }: FileNode): UnsupportedError {
  return new UnsupportedError(`${path}: not all of its values read back from the text; write it as .csv or .json`, {
    path,
  });
}

function notByRows({ path }: FileNode): UnsupportedError {
  return new UnsupportedError(`${path}: a text of so much data is edited by rows, and this one has none`, { path });
}
