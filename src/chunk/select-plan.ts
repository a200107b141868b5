import type { Filter } from "../format/filter-pipeline.ts";
import { type ChunkGeometry, chunkSize, mergeTrailingDims } from "./geometry.ts";
import {
  checkChunkSize,
  decodedSize,
  findStoredChunk,
  type PlannedChunk,
  planRead,
  type ReadPlan,
} from "./read-plan.ts";
import {
  boxesOfRange,
  type Interval,
  type Run,
  type Selection,
  type Selector,
  selectedElementSize,
  selectedIndex,
  selectionCount,
  selectorCount,
} from "./selection.ts";
import type { StoredData } from "./stored-data.ts";

/** A part of a dataset, to be read as if it were one: its bytes are the selected elements in C order, packed. */
export interface SelectedData {
  readonly source: StoredData;
  readonly selection: Selection;
}

/** What of the result lies in one chunk: a box of the result's indexes, one interval for each of the dataset's dimensions. */
export interface SelectedBox {
  /** Place in the plan's `chunks`. */
  readonly chunk: number;
  readonly intervals: readonly Interval[];
}

/** What is to be read and decoded to have the bytes [start, start + length) of a selection. A plain value. */
export interface SelectedPlan {
  readonly kind: "selected";
  readonly path: string;
  readonly selection: Selection;
  /** Of the dataset; data without chunks have blocks in their place. */
  readonly geometry: ChunkGeometry;
  readonly chunkSize: number;
  /** The chunks are pieces of the file as they are: nothing is gained by keeping them. */
  readonly isPlain: boolean;
  readonly filters: readonly Filter[];
  readonly fillValue: Uint8Array | undefined;
  readonly start: number;
  readonly length: number;
  readonly chunks: readonly PlannedChunk[];
  readonly boxes: readonly SelectedBox[];
}

/** What a plan may need at once. */
export interface PlanLimits {
  readonly chunks: number;
  /** Bytes of decoded chunks; one chunk is always allowed. */
  readonly bytes: number;
}

/** Contiguous data are read in blocks of about this many bytes, where less than the whole is selected. */
const BLOCK = 16 * 1024;

/** What a plan for any data may be. */
export type Plan = ReadPlan | SelectedPlan;

/** Bytes of all elements, or of the selected ones. */
export function sizeOf(data: StoredData | SelectedData): number {
  if (!("selection" in data)) return decodedSize(data);
  return selectionCount(data.selection) * selectedElementSize(data.selection);
}

/**
 * Decides what a read of bytes [start, start + length) needs, the range cut to the size. The plan for a selection may be
 * for fewer bytes, where all would need more than `limits` allow.
 */
export function planAny(data: StoredData | SelectedData, start: number, length: number, limits: PlanLimits): Plan {
  if (!("selection" in data)) return planRead(data, start, length);
  const size = sizeOf(data);
  const from = Math.min(start, size);
  const count = Math.min(length, size - from);
  if (count === 0) return { kind: "pieces", path: data.source.path, pieces: [], length: 0 };
  const contiguous = contiguousStart(data);
  if (contiguous !== undefined) return planRead(data.source, contiguous + from, count);
  const { storage, fillValue } = data.source;
  const isEmpty = storage.kind === "chunked" ? storage.index.isEmpty : isUnwritten(storage);
  if (isEmpty) return { kind: "fill", fillValue: pick(fillValue, data.selection.runs), start: from, length: count };
  return planSelected(data, from, count, limits);
}

function isUnwritten(storage: StoredData["storage"]): boolean {
  return storage.kind === "contiguous" && storage.address === undefined;
}

/** The selected bytes of one element. */
function pick(element: Uint8Array | undefined, runs: readonly Run[]): Uint8Array | undefined {
  if (element === undefined) return undefined;
  return Uint8Array.from(runs.flatMap(({ offset, length }) => [...element.subarray(offset, offset + length)]));
}

