import { BTreeV2, type CompareRecord } from "../format/b-tree-v2.ts";
import { RecordType } from "../format/b-tree-v2-records.ts";
import type { Extent } from "../format/extent.ts";
import { ChunkElement } from "./chunk-element.ts";
import { checkInside, type IndexedDataset, maxChunkCounts } from "./chunk-grid.ts";
import type { ChunkIndex, ChunkRecord } from "./chunk-index.ts";

/**
 * The index of a dataset with several unlimited dimensions (VIII.E, "The Version 2 B-trees Index"): records of type 10,
 * or 11 with filters, in the order of the chunks' scaled coordinates.
 */
export class BTreeV2Index implements ChunkIndex {
  readonly #dataset: IndexedDataset;
  readonly #address: number | undefined;
  readonly #counts: readonly number[];
  readonly #element: ChunkElement;
  #opened: BTreeV2 | undefined;

  /** @param address of the B-tree's header; `undefined`: no chunk was ever written */
  constructor(dataset: IndexedDataset, address: number | undefined) {
    this.#dataset = dataset;
    this.#address = address;
    this.#counts = maxChunkCounts(dataset);
    this.#element = new ChunkElement(dataset);
  }

  get isEmpty(): boolean {
    return this.#address === undefined;
  }

  find(scaled: readonly number[]): ChunkRecord | undefined {
    checkInside(this.#counts, scaled);
    const record = this.#tree()?.find(compareScaled(scaled, this.#element.size));
    return record === undefined ? undefined : this.#element.decode(record, 0);
  }

  *entries(): Generator<{ readonly scaled: readonly number[]; readonly record: ChunkRecord }> {
    for (const bytes of this.#tree()?.records() ?? []) {
      const record = this.#element.decode(bytes, 0);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const scaled = this.#counts.map((_, d) => scaledOffset(view, this.#element.size + d * 8));
      if (record !== undefined) yield { scaled, record };
    }
  }

  extents(owner: number): Iterable<Extent> {
    return this.#tree()?.extents(owner) ?? [];
  }

  #tree(): BTreeV2 | undefined {
    if (this.#address === undefined) return undefined;
    const type = this.#dataset.filtered ? RecordType.filteredChunk : RecordType.chunk;
    const recordSize = this.#element.size + 8 * this.#counts.length;
    this.#opened ??= BTreeV2.open(this.#dataset.context, this.#address, type, recordSize);
    return this.#opened;
  }
}

/** Orders records by the chunks' scaled coordinates, which begin at byte `offsetsAt` of a record, relative to `scaled`. */
export function compareScaled(scaled: readonly number[], offsetsAt: number): CompareRecord {
  return (view, at) => {
    for (let d = 0; d < scaled.length; d++) {
      const order = (scaled[d] ?? 0) - scaledOffset(view, at + offsetsAt + d * 8);
      if (order !== 0) return order;
    }
    return 0;
  };
}

/** A chunk's offset along one dimension, in chunks: 8 bytes, whatever the size of lengths. */
export function scaledOffset(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
}
