import { checkElements, checkSelection } from "../chunk/check-selection.ts";
import type { ChunkIndexEditor } from "../chunk/chunk-index-editor.ts";
import { ChunkWriter } from "../chunk/chunk-writer.ts";
import { unsupportedEncoders } from "../chunk/filters.ts";
import { FlatWriter } from "../chunk/flat-writer.ts";
import { chunkSize } from "../chunk/geometry.ts";
import { checkChunkSize } from "../chunk/read-plan.ts";
import { type Selection, selectedElementSize, selectionCount } from "../chunk/selection.ts";
import { H5Error, UnsupportedError } from "../errors.ts";
import { type DataLayout, encodeDataLayout } from "../format/data-layout.ts";
import type { EditContext } from "../format/edit-context.ts";
import type { AllocationTime } from "../format/fill-value.ts";
import { MESSAGE } from "../format/header-message.ts";
import type { KeptStructure } from "../format/kept-structures.ts";
import { LastingEdit } from "../format/lasting-edit.ts";
import type { ObjectHeaderBlocks } from "../format/object-header.ts";
import { ObjectHeaderEditor } from "../format/object-header-edit.ts";
import type { Dataset } from "./dataset.ts";
import { type ChunkedLayout, layoutWithIndex, openDatasetIndex } from "./dataset-index.ts";

/** Elements that are written: those of a selection, or of a list of their numbers in C order. */
export type Target = Selection | { readonly elements: ArrayLike<number> };

/** A chunked dataset's chunks and their index. */
interface OpenChunks {
  readonly kind: "chunked";
  readonly layout: ChunkedLayout;
  readonly index: ChunkIndexEditor;
  readonly chunks: ChunkWriter;
}

/**
 * One dataset that is being written, in one transaction after the other. What was set is in its place in the file, and the object
 * header says so, after `write`, which the transaction calls. A refused call changes nothing.
 */
export class DatasetWriter implements KeptStructure {
  readonly #lasting: LastingEdit;
  /** As it was when it was opened. */
  readonly #seen: Dataset;
  /** Its header as it was written here last. */
  #written: ObjectHeaderBlocks | undefined;
  readonly #address: number;
  readonly #path: string;
  readonly #elementSize: number;
  readonly #maxDims: readonly (number | undefined)[];
  readonly #isScalar: boolean;
  readonly #allocationTime: AllocationTime | undefined;
  readonly #data: OpenChunks | FlatWriter;
  readonly #layout: DataLayout;
  #dims: readonly number[];
  #changed = false;

  /** @throws H5Error where the dataset cannot be written */
  constructor(edit: EditContext, dataset: Dataset) {
    this.#lasting = new LastingEdit(edit);
    this.#seen = dataset;
    this.#address = dataset.address;
    this.#path = dataset.path;
    this.#elementSize = dataset.elementSize;
    this.#layout = dataset.layout;
    this.#dims = dataset.dims;
    this.#maxDims = dataset.maxDims;
    this.#isScalar = dataset.dataspace.kind === "scalar";
    this.#allocationTime = dataset.fill.allocationTime;
    if (dataset.dataspace.kind === "null") throw this.#refuse("has no data (H5S_NULL), and cannot be written");
    this.#data = this.#openData(dataset);
  }

