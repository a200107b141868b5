import { BTreeV2Index } from "../chunk/b-tree-v2-index.ts";
import { BTreeV1Index } from "../chunk/btree-v1-index.ts";
import type { IndexedDataset } from "../chunk/chunk-grid.ts";
import type { ChunkIndex } from "../chunk/chunk-index.ts";
import { ExtensibleArrayIndex } from "../chunk/extensible-array-index.ts";
import { FixedArrayIndex } from "../chunk/fixed-array-index.ts";
import { ImplicitIndex } from "../chunk/implicit-index.ts";
import { SingleChunkIndex } from "../chunk/single-index.ts";
import type { Storage, StoredData } from "../chunk/stored-data.ts";
import { FormatError, H5Error, UnsupportedError } from "../errors.ts";
import { type DataLayout, decodeDataLayout } from "../format/data-layout.ts";
import { type Dataspace, elementCount } from "../format/dataspace.ts";
import type { Datatype } from "../format/datatype.ts";
import { decodeFillValue, decodeFillValueOld, type FillValue } from "../format/fill-value.ts";
import { decodeFilterPipeline, type Filter } from "../format/filter-pipeline.ts";
import { isShared, MESSAGE } from "../format/header-message.ts";
import { findMessage } from "../format/object-header.ts";
import { Reader } from "../format/reader.ts";
import type { AddressSpace } from "../storage/address-space.ts";
import { externalDataOf, externalStorage } from "./external-storage.ts";
import { dataspaceOf, datatypeOf } from "./message.ts";
import { ObjectBase } from "./object.ts";
import { type ReadOptions, readNestedValues, readValues } from "./read-values.ts";
import type { SelectionSpec } from "./selection-spec.ts";
import type { NumberArray } from "./storable.ts";
import type { Value } from "./value.ts";

type Chunked = Extract<DataLayout, { kind: "chunked" }>;

const NO_FILL: FillValue = { value: undefined, kind: "default", allocationTime: undefined, fillTime: "if-set" };

/** A dataset's metadata. Each part is decoded when it is first asked for, and its damage shows only then. */
export class Dataset extends ObjectBase implements StoredData {
  readonly kind = "dataset";
  #datatype: Datatype | undefined;
  #dataspace: Dataspace | undefined;
  #layout: DataLayout | undefined;
  #filters: readonly Filter[] | undefined;
  #fill: FillValue | undefined;
  #storage: Storage | undefined;
  #storedBytes: number | undefined;

  get space(): AddressSpace {
    return this.file.space;
  }

  get datatype(): Datatype {
    if (this.#datatype === undefined) {
      const message = this.required(MESSAGE.datatype, "datatype");
      const r = new Reader(message.body, message.address, "datatype message", this.context);
      this.#datatype = isShared(message)
        ? datatypeOf(this, r, true)
        : this.file.datatype(message.body, () => datatypeOf(this, r, false));
    }
    return this.#datatype;
  }

  get dataspace(): Dataspace {
    if (this.#dataspace === undefined) {
      const message = this.required(MESSAGE.dataspace, "dataspace");
      const r = new Reader(message.body, message.address, "dataspace message", this.context);
      this.#dataspace = dataspaceOf(this, r, isShared(message));
    }
    return this.#dataspace;
  }

  /** [] for a scalar, [0] where there is no data at all (H5S_NULL). */
  get dims(): readonly number[] {
    return this.dataspace.kind === "null" ? [0] : this.dataspace.dims;
  }

  /** `undefined` is unlimited. */
  get maxDims(): readonly (number | undefined)[] {
    return this.dataspace.kind === "null" ? [0] : this.dataspace.maxDims;
  }

  get elementCount(): number {
    return elementCount(this.dataspace);
  }

  /** Bytes. */
  get elementSize(): number {
    return this.datatype.size;
  }

  get layout(): DataLayout {
    this.#layout ??= decodeDataLayout(this.reader(this.required(MESSAGE.dataLayout, "data layout"), "data layout"));
    return this.#layout;
  }

  get filters(): readonly Filter[] {
    if (this.#filters === undefined) {
      const message = findMessage(this.header, MESSAGE.filterPipeline);
      this.#filters = message === undefined ? [] : decodeFilterPipeline(this.reader(message, "filter pipeline"));
    }
    return this.#filters;
  }

  /** The fill value, and when space is allocated and filled. */
  get fill(): FillValue {
    this.#fill ??= this.#readFill();
    return this.#fill;
  }

  /** One element as stored; `undefined` is zeros. */
  get fillValue(): Uint8Array | undefined {
    return this.fill.value;
  }

  get storage(): Storage {
    this.#storage ??= this.#openStorage();
    return this.#storage;
  }

  /** Bytes that the elements take in the file. For chunked data this reads the whole index, once. */
  storedBytes(): number {
    this.#storedBytes ??= bytesStored(this.storage);
    return this.#storedBytes;
  }

  /**
   * Elements as values, as `write` takes them: numbers as a flat typed array in C order, anything else as lists nested by the
   * selection's dimensions; one value where it has none. `null`: the dataset has no data at all (H5S_NULL).
   * @param selection elements that are taken several times are there several times
   * @throws H5Error "argument" where it is not inside the dataset, "unsupported" where the dataset cannot be read, "format" where
   * it is damaged, "limit" where there is no memory for so much
   */
  read(selection: SelectionSpec = "all", options: ReadOptions = {}): Value | NumberArray {
    return readValues(this, selection, options);
  }

