import { RangeReader } from "../chunk/read-range.ts";
import { type Selection, selectedElementSize, selectionCount } from "../chunk/selection.ts";
import type { Storage } from "../chunk/stored-data.ts";
import { readPieces } from "../storage/read-pieces.ts";
import type { Dataset } from "./dataset.ts";

/** Bytes that are read at a time of data without chunks. */
const WINDOW = 4 * 2 ** 20;

/** All elements that are stored, in boxes: of each chunk, or rows of the first dimension. */
export function* storedBoxes({ storage, dims, elementCount, elementSize }: Dataset): Generator<Selection> {
  if (storage.kind !== "chunked") {
    if (elementCount === 0 || (storage.kind === "contiguous" && storage.address === undefined)) return;
    const rows = dims[0] ?? 1;
    const step = Math.max(1, Math.floor((WINDOW * rows) / (elementCount * elementSize)));
    for (let row = 0; row < rows; row += step) {
      const selectors = dims.map((dim, d) => (d === 0 ? range(row, Math.min(step, rows - row)) : range(0, dim)));
      yield whole(selectors, elementSize);
    }
    return;
  }
  for (const { scaled } of storage.index.entries()) {
    const box = boxOfChunk(storage, scaled);
    if (box !== undefined) yield box;
  }
}

/** The elements of a chunk that are inside the dataset; `undefined`: none is. */
export function boxOfChunk(
  { geometry }: Extract<Storage, { kind: "chunked" }>,
  scaled: readonly number[],
): Selection | undefined {
  const { dims, chunkDims, elementSize } = geometry;
  const selectors = chunkDims.map((chunk, d) => {
    const start = (scaled[d] ?? 0) * chunk;
    return range(start, Math.min(chunk, (dims[d] ?? 0) - start));
  });
  return selectors.every(({ count }) => count > 0) ? whole(selectors, elementSize) : undefined;
}

/** What of a box that `storedBoxes` gave is within `dims`; `undefined`: nothing. */
export function boxWithin(box: Selection, dims: readonly number[]): Selection | undefined {
  const selectors = box.selectors.map((selector, d) => {
    if (selector.kind !== "range") throw new TypeError("a box has ranges");
    return range(selector.start, Math.min(selector.count, (dims[d] ?? 0) - selector.start));
  });
  return selectors.every(({ count }) => count > 0) ? { selectors, runs: box.runs } : undefined;
}

/** The elements of a box in C order, as they are stored. */
export function readBox(dataset: Dataset, box: Selection): Uint8Array {
  const size = selectionCount(box) * selectedElementSize(box);
  return new RangeReader("native", 0).read({ source: dataset, selection: box }, dataset.path, 0, size);
}

/** Bytes of a dataset as they are in its file. */
export function storedBytes({ space, file }: Dataset, address: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  readPieces(space.pieces(address, length, "raw data"), bytes, 0, file.name);
  return bytes;
}

function whole(selectors: Selection["selectors"], elementSize: number): Selection {
  return { selectors, runs: [{ offset: 0, length: elementSize }] };
}

function range(start: number, count: number) {
  return { kind: "range", start, step: 1, count } as const;
}
