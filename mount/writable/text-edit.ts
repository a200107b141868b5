import { H5Error, UnsupportedError } from "../../src/errors.ts";
import type { Dataset } from "../../src/object/dataset.ts";
import { refersToHeap } from "../../src/object/heap-collections.ts";
import { FileHeapWriter } from "../../src/object/heap-writer.ts";
import { meantDatatype } from "../../src/object/pytables.ts";
import { type ElementBytes, elementBytes } from "../../src/object/value-bytes.ts";
import type { HeapWriter } from "../../src/object/value-encode.ts";
import type { FileTransaction } from "../../src/object/writable-file.ts";
import type { FileNode } from "../../src/tree/node.ts";
import { shownAs } from "../../src/tree/shown-as.ts";
import { csvRowReader } from "../../src/view/parse-csv.ts";
import { jsonRowReader } from "../../src/view/parse-json-rows.ts";
import { txtRowReader } from "../../src/view/parse-txt.ts";
import type { RowReader, TextRow } from "../../src/view/row-reader.ts";
import type { TextIndex } from "../../src/view/text-index.ts";
import type { TextViewName } from "../../src/view/view.ts";
import { Errno, ErrnoError } from "../errno.ts";
import { leaveArrowForm } from "./arrow-form.ts";
import type { FileBytes } from "./import-plan.ts";
import { PresentRows } from "./present-rows.ts";
import { MOVED, markIndexes, reshape } from "./reshape.ts";
import { RowWriter } from "./row-writer.ts";
import { StagedRows } from "./staged-rows.ts";
import { TextBlocks } from "./text-blocks.ts";
import { TextHeap } from "./text-heap.ts";

/** A text that a view of a dataset is to be, or rows of it. It is read in pieces, however long it is. */
export interface TextEdit {
  readonly view: TextViewName;
  readonly node: FileNode;
  readonly dataset: Dataset;
  readonly text: FileBytes;
  /** The text is what comes after so many rows, which stay; `undefined`: all of the view. */
  readonly after: number | undefined;
  /** All of the view was written, from nothing. */
  readonly isWhole: boolean;
  /** The view must then be these very bytes. */
  readonly isExact: boolean;
}

/** Whether a node is a text of a dataset's elements. */
export function isText({ object, view }: FileNode): boolean {
  return isTextView(view) && object.kind === "dataset";
}

function isTextView(view: FileNode["view"]): view is TextViewName {
  return view === "csv" || view === "txt" || view === "json";
}

/** @throws H5Error "unsupported" for what is no text */
export function textEdit(edit: Omit<TextEdit, "view">): TextEdit {
  const { view } = edit.node;
  if (!isTextView(view)) throw new TypeError(`${view} is no text`);
  return { view, ...edit };
}

/** Rows of a dataset's text. @throws H5Error where it has none */
export function rowsOf({ view, name }: FileNode, dataset: Dataset): number {
  return isTextView(view) ? new PresentRows(view, name, dataset).count : 0;
}

/**
 * Makes a dataset be what a text says, whole or not at all.
 * @param isOvertaken others have changed the dataset since the text was begun
 * @param found what it changes: `compareText`, now or before
 * @returns where the blocks of the text are then, where that is known
 * @throws H5Error "argument" where it is no such text, ErrnoError ESTALE; EFBIG where the dataset cannot become so long
 */
export function applyText(
  transaction: FileTransaction,
  edit: TextEdit,
  isOvertaken: boolean,
  found: () => TextChange,
): TextIndex | undefined {
  if (isOvertaken) {
    throw new ErrnoError(Errno.ESTALE, "the dataset was changed through another view meanwhile");
  }
  markIndexes(transaction, edit.node);
  const change = found();
  writeText(transaction, edit, change);
  return change.index;
}

/** Rows that follow each other and are to be written, and where their text is. */
export interface RowRun {
  readonly row: number;
  count: number;
  readonly offset: number;
  length: number;
  /** Where their elements are, as they were parsed; `undefined`: they are to be parsed when they are written. */
  readonly staged: number | undefined;
}