/**
 * Where the selected bytes begin in the dataset's own, if they lie one after the other there: then reading them is an
 * ordinary read.
 */
function contiguousStart({ source, selection }: SelectedData): number | undefined {
  const [run, ...others] = selection.runs;
  if (run === undefined || others.length > 0 || run.offset !== 0 || run.length !== source.elementSize) return undefined;
  let start = 0;
  let below = source.elementSize;
  let isWhole = true;
  for (let d = selection.selectors.length - 1; d >= 0; d--) {
    const selector = selection.selectors[d];
    const dim = source.dims[d] ?? 1;
    if (selector === undefined) return undefined;
    const count = selectorCount(selector);
    if (count === 0 || (count > 1 && (!isWhole || selector.kind === "list" || selector.step !== 1))) return undefined;
    start += selectedIndex(selector, 0) * below;
    below *= dim;
    isWhole &&= count === dim;
  }
  return start;
}

/**
 * Decides what a read of bytes [start, start + length) of a selection needs. The range must lie inside it, and not be
 * empty. The plan may be for fewer bytes, where all would need more than `limits` allow; it is for one element at least.
 */
function planSelected(data: SelectedData, start: number, length: number, limits: PlanLimits): SelectedPlan {
  const { source, selection } = data;
  const { geometry, chunkAt, isPlain } = chunksOf(source);
  const { path, filters, fillValue } = source;
  const size = chunkSize(geometry);
  checkChunkSize(path, size);
  const elementSize = selectedElementSize(selection);
  const selectors = source.dims.length === 0 ? [SCALAR] : selection.selectors;
  const dims = selectors.map(selectorCount);
  const budget = Math.max(1, Math.min(limits.chunks, Math.floor(limits.bytes / Math.max(1, size))));
  const first = Math.floor(start / elementSize);
  let end = Math.ceil((start + length) / elementSize);
  let found = cut(selectors, geometry.chunkDims, boxesOfRange(dims, first, end), budget);
  while (found === undefined) {
    end = first + Math.max(1, Math.floor((end - first) / 2));
    found = cut(selectors, geometry.chunkDims, boxesOfRange(dims, first, end), end - first === 1 ? 1 : budget);
  }

  const chunks: PlannedChunk[] = [];
  const places = new Map<string, number>();
  const boxes = found.map(({ scaled, intervals }): SelectedBox => {
    const name = scaled.join();
    let place = places.get(name);
    if (place === undefined) {
      place = chunks.push(chunkAt(scaled)) - 1;
      places.set(name, place);
    }
    return { chunk: place, intervals };
  });
  // Each chunk is decoded once, though what is wanted of it may be in several boxes.
  boxes.sort((a, b) => a.chunk - b.chunk);
  return {
    kind: "selected",
    path,
    selection: { selectors, runs: selection.runs },
    geometry,
    chunkSize: size,
    isPlain,
    filters: isPlain ? [] : filters,
    fillValue,
    start,
    length: Math.min(length, end * elementSize - start),
    chunks,
    boxes,
  };
}

const SCALAR: Selector = { kind: "range", start: 0, step: 1, count: 1 };

interface ChunkedSource {
  readonly geometry: ChunkGeometry;
  readonly isPlain: boolean;
  chunkAt(scaled: readonly number[]): PlannedChunk;
}