  /** The same as nested lists, numbers too: integers of more than 32 bits are `bigint`s where they are not safe as numbers. */
  readNested(selection: SelectionSpec = "all", options: ReadOptions = {}): Value {
    return readNestedValues(this, selection, options);
  }

  /** Why the dataset cannot be read, as far as its metadata say; whether there are codecs for its filters is not asked here. */
  problem(): H5Error | undefined {
    try {
      this.#check();
      return undefined;
    } catch (error) {
      if (error instanceof H5Error) return error;
      throw error;
    }
  }

  /** Asks for every part. */
  #check(): void {
    const parts = [this.datatype, this.dataspace, this.filters, this.fillValue, this.storage];
    if (parts.length === 0) throw new TypeError("a dataset has parts");
  }

  #readFill(): FillValue {
    const message = findMessage(this.header, MESSAGE.fillValue);
    const old = findMessage(this.header, MESSAGE.fillValueOld);
    let fill = NO_FILL;
    if (message !== undefined) fill = decodeFillValue(this.reader(message, "fill value"));
    else if (old !== undefined) {
      const { value } = decodeFillValueOld(this.reader(old, "fill value"));
      if (value !== undefined) fill = { ...NO_FILL, value, kind: "value" };
    }
    if (fill.value !== undefined && fill.value.length !== this.elementSize) {
      throw this.#damaged(
        "fill value message",
        `a fill value of ${fill.value.length} bytes for elements of ${this.elementSize}`,
      );
    }
    return fill;
  }

  #openStorage(): Storage {
    const { layout } = this;
    const size = this.elementCount * this.elementSize;
    if (size > Number.MAX_SAFE_INTEGER) {
      throw new UnsupportedError(`${this.path}: has more than 2^53 bytes`, { path: this.path, address: this.address });
    }
    switch (layout.kind) {
      case "compact":
        if (layout.bytes.length < size) {
          throw this.#damaged(
            "data layout message",
            `has ${layout.bytes.length} bytes of compact data, expected ${size}`,
          );
        }
        return { kind: "compact", bytes: layout.bytes.subarray(0, size) };
      case "contiguous":
        return this.#openContiguous(layout.address, layout.size, size);
      case "chunked":
        return this.#openChunked(layout);
      case "virtual":
        throw new UnsupportedError(`${this.path}: virtual datasets are not read`, {
          path: this.path,
          address: this.address,
        });
    }
  }

  #openContiguous(address: number | undefined, storedSize: number | undefined, size: number): Storage {
    const external = externalDataOf(this);
    if (external !== undefined) return externalStorage(this, external, size);
    if (address === undefined || size === 0) return { kind: "contiguous", address: undefined, size };
    if (storedSize !== undefined && storedSize < size) {
      throw this.#damaged("data layout message", `has ${storedSize} bytes of contiguous data, expected ${size}`);
    }
    this.space.check(address, size, "contiguous data");
    return { kind: "contiguous", address, size };
  }

  #openChunked(layout: Chunked): Storage {
    const { dataspace, elementSize } = this;
    const { chunkDims } = layout;
    if (dataspace.kind !== "simple" || dataspace.dims.length !== chunkDims.length) {
      const rank = dataspace.kind === "simple" ? `${dataspace.dims.length}` : `none (${dataspace.kind})`;
      throw this.#damaged("data layout message", `chunks have rank ${chunkDims.length}, the dataspace ${rank}`);
    }
    // The last "dimension" of the chunk is the element's size; HDF5 2 refuses a file where it is not (HDFGroup/hdf5#6534).
    if (layout.elementSize !== elementSize) {
      throw this.#damaged(
        "data layout message",
        `chunks have elements of ${layout.elementSize} bytes, the datatype ${elementSize}`,
      );
    }
    const { dims, maxDims } = dataspace;
    const index = this.#openIndex(layout, {
      context: this.context,
      dims,
      maxDims,
      chunkDims,
      elementSize,
      filtered: this.filters.length > 0,
      layoutVersion: layout.version,
    });
    const geometry = { dims, chunkDims, elementSize };
    return { kind: "chunked", geometry, index, edgeChunksUnfiltered: layout.edgeChunksUnfiltered };
  }

  #openIndex({ indexing, address }: Chunked, dataset: IndexedDataset): ChunkIndex {
    switch (indexing.type) {
      case "b-tree-v1": {
        const k = this.file.superblock.indexedStorageInternalNodeK;
        return new BTreeV1Index(this.context, dataset.chunkDims, address, k);
      }
      case "single": {
        const { storedSize, filterMask } = indexing;
        return new SingleChunkIndex(
          dataset,
          address,
          storedSize === undefined ? undefined : { storedSize, filterMask },
        );
      }
      case "implicit":
        return new ImplicitIndex(dataset, address);
      case "fixed-array":
        return new FixedArrayIndex(dataset, address);
      case "extensible-array":
        return new ExtensibleArrayIndex(dataset, address);
      case "b-tree-v2":
        return new BTreeV2Index(dataset, address);
    }
  }

  #damaged(structure: string, message: string): FormatError {
    return new FormatError(`${this.path}: ${message}`, { structure, address: this.address, path: this.path });
  }
}

function bytesStored(storage: Storage): number {
  switch (storage.kind) {
    case "compact":
      return storage.bytes.length;
    case "contiguous":
      return storage.address === undefined ? 0 : storage.size;
    case "external":
      return storage.size;
    case "chunked": {
      let sum = 0;
      for (const { record } of storage.index.entries()) sum += record.storedSize;
      return sum;
    }
  }
}
