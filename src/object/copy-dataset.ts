import { ImplicitEditor } from "../chunk/implicit-editor.ts";
import type { Storage } from "../chunk/stored-data.ts";
import { type DataLayout, encodeDataLayout } from "../format/data-layout.ts";
import type { Datatype } from "../format/datatype.ts";
import { MESSAGE } from "../format/header-message.ts";
import { ObjectHeaderEditor } from "../format/object-header-edit.ts";
import { traitsOfObject } from "./copied-traits.ts";
import { type ElementCopier, hasAddresses } from "./copy-elements.ts";
import { Dataset } from "./dataset.ts";
import { layoutWithIndex, openDatasetIndex } from "./dataset-index.ts";
import { externalDataMessage } from "./external-data.ts";
import { externalDataOf } from "./external-storage.ts";
import { FileHeapWriter } from "./heap-writer.ts";
import { createChunkedDataset, createCompactDataset, createLateDataset, createVirtualDataset } from "./new-dataset.ts";
import { RawPacker } from "./raw-packer.ts";
import { readBox, storedBoxes, storedBytes } from "./stored-boxes.ts";
import type { FileTransaction } from "./writable-file.ts";
import { writeSelection } from "./write-dataset.ts";

/** Bytes of contiguous data that are copied at a time. */
const WINDOW = 4 * 2 ** 20;

export interface DatasetCopySetup {
  readonly target: FileTransaction;
  /** A type as the target is to have it; called once for each use. */
  readonly datatypeOf: (type: Datatype) => Datatype;
  readonly elements: () => ElementCopier;
  /** So many more bytes of data are copied. */
  readonly progress: (bytes: number) => void;
}

type Chunked = Extract<Storage, { kind: "chunked" }>;
type VirtualLayout = Extract<DataLayout, { kind: "virtual" }>;

/**
 * Copies a dataset without its attributes. Data that mean the same in any file are copied as they are stored, chunks with
 * their filters applied; elements that refer to other data are decoded, and encoded again.
 */
export class DatasetCopier {
  readonly #setup: DatasetCopySetup;
  readonly #packer: RawPacker;

  constructor(setup: DatasetCopySetup) {
    this.#setup = setup;
    this.#packer = new RawPacker(setup.target.edit);
  }

