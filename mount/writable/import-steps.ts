import { RangeReader } from "../../src/chunk/read-range.ts";
import { H5Error } from "../../src/errors.ts";
import type { Datatype } from "../../src/format/datatype.ts";
import { datasetAt } from "../../src/object/dataset-at.ts";
import type { H5File } from "../../src/object/file.ts";
import { pyTablesMeaning } from "../../src/object/pytables.ts";
import { ByteSink } from "../../src/object/text/byte-sink.ts";
import { heapOf } from "../../src/object/value-heap.ts";
import { cacheName } from "../../src/tree/element-source.ts";
import { differenceSteps } from "../../src/view/first-difference.ts";
import { encodeNpyHeader } from "../../src/view/npy.ts";
import { render, textOf } from "../../src/view/render.ts";
import { TextIndex } from "../../src/view/text-index.ts";
import { CollectedHeap, type HeapValues } from "./collected-heap.ts";
import {
  blocksOf,
  type FileBytes,
  type ImportDataset,
  type ImportPlan,
  type ImportTarget,
  type ImportView,
  planImport,
  WINDOW,
} from "./import-plan.ts";

/** A file that is to become a dataset, as whoever reads it finds it: in one state of the mounted file after the other. */
export interface ImportSource {
  /** The mounted file as it is now. */
  file(): H5File;
  /** Of the file's header. */
  readonly address: number;
  /** Of the header of the dataset that it becomes, once all elements are in it. */
  made(): number;
}

/** What a file becomes, without what only the thread has that reads it. */
export type PlannedDataset = Pick<ImportPlan, "view" | "style" | "json" | "txt" | "arrow"> & {
  readonly dataset: ImportDataset;
};

/** Consecutive elements; what they refer to are `values`, by their numbers. */
export interface ImportedElements {
  readonly first: number;
  readonly bytes: Uint8Array;
  readonly values: HeapValues;
}

/** What comes next on the way from a file to a dataset. All is plain data, which other threads can be given. */
export type ImportStep =
  /** Nothing yet. @see progress */
  | { readonly kind: "working"; readonly progress: number }
  | { readonly kind: "planned"; readonly plan: PlannedDataset }
  | { readonly kind: "elements"; readonly elements: ImportedElements; readonly progress: number }
  /** Those were all elements; the next step wants them to be in their place. */
  | { readonly kind: "parsed" }
  /** The dataset shows the file's bytes. @param index where a text's blocks are in it, as `TextIndex` encodes it */
  | { readonly kind: "proven"; readonly index: Uint8Array | undefined }
  | { readonly kind: "refused"; readonly problem: string };

/**
 * Reads a file three times: to find out what dataset it can become, to give its elements, and to compare its bytes with those
 * that the dataset is shown as. Pauses after each few kilobytes.
 * @throws H5Error that says why it stays a file
 */
export function* importSteps(
  view: ImportView,
  source: ImportSource,
  target: ImportTarget,
): Generator<ImportStep, undefined> {
  const file = new ReadFile(source);
  const planning = planImport(view, file, target);
  let planned = planning.next();
  for (; planned.done !== true; planned = planning.next()) yield { kind: "working", progress: file.progress / 3 };
  const plan = planned.value;
  const { style, json, txt, arrow, dataset } = plan;
  const styles = { ...(style && { style }), ...(json && { json }), ...(txt && { txt }), ...(arrow && { arrow }) };
  yield { kind: "planned", plan: { view, dataset, ...styles } };
  const heap = new CollectedHeap(target.sizeOfOffsets);
  for (const { first, bytes } of plan.elements(heap)) {
    const progress = (1 + file.progress) / 3;
    yield { kind: "elements", elements: { first, bytes, values: heap.take() }, progress };
  }
  yield { kind: "parsed" };
  if (target.isForced) {
    yield { kind: "proven", index: undefined };
    return;
  }
  const shown = new ShownBytes(source, plan);
  const steps = differenceSteps(blocksOf(file), shown.pieces());
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done !== true) {
      yield { kind: "working", progress: (2 + file.progress) / 3 };
      continue;
    }
    if (step.value !== undefined) throw view === "arrow" ? otherBytes() : difference(step.value);
    yield { kind: "proven", index: shown.index?.encode() };
    return;
  }
}