/** Rows that follow each other: their elements, and bytes of their text. */
interface ManyRows {
  readonly rows: number;
  readonly length: number;
  readonly elements: ElementBytes;
}

/** What an edit changes. */
export interface TextChange {
  /** Of the dataset then. */
  readonly dims: readonly number[];
  readonly runs: readonly RowRun[];
  readonly staged: StagedRows;
  /** Bytes of a row's elements. */
  readonly rowSize: number;
  /** Where the blocks of its text are then, where that is known. */
  readonly index: TextIndex | undefined;
}

/** Runs that are remembered. */
const MAX_RUNS = 2 ** 20;

/** More runs than this, of fewer elements each, are written by the numbers of their elements: a run costs as much as so many. */
const MANY_RUNS = 256;
const LONG_RUN = 16;

/** Bytes of staged elements that are taken at a time. */
const STAGED = 2 ** 20;

/** Rows after which there is a pause. */
const STEP = 256;

/**
 * Which rows of a dataset a text changes, with pauses.
 * @param index where the blocks of the present text are, as far as that is known
 * @throws H5Error "argument" where it is no such text; "unsupported" where rows cannot be told from each other
 */
export function* compareText(edit: TextEdit, index?: TextIndex): Generator<undefined, TextChange> {
  const { view, node, dataset, after } = edit;
  if (dataset.dims.length === 0 || (view === "txt" && dataset.dims.length > 2)) throw notByRows(node);
  if (after !== undefined && (view === "json" || !endsWithLine(edit))) {
    throw new H5Error("argument", "nothing can come after the end of the text");
  }
  const comparison = new TextComparison(edit, index);
  yield* comparison.steps();
  return comparison.result();
}

/**
 * Rows that are shown as the same text are not parsed, and stay, and so do those that would be shown as before, whatever their
 * text looks like: what a view does not show of a row is kept.
 */
class TextComparison {
  readonly #edit: TextEdit;
  readonly #heap: TextHeap;
  readonly #present: PresentRows;
  /** By which it is seen how rows would be shown. */
  readonly #future: PresentRows;
  readonly #reader: RowReader;
  readonly #row: ElementBytes;
  readonly #runs: RowRun[] = [];
  readonly #staged = new StagedRows();
  /** Whether the elements of a row are all that there is of it: nothing is to be put into the heap. */
  readonly #canStage: boolean;
  readonly #blocks: TextBlocks | undefined;
  /** The next row, the line that it is on, and where that is in the text. */
  #number: number;
  #line = 1;
  #offset = 0;
  /** Bytes of all rows so far. */
  #size = 0;
  /** Not each row is a line: only the same text is known to be the same rows. */
  #isAmbiguous = false;

  constructor(edit: TextEdit, index: TextIndex | undefined) {
    const { view, node, dataset, after } = edit;
    this.#edit = edit;
    this.#heap = new TextHeap(dataset);
    this.#present = new PresentRows(view, node.name, dataset);
    this.#future = new PresentRows(view, node.name, dataset, this.#heap.resolver);
    this.#reader = rowReader(edit, this.#heap);
    this.#canStage = !refersToHeap(dataset.datatype);
    this.#row = elementBytes(new Uint8Array(this.#present.rowSize));
    this.#number = after ?? 0;
    const known = index?.elementCount === this.#number * this.#present.elementsPerRow ? index : undefined;
    // A last row without a line break is shorter than it would be elsewhere.
    const isUnknown = view === "json" || !endsWithLine(edit) || (known === undefined && after !== undefined);
    this.#blocks = isUnknown ? undefined : new TextBlocks(known, this.#present.head().length);
  }