function chunksOf(source: StoredData): ChunkedSource {
  const { storage, elementSize, path, space } = source;
  if (storage.kind === "chunked") {
    const { geometry } = storage;
    const rank = mergeTrailingDims(geometry).dims.length;
    // The same key as in an ordinary read, so that both find the same decoded chunk.
    const chunkAt = (scaled: readonly number[]): PlannedChunk => {
      const key = scaled.slice(0, rank).join();
      return { scaled, key, stored: findStoredChunk(source, storage, scaled, key) };
    };
    return { geometry, isPlain: false, chunkAt };
  }

  const dims = source.dims.length === 0 ? [1] : source.dims;
  const geometry = { dims, chunkDims: blockDims(dims, elementSize), elementSize };
  const chunkAt = (scaled: readonly number[]): PlannedChunk => {
    const key = scaled.join();
    let offset = 0;
    let size = elementSize;
    dims.forEach((dim, d) => {
      const from = (scaled[d] ?? 0) * (geometry.chunkDims[d] ?? 1);
      offset = offset * dim + from;
      size *= Math.min(geometry.chunkDims[d] ?? 1, dim - from);
    });
    offset *= elementSize;
    if (storage.kind === "compact") {
      const bytes = storage.bytes.subarray(offset, offset + size);
      return { scaled, key, stored: { pieces: [{ bytes }], size, filterMask: 0 } };
    }
    if (storage.kind === "external") {
      return { scaled, key, stored: { pieces: storage.pieces(offset, size), size, filterMask: 0 } };
    }
    if (storage.address === undefined) return { scaled, key, stored: undefined };
    const pieces = space.pieces(storage.address + offset, size, `${path}: contiguous data`);
    return { scaled, key, stored: { pieces, size, filterMask: 0 } };
  };
  return { geometry, isPlain: true, chunkAt };
}

/** Blocks whose elements lie one after the other: the last dimensions whole, then a part of one, of the others one index. */
function blockDims(dims: readonly number[], elementSize: number): number[] {
  const out = dims.map(() => 1);
  let bytes = elementSize;
  for (let d = dims.length - 1; d >= 0; d--) {
    const dim = Math.max(1, dims[d] ?? 1);
    const part = Math.max(1, Math.min(dim, Math.floor(BLOCK / Math.max(1, bytes))));
    out[d] = part;
    bytes *= dim;
    if (part < dim) break;
  }
  return out;
}

interface Part {
  readonly scaled: readonly number[];
  readonly intervals: readonly Interval[];
}

/** The boxes, each cut at the bounds of chunks; `undefined` where there would be more than `budget`. */
function cut(
  selectors: readonly Selector[],
  chunkDims: readonly number[],
  boxes: readonly (readonly Interval[])[],
  budget: number,
): Part[] | undefined {
  const parts: Part[] = [];
  for (const box of boxes) {
    const alongs: { scaled: number; interval: Interval }[][] = [];
    let product = 1;
    for (const [d, interval] of box.entries()) {
      const selector = selectors[d] ?? SCALAR;
      const along = cutInterval(selector, chunkDims[d] ?? 1, interval, budget);
      product *= along?.length ?? Number.POSITIVE_INFINITY;
      if (along === undefined || parts.length + product > budget) return undefined;
      alongs.push(along);
    }
    const visit = (d: number, scaled: readonly number[], intervals: readonly Interval[]): void => {
      const along = alongs[d];
      if (along === undefined) parts.push({ scaled, intervals });
      else for (const { scaled: s, interval } of along) visit(d + 1, [...scaled, s], [...intervals, interval]);
    };
    visit(0, [], []);
  }
  return parts;
}

/** Runs of result indexes whose elements are in the same row of chunks. */
function cutInterval(
  selector: Selector,
  chunkDim: number,
  { from, to }: Interval,
  budget: number,
): { scaled: number; interval: Interval }[] | undefined {
  const parts: { scaled: number; interval: Interval }[] = [];
  for (let at = from; at < to; ) {
    if (parts.length === budget) return undefined;
    const scaled = Math.floor(selectedIndex(selector, at) / chunkDim);
    let end = at + 1;
    if (selector.kind === "range") {
      end = Math.min(to, Math.max(end, Math.ceil(((scaled + 1) * chunkDim - selector.start) / selector.step)));
    } else {
      while (end < to && Math.floor(selectedIndex(selector, end) / chunkDim) === scaled) end++;
    }
    parts.push({ scaled, interval: { from: at, to: end } });
    at = end;
  }
  return parts;
}
