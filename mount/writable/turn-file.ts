import { RangeReader } from "../../src/chunk/read-range.ts";
import { H5Error } from "../../src/errors.ts";
import type { Datatype } from "../../src/format/datatype.ts";
import { setAttribute } from "../../src/object/attribute-edit.ts";
import { removeAttribute } from "../../src/object/attribute-value.ts";
import { createUnlinked } from "../../src/object/create-dataset.ts";
import type { Dataset } from "../../src/object/dataset.ts";
import { datasetAt } from "../../src/object/dataset-at.ts";
import { exchangeContents } from "../../src/object/exchange-contents.ts";
import type { H5File } from "../../src/object/file.ts";
import type { Group } from "../../src/object/group.ts";
import { FileHeapWriter } from "../../src/object/heap-writer.ts";
import { meantDatatype, pyTablesMeaning } from "../../src/object/pytables.ts";
import { isLeafAttribute } from "../../src/object/pytables-leaf.ts";
import { ByteSink } from "../../src/object/text/byte-sink.ts";
import { releaseObject } from "../../src/object/unlink.ts";
import type { HeapWriter } from "../../src/object/value-encode.ts";
import { heapOf } from "../../src/object/value-heap.ts";
import type { FileTransaction } from "../../src/object/writable-file.ts";
import { cacheName } from "../../src/tree/element-source.ts";
import { isFileMark } from "../../src/tree/file-node.ts";
import { type ShownAs, shownAs, shownAsAttribute } from "../../src/tree/shown-as.ts";
import { differenceSteps } from "../../src/view/first-difference.ts";
import { encodeNpyHeader } from "../../src/view/npy.ts";
import { render, textOf } from "../../src/view/render.ts";
import { type FileBytes, type ImportPlan, isZero, WINDOW } from "./import-plan.ts";
import { writeElements } from "./write-elements.ts";

/** A file that is to become a dataset. */
export interface TurnedFile {
  readonly file: H5File;
  /** Of its header, which the dataset will have. */
  readonly address: number;
  readonly bytes: FileBytes;
  /** Its group, and how messages call it. */
  readonly place: { readonly group: Group; readonly path: string };
  readonly plan: ImportPlan;
  /** Links that are shown as they are. */
  readonly bare: readonly string[];
  /** It is turned although other bytes will be read then. */
  readonly isForced: boolean;
  /** Is told the address of the dataset that the elements are put into; no link leads there. */
  made(address: number): void;
  /** In the last transaction, before the file is none any more. */
  last(transaction: FileTransaction): void;
}

/**
 * Makes a dataset of a file, with pauses: what is done until the next is one transaction, which `next` is given. The elements
 * are put into a new dataset without a name. When it has been seen to show the same bytes, the file's header takes over its
 * contents.
 * @throws H5Error where it does not: the transaction is to be rolled back, and what was `made` to be freed
 */
export function* turnFile(turned: TurnedFile): Generator<undefined, void, FileTransaction> {
  const { address, plan, place, bare } = turned;
  const { view, style, dataset } = plan;
  let transaction: FileTransaction = yield;
  const { address: made, attributes } = createUnlinked(transaction, place, dataset);
  turned.made(made);
  const heap = new LastingHeap(transaction);
  const { shape: dims, dtype } = dataset;
  for (const { first, bytes } of plan.elements(heap)) {
    // What was never written takes no space here either.
    if (!isZero(bytes)) writeElements(transaction, made, { dims, elementSize: dtype.size }, first, bytes);
    transaction = yield;
    heap.transaction = transaction;
  }
  // The heap and chunks that were written last are in their place for who reads.
  transaction = yield* proven(turned, transaction, made);
  const { edit, file } = transaction;
  turned.last(transaction);
  const old = datasetAt(file, address);
  for (const { name } of [...old.attributes()]) {
    if (isFileMark(name)) removeAttribute(transaction, address, name);
    else if (isLeafAttribute(name)) throw new H5Error("argument", `it has an attribute ${name}, which PyTables needs`);
  }
  exchangeContents(transaction, address, made);
  releaseObject(transaction, made);
  attributes(transaction, address);
  const shown: ShownAs = { view, isMade: true, bare, style };
  setAttribute(edit, address, shownAsAttribute(shown));
  checkKept(datasetAt(transaction.file, address), plan, shown);
}