  *steps(): Generator<undefined, void> {
    const { view, after, text } = this.#edit;
    // What stands between the values of a list belongs to no row.
    if (view === "json") {
      for (const row of this.#reader.rows(piecesOf(text, 0))) if (this.#compare(row) % STEP === 0) yield;
      return;
    }
    let isPart = after !== undefined || this.#skipHead();
    for (let most = STEP; ; isPart = true) {
      const before = this.#number;
      if (isPart) yield* this.#many();
      most = this.#number > before ? STEP : 2 * most;
      const start = this.#offset;
      const part = isPart ? { row: this.#number, line: this.#line } : undefined;
      let isEnd = true;
      let rows = 0;
      for (const row of this.#reader.rows(piecesOf(text, start), part)) {
        if (this.#compare({ ...row, offset: start + row.offset }) % STEP === 0) yield;
        if (++rows < most) continue;
        isEnd = false;
        break;
      }
      if (isEnd) return;
    }
  }

  result(): TextChange {
    const { node, dataset, isExact } = this.#edit;
    const { elementsPerRow, rowSize, count } = this.#present;
    const [number, inner] = [this.#number, dataset.dims.slice(1)];
    if (this.#isAmbiguous && (this.#runs.length > 0 || number !== count)) throw notReadBack(node);
    if (isExact && !isWholeExact(this.#edit, this.#present, this.#size, number)) throw notTheSame(0);
    const perFirst = inner.reduce((product, dim) => product * dim, 1);
    const elements = number * elementsPerRow;
    if (elements % perFirst !== 0) throw new H5Error("argument", `${number} rows are no whole number of planes`);
    const index = elements === 0 ? undefined : this.#blocks?.index();
    return { dims: [elements / perFirst, ...inner], runs: this.#runs, staged: this.#staged, rowSize, index };
  }

  /** @returns whether the text begins as the view does */
  #skipHead(): boolean {
    const { text } = this.#edit;
    const head = this.#present.head();
    if (Buffer.compare(text.read(0, Math.min(head.length, text.size)), head) !== 0) return false;
    this.#offset = head.length;
    this.#line += linesIn(head);
    return true;
  }

  /** Goes on as long as many rows at once are as they are shown, or as they will be. */
  *#many(): Generator<undefined, void> {
    const { view, text } = this.#edit;
    while (this.#offset < text.size) {
      const isMore = this.#number < this.#present.count;
      const shown = isMore ? this.#present.texts(this.#number) : { rows: 0, bytes: new Uint8Array(0) };
      const { rows, bytes } = shown;
      const { length } = bytes;
      const isSame =
        isMore && Buffer.compare(text.read(this.#offset, Math.min(length, text.size - this.#offset)), bytes) === 0;
      if (isSame) {
        const lines = linesIn(bytes);
        this.#isAmbiguous ||= view === "txt" && lines !== rows;
        this.#pass(rows, lines, length);
      } else if (!this.#differing(rows, bytes)) return;
      yield;
    }
  }

  /** So many rows have been compared. */
  #pass(rows: number, lines: number, length: number): void {
    this.#blocks?.add(rows * this.#present.elementsPerRow, length);
    this.#line += lines;
    this.#number += rows;
    this.#offset += length;
    this.#size += length;
  }

  /**
   * Compares many rows, some of which are other than they are shown: of one line each, and written as they will be shown.
   * @param shown as how many rows from the next on, and how, the view shows them; none: they are added
   * @returns false: they are not all so, and nothing was done
   */
  #differing(shown: number, bytes: Uint8Array): boolean {
    if (linesIn(bytes) !== shown) return false;
    const parsed = this.#parseMany(shown === 0 ? this.#present.rowsAtOnce : shown);
    if (parsed === undefined) return false;
    const { rows, length, elements } = parsed;
    const found = this.#edit.text.read(this.#offset, length);
    const written = this.#future.textsOf(this.#number, rows, elements);
    if (linesIn(found) !== rows || Buffer.compare(found, written) !== 0) return false;
    this.#addDifferent(found, elements.bytes, rows, bytes, shown);
    this.#pass(rows, rows, length);
    return true;
  }

  /** The next rows, at most so many. @returns `undefined` where there are none, any is wrong, or stands apart from the others */
  #parseMany(most: number): ManyRows | undefined {
    const { rowSize } = this.#present;
    const elements = elementBytes(new Uint8Array(most * rowSize));
    this.#heap.clear();
    let rows = 0;
    let length = 0;
    try {
      const part = { row: this.#number, line: this.#line };
      for (const { offset, from, to } of this.#reader.rows(piecesOf(this.#edit.text, this.#offset), part)) {
        if (offset !== length) return undefined;
        this.#reader.parse(elements, rows * rowSize);
        length += to - from;
        if (++rows === most) break;
      }
    } catch (error) {
      // One by one, it is seen which rows are to be parsed at all, and what is wrong with them.
      if (error instanceof H5Error) return undefined;
      throw error;
    }
    return rows === 0 ? undefined : { rows, length, elements };
  }

  /** @param found lines, one for each row, and their elements @param shown as which those rows are shown, as far as there are such */
  #addDifferent(found: Uint8Array, elements: Uint8Array, rows: number, shown: Uint8Array, shownRows: number): void {
    const { rowSize } = this.#present;
    let [from, shownFrom] = [0, 0];
    let first = 0;
    let start = 0;
    /** Rows from `first` on are others, up to that one. */
    const end = (i: number): void => {
      if (i === first) return;
      const place = { row: this.#number + first, count: i - first, offset: this.#offset + start, length: from - start };
      this.#addRun(place, elements.subarray(first * rowSize, i * rowSize));
    };
    for (let i = 0; i < rows; i++) {
      const to = lineEnd(found, from);
      const shownTo = i < shownRows ? lineEnd(shown, shownFrom) : shownFrom;
      if (isSameLine(found, from, to, shown, shownFrom, shownTo)) {
        end(i);
        [first, start] = [i + 1, to];
      }
      [from, shownFrom] = [to, shownTo];
    }
    end(rows);
  }

  /** @param elements as they were parsed */
  #addRun(place: Omit<RowRun, "staged">, elements: Uint8Array): void {
    const { rowSize } = this.#present;
    const staged = this.#canStage ? this.#staged.add(elements) : undefined;
    const last = this.#runs.at(-1);
    const next = last?.staged === undefined ? undefined : last.staged + last.count * rowSize;
    if (last !== undefined && last.row + last.count === place.row && staged === next) {
      last.count += place.count;
      last.length = place.offset + place.length - last.offset;
      return;
    }
    if (this.#runs.length === MAX_RUNS) throw new ErrnoError(Errno.EFBIG, "too many rows here and there have changed");
    this.#runs.push({ ...place, staged });
  }

  /** @returns the number of the next row */
  #compare(each: TextRow): number {
    const { view, node, isExact } = this.#edit;
    const number = this.#number;
    const found = each.bytes.subarray(each.from, each.to);
    const shown = number < this.#present.count ? this.#present.text(number) : undefined;
    if (view === "txt" && shown !== undefined && shown.indexOf(NEWLINE) !== shown.length - 1) throw notReadBack(node);
    let { length } = found;
    if (shown === undefined || Buffer.compare(shown, found) !== 0) {
      this.#row.bytes.fill(0);
      this.#heap.clear();
      this.#reader.parse(this.#row, 0);
      const written = this.#future.textOf(number, this.#row);
      length = written.length;
      if (isExact && Buffer.compare(written, found) !== 0) throw notTheSame(number);
      if (shown === undefined || Buffer.compare(written, shown) !== 0) {
        this.#addRun({ row: number, count: 1, offset: each.offset, length: found.length }, this.#row.bytes);
      }
    }
    this.#blocks?.add(this.#present.elementsPerRow, length);
    this.#size += found.length;
    this.#offset = each.offset + found.length;
    this.#line += linesIn(found);
    this.#number++;
    return this.#number;
  }
}

/** Makes a change that was found, whole. @throws H5Error, ErrnoError EFBIG: the transaction is to be rolled back */
export function writeText(transaction: FileTransaction, edit: TextEdit, change: TextChange): void {
  const { dims, runs } = change;
  const { dataset } = edit;
  const { elementSize } = dataset;
  leaveArrowForm(transaction, dataset);
  const size = dims.reduce((product, dim) => product * dim, elementSize);
  const isAll = runs.length === 1 && (runs[0]?.count ?? 0) * change.rowSize === size;
  const isMoved = isAll && size >= MOVED && dataset.layout.kind === "contiguous";
  reshape(transaction, dataset, { dims, isWhole: edit.isWhole, isKept: !isAll, isMoved });
  const reader = rowReader(edit, new FileHeapWriter(transaction));
  const rowSize = reader.elementsPerRow * elementSize;
  const atOnce = Math.max(1, Math.floor(STAGED / Math.max(1, rowSize)));
  const rows = runs.reduce((sum, { count }) => sum + count, 0);
  const isScattered = runs.length > MANY_RUNS && rows * reader.elementsPerRow < runs.length * LONG_RUN;
  const writer = new RowWriter(transaction, { dataset, dims, rowSize, isScattered });
  for (const { row, count, offset, length, staged } of runs) {
    if (staged !== undefined) {
      for (let i = 0; i < count; i += atOnce) {
        const elements = change.staged.bytes(staged + i * rowSize, Math.min(atOnce, count - i) * rowSize);
        writer.add((row + i) * reader.elementsPerRow, elements);
      }
      writer.endRun();
      continue;
    }
    let number = row;
    for (const _ of reader.rows(piecesOf(edit.text, offset, length), { row, line: 1 })) {
      const at = writer.room(number++ * reader.elementsPerRow);
      reader.parse(writer.bytes, at);
    }
    if (number !== row + count) throw new TypeError(`${number - row} rows where ${count} were found`);
    writer.endRun();
  }
  writer.end();
}

/** Whether the last row is written as all others. */
function endsWithLine({ view, dataset }: TextEdit): boolean {
  const { style, txt } = shownAs(dataset) ?? {};
  return (view === "csv" ? style : view === "txt" ? txt : undefined)?.endsWithLine !== false;
}

const NEWLINE = 0x0a;

/** Whether nothing but rows, each as the view shows it, and what belongs around them is in the text. */
function isWholeExact({ view, text, after }: TextEdit, present: PresentRows, size: number, rows: number): boolean {
  if (after !== undefined) return text.size === size;
  const head = present.head().slice();
  if (Buffer.compare(text.read(0, Math.min(head.length, text.size)), head) !== 0) return false;
  const tail = present.tail(rows);
  const commas = view === "json" ? Math.max(0, rows - 1) : 0;
  if (text.size !== head.length + size + commas + tail.length) return false;
  return Buffer.compare(text.read(text.size - tail.length, tail.length), tail) === 0;
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

/** Bytes of a text that are read at a time: mostly few rows are looked at one by one. */
const PIECE = 2 ** 16;

function* piecesOf(text: FileBytes, offset: number, length = text.size - offset): Generator<Uint8Array> {
  for (let at = offset; at < offset + length; at += PIECE) {
    yield text.read(at, Math.min(PIECE, offset + length - at));
  }
}

function linesIn(bytes: Uint8Array): number {
  let lines = 0;
  for (const byte of bytes) if (byte === NEWLINE) lines++;
  return lines;
}

/** Where the line that begins at `from` ends, its line break included. */
function lineEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at] !== NEWLINE) at++;
  return at + 1;
}

function isSameLine(a: Uint8Array, from: number, to: number, b: Uint8Array, bFrom: number, bTo: number): boolean {
  if (to - from !== bTo - bFrom) return false;
  for (let i = 0; i < to - from; i++) if (a[from + i] !== b[bFrom + i]) return false;
  return true;
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