  /**
   * @returns where the copy is, and what is left to be done once it is known where all copies are
   * @throws H5Error where the dataset cannot be copied
   */
  create(dataset: Dataset): { readonly address: number; readonly rest: (() => void) | undefined } {
    const { edit } = this.#setup.target;
    const { layout, dataspace, fill } = dataset;
    const datatype = this.#setup.datatypeOf(dataset.datatype);
    const refers = hasAddresses(dataset.datatype);
    const { value } = fill;
    const fillValue =
      fill.kind === "undefined"
        ? "undefined"
        : value !== undefined && refers
          ? this.#setup.elements().copy(dataset.datatype, value)
          : value;
    const { allocationTime, fillTime } = fill;
    const base = { datatype, dataspace, fillValue, allocationTime, fillTime } as const;
    const traits = traitsOfObject(edit, dataset);
    if (layout.kind === "virtual") {
      return {
        address: createVirtualDataset(edit, { ...base, layout: this.#virtual(dataset, layout) }, traits),
        rest: undefined,
      };
    }
    const external = externalDataOf(dataset);
    if (external !== undefined) {
      const messages = [...traits.messages, externalDataMessage(edit, external)];
      return { address: createLateDataset(edit, base, { ...traits, messages }), rest: undefined };
    }
    const { storage } = dataset;
    switch (storage.kind) {
      case "compact": {
        const data = refers ? undefined : storage.bytes;
        const address = createCompactDataset(edit, { ...base, data }, traits);
        return { address, rest: refers ? () => this.#copyElements(dataset, address) : undefined };
      }
      case "contiguous": {
        if (refers) {
          const address = createLateDataset(edit, base, traits);
          return { address, rest: () => this.#copyElements(dataset, address) };
        }
        const from = storage.address;
        const place = from === undefined ? undefined : this.#copyContiguous(dataset, from, storage.size);
        return { address: createLateDataset(edit, { ...base, address: place }, traits), rest: undefined };
      }
      case "external":
        throw new TypeError("raw data in other files stay there");
      case "chunked": {
        if (layout.kind !== "chunked") throw new TypeError("chunked data have a chunked layout");
        const address = createChunkedDataset(
          edit,
          {
            ...base,
            chunkShape: layout.chunkDims,
            filters: dataset.filters,
            edgeChunksUnfiltered: layout.edgeChunksUnfiltered && edit.superblockVersion >= 3,
            layoutVersion: edit.superblockVersion < 3 ? 3 : layout.version === 5 ? 5 : 4,
          },
          traits,
        );
        if (refers) return { address, rest: () => this.#copyElements(dataset, address) };
        this.#copyChunks(dataset, storage, address);
        return { address, rest: undefined };
      }
    }
  }

  /** The sources of a virtual dataset are named in an object of the global heap. */
  #virtual({ file }: Dataset, layout: VirtualLayout): VirtualLayout {
    const { heapAddress, heapIndex } = layout;
    if (heapAddress === undefined) return layout;
    const sources = file.globalHeap.object(heapAddress, heapIndex).slice();
    const { collection, index } = new FileHeapWriter(this.#setup.target).insert(sources);
    return { ...layout, heapAddress: collection, heapIndex: index };
  }

  /** @returns where the copy of the data is */
  #copyContiguous(dataset: Dataset, from: number, size: number): number {
    const { edit } = this.#setup.target;
    const to = edit.allocate(size, "raw");
    for (let at = 0; at < size; at += WINDOW) {
      const bytes = storedBytes(dataset, from + at, Math.min(WINDOW, size - at));
      edit.write(to + at, bytes);
      this.#setup.progress(bytes.length);
    }
    return to;
  }

  #copyChunks(dataset: Dataset, { geometry, index: chunks, edgeChunksUnfiltered }: Chunked, address: number): void {
    const { edit, file } = this.#setup.target;
    const copy = file.object(address);
    if (!(copy instanceof Dataset) || copy.layout.kind !== "chunked") throw new TypeError("the copy is chunked");
    const { layout, filters } = copy;
    const { dims, chunkDims } = geometry;
    const index = openDatasetIndex(edit, copy, layout);
    if (index instanceof ImplicitEditor && !chunks.isEmpty) index.allocate();
    const isPlainEdge = (scaled: readonly number[]): boolean =>
      edgeChunksUnfiltered &&
      !layout.edgeChunksUnfiltered &&
      scaled.some((at, d) => (at + 1) * (chunkDims[d] ?? 1) > (dims[d] ?? 0));
    const allFilters = 2 ** filters.length - 1;
    for (const { scaled, record } of chunks.entries()) {
      const bytes = storedBytes(dataset, record.address, record.storedSize);
      const place = index.find(scaled);
      if (place === undefined) {
        // Where the layout cannot say that chunks at the edge are not filtered, each of them does.
        const filterMask = isPlainEdge(scaled) ? allFilters : record.filterMask;
        const { storedSize } = record;
        this.#packer.add(bytes, (address) => index.set(scaled, { address, storedSize, filterMask }));
      } else {
        edit.write(place.address, bytes);
      }
      this.#setup.progress(bytes.length);
    }
    this.#packer.flush();
    index.flush();
    const header = new ObjectHeaderEditor(edit, address);
    const message = header.first(MESSAGE.dataLayout);
    if (message === undefined) throw new TypeError("a dataset has a layout");
    const w = edit.writer();
    encodeDataLayout(w, layoutWithIndex(layout, index));
    header.replace(message, w.bytes);
    header.write();
  }

  #copyElements(dataset: Dataset, address: number): void {
    for (const box of storedBoxes(dataset)) {
      const bytes = readBox(dataset, box);
      writeSelection(this.#setup.target, address, box, this.#setup.elements().copy(dataset.datatype, bytes));
      this.#setup.progress(bytes.length);
    }
  }
}