/** What is kept leads to the rendering that was compared. */
function checkKept(dataset: Dataset, plan: ImportPlan, shown: ShownAs): void {
  const isSame =
    JSON.stringify(shownAs(dataset)) === JSON.stringify(shown) &&
    JSON.stringify(meantDatatype(dataset, dataset.datatype)) === JSON.stringify(meantType(dataset, plan)) &&
    dataset.dims.join() === plan.dataset.shape.join();
  if (!isSame) throw new H5Error("argument", "how it is written cannot be kept");
}

/** The type as it will be understood. */
function meantType({ datatype }: Dataset, { dataset: { as } }: ImportPlan): Datatype {
  return as === undefined ? datatype : pyTablesMeaning(datatype);
}

function* proven(
  { plan, bytes, isForced }: TurnedFile,
  first: FileTransaction,
  made: number,
): Generator<undefined, FileTransaction, FileTransaction> {
  let transaction = first;
  if (isForced) return transaction;
  const shown = shownBytes(() => transaction.file, made, plan);
  const steps = differenceSteps(fileBytes(bytes), shown);
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done === true) {
      const difference = step.value;
      if (difference === undefined) return transaction;
      const { line, expected, found } = difference;
      const what = `${quoted(expected)} would read back as ${quoted(found)}`;
      throw new H5Error("argument", `line ${line}: ${expected === found ? "it would end with a line break" : what}`);
    }
    transaction = yield;
  }
}

function quoted(text: string): string {
  return `\`${text}\``;
}

function* fileBytes(bytes: FileBytes): Generator<Uint8Array> {
  for (let at = 0; at < bytes.size; at += WINDOW) yield bytes.read(at, Math.min(WINDOW, bytes.size - at));
}

/** The bytes that the dataset at `address` will have under its view. */
function* shownBytes(file: () => H5File, address: number, plan: ImportPlan): Generator<Uint8Array> {
  const { view, style, dataset } = plan;
  const reader = new RangeReader("native", 2 ** 22);
  const datatype = meantType(datasetAt(file(), address), plan);
  const { size } = datatype;
  const read = (offset: number, length: number): Uint8Array => {
    const data = datasetAt(file(), address);
    return reader.borrow(data, cacheName(data), offset, length);
  };
  if (view === "npy") {
    yield encodeNpyHeader(datatype, dataset.shape);
    const end = dataset.shape.reduce((product, dim) => product * dim, size);
    for (let at = 0; at < end; at += WINDOW) yield read(at, Math.min(WINDOW, end - at));
    return;
  }
  const text = textOf(view, {
    datatype,
    dims: dataset.shape,
    name: "",
    heap: heapOf(file()),
    csvStyle: style,
    read: (first, count) => read(first * size, count * size),
  });
  const sink = new ByteSink();
  const steps = render(text, 0, text.format.elementCount, sink);
  for (let isDone = false; !isDone; ) {
    isDone = steps.next().done === true;
    if (sink.length > 0) yield sink.bytes.slice(0, sink.length);
    sink.length = 0;
  }
}

/** The heap as it is in the present transaction. */
class LastingHeap implements HeapWriter {
  #transaction: FileTransaction;
  #heap: FileHeapWriter;

  constructor(transaction: FileTransaction) {
    this.#transaction = transaction;
    this.#heap = new FileHeapWriter(transaction);
  }

  set transaction(transaction: FileTransaction) {
    if (transaction === this.#transaction) return;
    this.#transaction = transaction;
    this.#heap = new FileHeapWriter(transaction);
  }

  get sizeOfOffsets(): number {
    return this.#heap.sizeOfOffsets;
  }

  insert(bytes: Uint8Array): { readonly collection: number; readonly index: number } {
    return this.#heap.insert(bytes);
  }

  address(path: string): number {
    return this.#heap.address(path);
  }
}