  /** False: the dataset's header was changed by others, and it must be opened anew. */
  isCurrent(edit: EditContext): boolean {
    if (edit === this.#lasting.present) return true;
    if (edit.context !== this.#lasting.edit.context) return false;
    if (this.#written !== undefined) return edit.kept.header(this.#address) === this.#written;
    return this.#seen.file.object(this.#address) === this.#seen;
  }

  /** What its chunks take is bounded by themselves. */
  get memory(): number {
    return 0;
  }

  attach(edit: EditContext): void {
    edit.changedObjects.add(this.#address);
    if (!this.#lasting.attach(edit)) return;
    if (this.#data.kind === "chunked") this.#data.chunks.begin();
    else this.#data.begin();
  }

  /** [] for a scalar. */
  get dims(): readonly number[] {
    return this.#dims;
  }

  /**
   * Sets elements, given in C order of the target and as they are stored.
   * @throws H5Error "argument" where the target is not inside the dataset, or `bytes` are not as many as it takes
   */
  set(target: Target, bytes: Uint8Array): void {
    this.#touch();
    if ("elements" in target) {
      checkElements(this.#path, this.#dims, target.elements);
      this.#checkLength(target.elements.length * this.#elementSize, bytes);
      if (this.#data.kind === "chunked") this.#data.chunks.writeElements(target.elements, bytes);
      else this.#data.writeElements(target.elements, bytes);
      return;
    }
    checkSelection(this.#path, this.#dims, this.#elementSize, target);
    this.#checkLength(selectionCount(target) * selectedElementSize(target), bytes);
    if (bytes.length === 0) return;
    if (this.#data.kind === "chunked") this.#data.chunks.write(target, bytes);
    else this.#data.write(this.#isScalar ? { ...target, selectors: [{ ...ONE }] } : target, bytes);
  }

  /** A chunk that is stored as it is has the bytes at `address` from now on. @throws H5Error "argument" where it is no such chunk */
  place(scaled: readonly number[], chunk: { readonly address: number; readonly length: number }): void {
    if (this.#data.kind !== "chunked") throw this.#wrong("has no chunks");
    this.#data.chunks.place(scaled, chunk);
    this.#touch();
  }

  /**
   * Another shape: elements outside it are gone, those that are new are fill values.
   * @throws H5Error "argument" where the shape is not allowed, "unsupported" where the dataset is not chunked
   */
  resize(dims: readonly number[], progress?: (bytes: number) => void): void {
    checkShape(this.#path, dims, this.#maxDims);
    if (dims.every((dim, d) => dim === this.#dims[d])) return;
    if (this.#data.kind !== "chunked") {
      throw this.#refuse(`is not chunked, and cannot be resized; it must be written anew with chunks`);
    }
    const before = this.#dims;
    this.#data.chunks.resize(dims, progress);
    this.#dims = [...dims];
    this.#touch();
    const grows = dims.some((dim, d) => dim > (before[d] ?? 0));
    if (grows && this.#allocationTime === "early") this.#data.chunks.allocate(before, progress);
  }

  /** Rows [from, to) along the first dimension are fill values again. @throws H5Error */
  clear(from: number, to: number): void {
    if (this.#data.kind !== "chunked") throw this.#refuse("is not chunked, and has no place of its own for each row");
    if (from < 0 || from > to || to > (this.#dims[0] ?? 0)) throw this.#wrong(`has no rows ${from} to ${to}`);
    this.#data.chunks.clear(from, to);
    this.#touch();
  }

  /**
   * Makes the dataset longer along `axis`, and writes whole rows (of all other dimensions) there.
   * @throws H5Error "argument" where `bytes` are no whole number of rows
   */
  append(bytes: Uint8Array, axis = 0): void {
    const dim = this.#dims[axis];
    if (dim === undefined) throw this.#wrong(`has ${this.#dims.length} dimensions, none with number ${axis}`);
    const row = this.#dims.reduce((product, n, d) => (d === axis ? product : product * n), this.#elementSize);
    const count = row === 0 ? 0 : bytes.length / row;
    if (!Number.isInteger(count) || (row === 0 && bytes.length > 0)) {
      throw this.#wrong(`${bytes.length} bytes are no whole number of rows of ${row}`);
    }
    this.resize(this.#dims.map((n, d) => (d === axis ? n + count : n)));
    const selectors = this.#dims.map((n, d) => {
      return d === axis
        ? ({ kind: "range", start: dim, step: 1, count } as const)
        : ({ kind: "range", start: 0, step: 1, count: n } as const);
    });
    this.set({ selectors, runs: [{ offset: 0, length: this.#elementSize }] }, bytes);
  }

  /** Gives what has no place in the file one, and fills it with fill values. */
  allocate(): void {
    this.#touch();
    if (this.#data.kind === "chunked") this.#data.chunks.allocate();
    else this.#data.allocate();
  }

  #touch(): void {
    this.#changed = true;
    this.#lasting.present.keep(this);
  }

  /** The file has all that was set. */
  write(): void {
    if (!this.#changed) return;
    const layout = this.#flushData();
    const header = new ObjectHeaderEditor(this.#lasting.edit, this.#address);
    this.#replace(header, MESSAGE.dataLayout, (body) => this.#layoutBody(body, layout));
    this.#replace(header, MESSAGE.dataspace, (body) => this.#dataspaceBody(body));
    header.write();
    this.#changed = false;
    this.#written = this.#lasting.edit.kept.header(this.#address);
  }

  #openData(dataset: Dataset): OpenChunks | FlatWriter {
    const { edit } = this.#lasting;
    const { layout, path, fillValue, filters, elementSize, dims } = dataset;
    // Refuses what is not read, such as virtual datasets, before anything is changed.
    const { storage } = dataset;
    if (storage.kind === "external") throw this.#refuse("cannot be written: its raw data are in other files");
    if (storage.kind !== "chunked") {
      const size = dataset.elementCount * elementSize;
      const allocated = layout.kind === "contiguous" ? (layout.size ?? size) : size;
      return new FlatWriter({ edit, dims: this.#isScalar ? [1] : dims, elementSize, fillValue, storage, allocated });
    }
    if (layout.kind !== "chunked") throw new TypeError("chunked data have a chunked layout");
    checkChunkSize(path, chunkSize(storage.geometry));
    const unknown = unsupportedEncoders(filters);
    if (unknown !== undefined) throw this.#refuse(`cannot be written: there is no encoder for ${unknown}`);
    const index = openDatasetIndex(edit, dataset, layout);
    const { geometry, edgeChunksUnfiltered } = storage;
    const chunks = new ChunkWriter({ edit, index, geometry, filters, fillValue, edgeChunksUnfiltered, path });
    return { kind: "chunked", layout, index, chunks };
  }

  /** @returns the layout as it is now */
  #flushData(): DataLayout {
    const layout = this.#layout;
    const data = this.#data;
    if (data.kind === "flat") {
      data.flush();
      if (layout.kind === "compact") return { ...layout, bytes: data.compact ?? layout.bytes };
      return layout.kind === "contiguous" ? { ...layout, address: data.address } : layout;
    }
    data.chunks.flush();
    return layoutWithIndex(data.layout, data.index);
  }

  #replace(header: ObjectHeaderEditor, type: number, bodyOf: (body: Uint8Array) => Uint8Array): void {
    const message = header.first(type);
    if (message === undefined) throw new TypeError("a dataset has a layout and a dataspace");
    const body = bodyOf(message.body);
    if (body.length !== message.body.length || body.some((byte, i) => byte !== message.body[i])) {
      header.replace(message, body);
    }
  }

  #layoutBody(old: Uint8Array, layout: DataLayout): Uint8Array {
    const w = this.#lasting.edit.writer();
    if (layout.version < 3) {
      // After version, dimensionality, class and five reserved bytes: the address, or the dimensions, the size, and the data.
      const body = old.slice();
      if (layout.kind === "compact") body.set(layout.bytes, 8 + 4 * (old[1] ?? 0) + 4);
      if (layout.kind === "contiguous" || layout.kind === "chunked") {
        w.offset(layout.address);
        body.set(w.bytes, 8);
      }
      return body;
    }
    encodeDataLayout(w, layout);
    const body = new Uint8Array(Math.max(old.length, w.position));
    body.set(w.bytes);
    return body;
  }

  /** @param old version 1 has five reserved bytes after its first three, version 2 a type */
  #dataspaceBody(old: Uint8Array): Uint8Array {
    const w = this.#lasting.edit.writer();
    for (const dim of this.#dims) w.length(dim);
    const body = old.slice();
    body.set(w.bytes, old[0] === 1 ? 8 : 4);
    return body;
  }

  #checkLength(expected: number, bytes: Uint8Array): void {
    if (bytes.length !== expected) throw this.#wrong(`${bytes.length} bytes for elements of ${expected} bytes in all`);
  }

  #wrong(message: string): H5Error {
    return new H5Error("argument", `${this.#path}: ${message}`, { path: this.#path, address: this.#address });
  }

  #refuse(message: string): UnsupportedError {
    return new UnsupportedError(`${this.#path}: ${message}`, { path: this.#path, address: this.#address });
  }
}

const ONE = { kind: "range", start: 0, step: 1, count: 1 } as const;

/** @throws H5Error "argument" */
function checkShape(path: string, dims: readonly number[], maxDims: readonly (number | undefined)[]): void {
  const fail = (message: string): never => {
    throw new H5Error("argument", `${path}: ${message}`, { path });
  };
  if (dims.length !== maxDims.length) fail(`has ${maxDims.length} dimensions, not ${dims.length}`);
  for (const [d, dim] of dims.entries()) {
    const max = maxDims[d];
    if (!Number.isSafeInteger(dim) || dim < 0) fail(`dimension ${d} cannot be ${dim}`);
    if (max !== undefined && dim > max) fail(`dimension ${d} can be at most ${max}, not ${dim}`);
  }
}
