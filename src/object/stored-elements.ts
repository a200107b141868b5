import type { ChunkIndex, ChunkRecord } from "../chunk/chunk-index.ts";
import { RangeReader } from "../chunk/read-range.ts";
import type { StoredData } from "../chunk/stored-data.ts";
import type { Dataset } from "./dataset.ts";

/** Bytes that are read at a time of data that are not chunked. */
const WINDOW = 4 * 1024 * 1024;

/**
 * Every element that is stored, as runs of whole elements: those of a chunk that was never written are not, however large
 * the dataset is, nor what a chunk has beyond the dataset's edge.
 * @throws H5Error where a chunk cannot be decoded
 */
export function* storedElements(dataset: Dataset): Generator<Uint8Array> {
  const { storage, elementSize, elementCount } = dataset;
  if (storage.kind === "chunked") {
    yield* chunkElements(dataset, storage);
    return;
  }
  if (storage.kind === "contiguous" && storage.address === undefined) return;
  const reader = new RangeReader();
  const step = Math.max(1, Math.floor(WINDOW / elementSize)) * elementSize;
  for (let at = 0; at < elementCount * elementSize; at += step) yield reader.read(dataset, dataset.path, at, step);
}

type Chunked = Extract<StoredData["storage"], { kind: "chunked" }>;

function* chunkElements(dataset: Dataset, { geometry, index, edgeChunksUnfiltered }: Chunked): Generator<Uint8Array> {
  const { dims, chunkDims, elementSize } = geometry;
  const chunkBytes = chunkDims.reduce((product, dim) => product * dim, elementSize);
  // It keeps no chunk but the last: none is asked for again.
  const reader = new RangeReader("native", 0);
  for (const { scaled, record } of index.entries()) {
    const inside = chunkDims.map((dim, d) => Math.min(dim, (dims[d] ?? 0) - (scaled[d] ?? 0) * dim));
    if (inside.some((count) => count <= 0)) continue;
    const isWhole = inside.every((count, d) => count === chunkDims[d]);
    // The chunk as a dataset of its own, so that its elements lie one after another.
    const chunk: StoredData = {
      space: dataset.space,
      storage: {
        kind: "chunked",
        geometry: { dims: chunkDims, chunkDims, elementSize },
        index: indexOfOne(record),
        edgeChunksUnfiltered: false,
      },
      elementSize,
      dims: chunkDims,
      fillValue: dataset.fillValue,
      filters: edgeChunksUnfiltered && !isWhole ? [] : dataset.filters,
      path: dataset.path,
    };
    yield* rowsInside(reader.read(chunk, scaled.join(), 0, chunkBytes), chunkDims, inside, elementSize);
  }
}

function indexOfOne(record: ChunkRecord): ChunkIndex {
  return { isEmpty: false, find: () => record, entries: () => [], extents: () => [] };
}

/** The rows, along the last dimension, of a chunk's elements that lie inside the dataset. */
function* rowsInside(
  bytes: Uint8Array,
  chunkDims: readonly number[],
  inside: readonly number[],
  elementSize: number,
): Generator<Uint8Array> {
  const rowLength = chunkDims.at(-1) ?? 1;
  const used = (inside.at(-1) ?? 1) * elementSize;
  const rows = bytes.length / (rowLength * elementSize);
  for (let row = 0; row < rows; row++) {
    let rest = row;
    let isInside = true;
    for (let d = chunkDims.length - 2; d >= 0; d--) {
      const dim = chunkDims[d] ?? 1;
      isInside &&= rest % dim < (inside[d] ?? 0);
      rest = Math.floor(rest / dim);
    }
    const at = row * rowLength * elementSize;
    if (isInside) yield bytes.subarray(at, at + used);
  }
}
