import { H5Error } from "../errors.ts";
import type { AttributeSet } from "./attribute-set.ts";
import { changeStorage, type StorageOptions } from "./change-storage.ts";
import type { Dataset } from "./dataset.ts";
import { FileHeapWriter } from "./heap-writer.ts";
import { inferDims } from "./infer-datatype.ts";
import { meantDatatype } from "./pytables.ts";
import { isPyTablesTable, rowsChanged } from "./pytables-table.ts";
import type { ReadOptions } from "./read-values.ts";
import { type SelectionSpec, selected } from "./selection-spec.ts";
import type { NumberArray, Storable } from "./storable.ts";
import type { Value } from "./value.ts";
import { valuesToBytes } from "./values-to-bytes.ts";
import type { FileTransaction } from "./writable-file.ts";
import { appendToDataset, resizeDataset, writeSelection } from "./write-dataset.ts";

/** What a dataset takes of the file that it is in. */
export interface DatasetOwner {
  /** The dataset as it is now. @throws H5Error where it is not at its path any more */
  dataset(): Dataset;
  readonly path: string;
  transaction<T>(change: (transaction: FileTransaction) => T): T;
  readonly attributes: AttributeSet;
}

/** A dataset that is written, by its path: after it was moved, it is to be asked for again. */
export class EditableDataset {
  readonly #owner: DatasetOwner;

  constructor(owner: DatasetOwner) {
    this.#owner = owner;
  }

  /** As it is now, for reading. */
  get dataset(): Dataset {
    return this.#owner.dataset();
  }

  get shape(): readonly number[] {
    return this.dataset.dims;
  }

  get attributes(): AttributeSet {
    return this.#owner.attributes;
  }

  /** As `Dataset.read`, of the dataset as it is now. */
  read(selection: SelectionSpec = "all", options: ReadOptions = {}): Value | NumberArray {
    return this.dataset.read(selection, options);
  }

  /** As `Dataset.readNested`, of the dataset as it is now. */
  readNested(selection: SelectionSpec = "all", options: ReadOptions = {}): Value {
    return this.dataset.readNested(selection, options);
  }

  /**
   * Writes elements.
   * @param values lists nested by the selection's dimensions, a flat typed array, or one value for all
   * @throws H5Error "argument" where selection or values do not fit; "unsupported" where the dataset cannot be written
   */
  write(selection: SelectionSpec, values: Storable): void {
    this.#change((transaction, dataset) => {
      const { target, dims } = selected(selection, dataset);
      const bytes = valuesToBytes(
        meantDatatype(dataset, dataset.datatype),
        values,
        dims,
        new FileHeapWriter(transaction),
      );
      writeSelection(transaction, dataset, target, bytes);
    });
  }

  /**
   * Makes the dataset longer along `axis` by the values, which are nested as the dataset is; a flat typed array has whole rows.
   * @throws H5Error "argument" where they do not fit, or the dataset cannot grow so far
   */
  append(values: Storable, axis = 0): void {
    this.#change((transaction, dataset) => {
      const { dims, datatype, path } = dataset;
      if (dims[axis] === undefined) {
        throw new H5Error("argument", `${path}: has ${dims.length} dimensions, none with number ${axis}`, { path });
      }
      const row = dims.reduce((product, dim, d) => (d === axis ? product : product * dim), 1);
      const count = ArrayBuffer.isView(values) ? values.length / row : countAlong(values, axis, path);
      if (!Number.isInteger(count)) {
        throw new H5Error("argument", `${path}: the values are no whole number of rows of ${row}`, { path });
      }
      const shape = dims.map((dim, d) => (d === axis ? count : dim));
      const bytes = valuesToBytes(meantDatatype(dataset, datatype), values, shape, new FileHeapWriter(transaction));
      appendToDataset(transaction, dataset, bytes, axis);
    });
  }

  /**
   * Another shape: what is outside of it is gone, what is new is the fill value.
   * @throws H5Error "argument" where the dataset may not become so large; "unsupported" where it has no chunks
   */
  resize(shape: readonly number[], { progress }: { readonly progress?: (bytes: number) => void } = {}): void {
    this.#change((transaction, dataset) => resizeDataset(transaction, dataset, shape, progress));
  }

  /**
   * Writes the elements anew, with other chunks or filters; the dataset stays the same object.
   * @throws H5Error "argument" where that cannot be; "unsupported" where its elements cannot be read or written
   */
  store(options: StorageOptions): void {
    this.#owner.transaction((transaction) => changeStorage(transaction, this.dataset, options));
  }

  #change(change: (transaction: FileTransaction, dataset: Dataset) => void): void {
    this.#owner.transaction((transaction) => {
      const { dataset } = this;
      change(transaction, dataset);
      if (isPyTablesTable(dataset)) rowsChanged(transaction, this.dataset, this.#owner.path);
    });
  }
}

function countAlong(values: Storable, axis: number, path: string): number {
  const dim = inferDims(values)[axis];
  if (dim === undefined) throw new H5Error("argument", `${path}: a list of rows is appended, not one value`, { path });
  return dim;
}
