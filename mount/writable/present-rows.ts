import { RangeReader } from "../../src/chunk/read-range.ts";
import { encodeText } from "../../src/format/text.ts";
import type { Dataset } from "../../src/object/dataset.ts";
import { meantDatatype } from "../../src/object/pytables.ts";
import { ByteSink } from "../../src/object/text/byte-sink.ts";
import { type ElementBytes, elementBytes } from "../../src/object/value-bytes.ts";
import { type HeapResolver, heapOf } from "../../src/object/value-heap.ts";
import { cacheName } from "../../src/tree/element-source.ts";
import { shownAs } from "../../src/tree/shown-as.ts";
import { type JsonStyle, jsonListEnd } from "../../src/view/json-style.ts";
import { textFormat } from "../../src/view/render.ts";
import type { TextFormat } from "../../src/view/text-format.ts";
import type { TextViewName } from "../../src/view/view.ts";

/** Bytes of elements that are read at a time. */
const BATCH = 2 ** 17;

/** More rows than there are: none of them is the last, which some views end otherwise. */
const MANY = 2 ** 31;

/** The rows of a dataset's text view, each by itself, as a `RowReader` cuts them. */
export class PresentRows {
  readonly #dataset: Dataset;
  readonly #format: TextFormat;
  readonly #view: TextViewName;
  readonly #jsonStyle: JsonStyle | undefined;
  readonly #reader = new RangeReader("native", 2 ** 22);
  readonly #sink = new ByteSink();
  #batch: Uint8Array = new Uint8Array(0);
  #batchFirst = 0;
  #batchRows = 0;
  /** Rows that there are. */
  readonly count: number;

  /**
   * @param name of the dataset, which may head a column
   * @param heap where the values are that elements given to `textOf` refer to
   */
  constructor(view: TextViewName, name: string, dataset: Dataset, heap: HeapResolver = heapOf(dataset.file)) {
    this.#view = view;
    this.#dataset = dataset;
    const [, ...inner] = dataset.dims;
    const { style, json, txt } = shownAs(dataset) ?? {};
    this.#jsonStyle = json;
    this.#format = textFormat(view, {
      datatype: meantDatatype(dataset, dataset.datatype),
      dims: [MANY, ...inner],
      name,
      heap,
      csvStyle: style,
      jsonStyle: json,
      txtStyle: txt,
      read: () => new Uint8Array(0),
    });
    this.count = Math.floor(dataset.elementCount / this.elementsPerRow);
  }

  /** Of JSON, a row is a value of the outermost list, not a line. */
  get elementsPerRow(): number {
    if (this.#view !== "json") return this.#format.elementsPerRow;
    return this.#dataset.dims.slice(1).reduce((product, dim) => product * dim, 1);
  }

  /** Bytes of the elements of a row. */
  get rowSize(): number {
    return this.elementsPerRow * this.#format.elementSize;
  }

  /** What stands before the first row: a view of memory that the next call overwrites. */
  head(): Uint8Array {
    this.#sink.length = 0;
    if (this.#view === "json") this.#sink.byte(0x5b);
    else this.#format.head(this.#sink);
    return this.#sink.bytes.subarray(0, this.#sink.length);
  }

  /** What stands after the last of so many rows. */
  tail(rows: number): Uint8Array {
    return encodeText(this.#view === "json" ? jsonListEnd(this.#jsonStyle, rows) : "");
  }

  /** As the view shows as many rows from one on as are read at once: a view of memory that the next call overwrites. Not for JSON. */
  texts(row: number): { readonly rows: number; readonly bytes: Uint8Array } {
    this.#read(row);
    const rows = this.#batchRows;
    this.#sink.length = 0;
    this.#format.elements(row * this.elementsPerRow, rows * this.elementsPerRow, elementBytes(this.#batch), this.#sink);
    return { rows, bytes: this.#sink.bytes.subarray(0, this.#sink.length) };
  }

  /** So many rows are read at once. */
  get rowsAtOnce(): number {
    return Math.max(1, Math.floor(BATCH / Math.max(1, this.rowSize)));
  }

  /** As the view would show other elements as so many rows; the same memory. Not for JSON. */
  textsOf(row: number, rows: number, elements: ElementBytes): Uint8Array {
    const { elementsPerRow } = this;
    this.#sink.length = 0;
    this.#format.elements(row * elementsPerRow, rows * elementsPerRow, elements, this.#sink);
    return this.#sink.bytes.subarray(0, this.#sink.length);
  }

  /** As the view shows a row: a view of memory that the next call overwrites. */
  text(row: number): Uint8Array {
    return this.textOf(row, this.#elements(row));
  }

  /** As the view would show other elements as that row; the same memory. */
  textOf(row: number, elements: ElementBytes): Uint8Array {
    const { elementsPerRow } = this;
    this.#sink.length = 0;
    this.#format.elements(row * elementsPerRow, elementsPerRow, elements, this.#sink);
    // The bracket of a list, or the comma between two of its values.
    return this.#sink.bytes.subarray(this.#view === "json" ? 1 : 0, this.#sink.length);
  }

  #elements(row: number): ElementBytes {
    const { rowSize } = this;
    if (row < this.#batchFirst || row >= this.#batchFirst + this.#batchRows) this.#read(row);
    const at = (row - this.#batchFirst) * rowSize;
    return elementBytes(this.#batch.subarray(at, at + rowSize));
  }

  #read(row: number): void {
    const { rowSize } = this;
    const rows = Math.min(this.rowsAtOnce, this.count - row);
    this.#batch = this.#reader.read(this.#dataset, cacheName(this.#dataset), row * rowSize, rows * rowSize);
    this.#batchFirst = row;
    this.#batchRows = rows;
  }
}