function difference({ line, expected, found }: { line: number; expected: string; found: string }): H5Error {
  const what = `\`${expected}\` would read back as \`${found}\``;
  return new H5Error("argument", `line ${line}: ${expected === found ? "it would end with a line break" : what}`);
}

function otherBytes(): H5Error {
  return new H5Error("argument", "it would not read back as the same bytes, as where a string ends with a zero byte");
}

/** The file's bytes, and how far it has been read. */
class ReadFile implements FileBytes {
  readonly size: number;
  readonly #source: ImportSource;
  readonly #reader = new RangeReader("native", 2 ** 22);
  #at = 0;

  constructor(source: ImportSource) {
    this.#source = source;
    const [size = 0] = this.#dataset().dims;
    this.size = size;
  }

  get progress(): number {
    return this.size === 0 ? 1 : this.#at / this.size;
  }

  read(offset: number, length: number): Uint8Array {
    this.#at = offset + length;
    const dataset = this.#dataset();
    return this.#reader.read(dataset, cacheName(dataset), offset, length);
  }

  #dataset() {
    return datasetAt(this.#source.file(), this.#source.address);
  }
}

/** Bytes of a text between two entries of its index, about. */
const BLOCK = 2 ** 18;

/** The bytes that the new dataset has under its view. */
class ShownBytes {
  readonly #source: ImportSource;
  readonly #plan: ImportPlan;
  readonly #datatype: Datatype;
  readonly #reader = new RangeReader("native", 2 ** 22);
  /** Of a text; complete when all pieces were given. */
  index: TextIndex | undefined;

  constructor(source: ImportSource, plan: ImportPlan) {
    this.#source = source;
    this.#plan = plan;
    this.#datatype = meantType(datasetAt(source.file(), source.made()).datatype, plan.dataset);
  }

  *pieces(): Generator<Uint8Array> {
    const { view, style, json, txt, arrow, dataset } = this.#plan;
    const { size } = this.#datatype;
    if (view === "npy") {
      yield encodeNpyHeader(this.#datatype, dataset.shape);
      const end = dataset.shape.reduce((product, dim) => product * dim, size);
      for (let at = 0; at < end; at += WINDOW) yield this.#read(at, Math.min(WINDOW, end - at));
      return;
    }
    const text = textOf(view, {
      datatype: this.#datatype,
      dims: dataset.shape,
      name: "",
      heap: {
        vlen: (stored, type) => heapOf(this.#source.file()).vlen(stored, type),
        path: (stored, type) => heapOf(this.#source.file()).path(stored, type),
      },
      csvStyle: style,
      jsonStyle: json,
      txtStyle: txt,
      arrowStyle: arrow,
      read: (first, count) => this.#read(first * size, count * size),
    });
    const { elementCount } = text.format;
    const index = new TextIndex(elementCount);
    const sink = new ByteSink();
    let length = 0;
    const steps = render(text, 0, elementCount, sink);
    for (;;) {
      const step = steps.next();
      length += sink.length;
      if (sink.length > 0) yield sink.bytes.slice(0, sink.length);
      sink.length = 0;
      if (step.done === true) break;
      // The tail belongs to the last block.
      if (length < BLOCK || step.value === elementCount) continue;
      index.append(step.value - index.frontier, length);
      length = 0;
    }
    index.append(elementCount - index.frontier, length);
    // Others are known without.
    if (text.known === undefined) this.index = index;
  }

  #read(offset: number, length: number): Uint8Array {
    const data = datasetAt(this.#source.file(), this.#source.made());
    return this.#reader.borrow(data, cacheName(data), offset, length);
  }
}

/** A stored type as it will be understood. */
export function meantType(stored: Datatype, { as }: ImportDataset): Datatype {
  return as === undefined ? stored : pyTablesMeaning(stored);
}
