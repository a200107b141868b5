import { H5Error } from "../../src/errors.ts";
import { setAttribute } from "../../src/object/attribute-edit.ts";
import { removeAttribute } from "../../src/object/attribute-value.ts";
import { createUnlinked, type UnlinkedDataset } from "../../src/object/create-dataset.ts";
import type { Dataset } from "../../src/object/dataset.ts";
import { datasetAt } from "../../src/object/dataset-at.ts";
import { exchangeContents } from "../../src/object/exchange-contents.ts";
import type { Group } from "../../src/object/group.ts";
import { FileHeapWriter } from "../../src/object/heap-writer.ts";
import { meantDatatype } from "../../src/object/pytables.ts";
import { isLeafAttribute } from "../../src/object/pytables-leaf.ts";
import { releaseObject } from "../../src/object/unlink.ts";
import type { FileTransaction } from "../../src/object/writable-file.ts";
import { writeElements } from "../../src/object/write-elements.ts";
import { isFileMark } from "../../src/tree/file-node.ts";
import { type ShownAs, shownAs, shownAsAttribute } from "../../src/tree/shown-as.ts";
import { HeapValuePlacer } from "./collected-heap.ts";
import { isZero } from "./import-plan.ts";
import { type ImportedElements, meantType, type PlannedDataset } from "./import-steps.ts";

/** A new dataset without a name, whose elements come from a file. When it has them all, the file's header takes over what it is. */
export class NewDataset {
  readonly #plan: PlannedDataset;
  readonly #made: UnlinkedDataset;

  /** @param place its group, and how messages call it */
  constructor(
    transaction: FileTransaction,
    plan: PlannedDataset,
    place: { readonly group: Group; readonly path: string },
  ) {
    this.#plan = plan;
    this.#made = createUnlinked(transaction, place, plan.dataset);
  }

  /** Of its header. */
  get address(): number {
    return this.#made.address;
  }

  get elementSize(): number {
    return this.#plan.dataset.dtype.size;
  }

  /** @param from @param to bytes of the elements, which are changed */
  write(transaction: FileTransaction, { first, bytes, values }: ImportedElements, from: number, to: number): void {
    const { shape: dims, dtype } = this.#plan.dataset;
    const part = bytes.subarray(from, to);
    // What was never written takes no space here either.
    if (isZero(part)) return;
    new HeapValuePlacer(values).place(dtype, part, new FileHeapWriter(transaction));
    const elementSize = dtype.size;
    writeElements(transaction, this.address, { dims, elementSize }, first + from / elementSize, part);
  }

  /**
   * The file becomes the dataset, and this one is gone.
   * @param address of the file's header @param bare links that are shown as they are
   * @throws H5Error where that cannot be: the transaction is to be rolled back
   */
  replace(transaction: FileTransaction, address: number, bare: readonly string[]): void {
    const { edit, file } = transaction;
    const { view, style, json, txt, arrow } = this.#plan;
    for (const { name } of [...datasetAt(file, address).attributes()]) {
      if (isFileMark(name)) removeAttribute(transaction, address, name);
      else if (isLeafAttribute(name))
        throw new H5Error("argument", `it has an attribute ${name}, which PyTables needs`);
    }
    exchangeContents(transaction, address, this.address);
    releaseObject(transaction, this.address);
    this.#made.attributes(transaction, address);
    const shown: ShownAs = { view, isMade: true, bare, style, json, txt, arrow };
    setAttribute(edit, address, shownAsAttribute(shown));
    this.#checkKept(datasetAt(transaction.file, address), shown);
  }

  /** What is kept leads to the rendering that was compared. */
  #checkKept(dataset: Dataset, shown: ShownAs): void {
    const { dataset: planned } = this.#plan;
    const isSame =
      JSON.stringify(shownAs(dataset)) === JSON.stringify(shown) &&
      JSON.stringify(meantDatatype(dataset, dataset.datatype)) ===
        JSON.stringify(meantType(dataset.datatype, planned)) &&
      dataset.dims.join() === planned.shape.join();
    if (!isSame) throw new H5Error("argument", "how it is written cannot be kept");
  }
}
