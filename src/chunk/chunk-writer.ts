import { encodeChunk } from "../../codecs/encode-chunk.ts";
import { decodeChunk } from "../../codecs/pipeline.ts";
import { H5Error } from "../errors.ts";
import type { EditContext } from "../format/edit-context.ts";
import type { Filter } from "../format/filter-pipeline.ts";
import { LARGE } from "../storage/journal/allocator.ts";
import { ChunkBatch } from "./chunk-batch.ts";
import type { ChunkRecord } from "./chunk-index.ts";
import type { ChunkIndexEditor } from "./chunk-index-editor.ts";
import { fill } from "./copy-range.ts";
import { copyBoxToChunk } from "./copy-selected.ts";
import { fillOutside } from "./fill-outside.ts";
import { type ChunkGeometry, chunkSize, coordinates, gridDims, strides } from "./geometry.ts";
import { ImplicitEditor } from "./implicit-editor.ts";
import { type Selection, selectedElementSize } from "./selection.ts";
import { visitBox } from "./visit-box.ts";
import { partsOfSelection, type WritePart } from "./write-parts.ts";

/** What it takes to write the chunks of a dataset. */
export interface ChunkWriterSetup {
  readonly edit: EditContext;
  readonly index: ChunkIndexEditor;
  readonly geometry: ChunkGeometry;
  readonly filters: readonly Filter[];
  /** One element; `undefined` is zeros. */
  readonly fillValue: Uint8Array | undefined;
  /** Chunks that reach past the dataset's edge are stored without filters. */
  readonly edgeChunksUnfiltered: boolean;
  /** Names the dataset in messages. */
  readonly path: string;
}

/** A decoded chunk that is being written; bytes [from, to) differ from those in the file. */
interface OpenChunk {
  readonly scaled: readonly number[];
  readonly bytes: Uint8Array;
  from: number;
  to: number;
}

/** Bytes of decoded chunks that wait to be stored; one chunk is always kept. */
const MAX_OPEN = 32 * 2 ** 20;

/** Bytes of decoded chunks that are kept when all is stored, for what is written next. */
const MAX_KEPT = 2 * 2 ** 20;

/** Chunks that are looked up one by one when a dataset shrinks; of more, the whole index is read. */
const MAX_LOOKED_UP = 4096;

/**
 * Writes the chunks of one dataset. A chunk that is written in part is decoded once, and kept until `flush` or until its
 * memory is needed, so that rows that are appended one by one are encoded together.
 */
export class ChunkWriter {
  readonly #setup: ChunkWriterSetup;
  readonly #size: number;
  readonly #batch: ChunkBatch;
  /** By scaled coordinates, the most recently used last. */
  readonly #open = new Map<string, OpenChunk>();
  /** Large chunks that this transaction has allocated: no other state has them, so they may be overwritten. */
  readonly #fresh = new Set<number>();
  #geometry: ChunkGeometry;

  constructor(setup: ChunkWriterSetup) {
    this.#setup = setup;
    this.#geometry = setup.geometry;
    this.#size = chunkSize(setup.geometry);
    this.#batch = new ChunkBatch(setup.edit, setup.index);
  }

  /** Another transaction: what there was before is published. */
  begin(): void {
    this.#fresh.clear();
  }

  /** @param source the selected elements in C order; all of the selection lies inside the dataset */
  write(selection: Selection, source: Uint8Array): void {
    for (const part of partsOfSelection(this.#geometry, selection)) {
      if (part.covers === "chunk") this.#writeWhole(selection, part, source);
      else this.#writePart(selection, part, source);
    }
  }

  /** @param numbers of elements, in C order of the dataset; of those that are named twice the last is kept */
  writeElements(numbers: ArrayLike<number>, source: Uint8Array): void {
    const { dims, chunkDims, elementSize } = this.#geometry;
    const chunkStrides = strides(chunkDims, elementSize);
    for (let i = 0; i < numbers.length; i++) {
      const at = coordinates(numbers[i] ?? 0, dims);
      const scaled = at.map((c, d) => Math.floor(c / (chunkDims[d] ?? 1)));
      const offset = at.reduce((sum, c, d) => sum + (c % (chunkDims[d] ?? 1)) * (chunkStrides[d] ?? 0), 0);
      const chunk = this.#chunk(scaled, "read");
      chunk.bytes.set(source.subarray(i * elementSize, (i + 1) * elementSize), offset);
      touch(chunk, offset, offset + elementSize);
    }
  }

  /** Chunks outside the new dimensions are freed; elements that come into reach later are fill values. */
  resize(dims: readonly number[], progress?: (bytes: number) => void): void {
    const before = this.#geometry;
    const after = { ...before, dims };
    const shrinks = before.dims.some((dim, d) => (dims[d] ?? 0) < dim);
    const { filters, edgeChunksUnfiltered } = this.#setup;
    const edgesMatter = edgeChunksUnfiltered && filters.length > 0;
    if (shrinks || edgesMatter) {
      for (const scaled of this.#chunksAtEdges(before, after)) {
        this.#refit(scaled, before, after);
        progress?.(this.#size);
      }
    }
    this.#geometry = after;
  }

  /** Rows [from, to) along the first dimension are fill values again; chunks that have no others inside the dataset are freed. */
  clear(from: number, to: number): void {
    const { dims, chunkDims } = this.#geometry;
    const rows = chunkDims[0] ?? 1;
    const row = this.#size / rows;
    for (const scaled of this.#chunksOfRows(Math.floor(from / rows), Math.ceil(to / rows))) {
      const start = (scaled[0] ?? 0) * rows;
      const end = Math.min(start + rows, dims[0] ?? 0);
      const isWhole = from <= start && to >= end && !(this.#setup.index instanceof ImplicitEditor);
      if (isWhole) {
        this.#remove(scaled);
        continue;
      }
      const [first, last] = [(Math.max(from, start) - start) * row, (Math.min(to, end) - start) * row];
      const chunk = this.#chunk(scaled, "read");
      fill(chunk.bytes, first, last, this.#setup.fillValue, 0);
      touch(chunk, first, last);
    }
  }

  /** Gives every chunk that has no place in the file one, filled with fill values. @param from dimensions that have theirs */
  allocate(from: readonly number[] = [], progress?: (bytes: number) => void): void {
    const { index } = this.#setup;
    const grid = gridDims(this.#geometry);
    const count = grid.reduce((product, n) => product * n, 1);
    if (count === 0) return;
    if (index instanceof ImplicitEditor) index.allocate();
    const { dims, chunkDims } = this.#geometry;
    const wasInside = (scaled: readonly number[]): boolean =>
      from.length > 0 && scaled.every((c, d) => c * (chunkDims[d] ?? 1) < Math.min(from[d] ?? 0, dims[d] ?? 0));
    const bytes = this.#filled();
    for (let i = 0; i < count; i++) {
      const scaled = coordinates(i, grid);
      if (wasInside(scaled) || this.#open.has(scaled.join())) continue;
      if (index instanceof ImplicitEditor || index.find(scaled) === undefined) {
        this.#store(scaled, bytes, 0, this.#size, this.#geometry);
        progress?.(this.#size);
      }
    }
  }

  /** A whole chunk's bytes are at `address`. @throws H5Error "argument" where it is stored in another way */
  place(scaled: readonly number[], { address, length }: { readonly address: number; readonly length: number }): void {
    const { index, path } = this.#setup;
    const isPlain = length === this.#size && this.#filtersOf(scaled, this.#geometry).length === 0;
    if (!isPlain || index instanceof ImplicitEditor) {
      throw new H5Error("argument", `${path}: chunk ${scaled.join()} is not stored as ${length} bytes`, { path });
    }
    this.#remove(scaled);
    index.set(scaled, { address, storedSize: length, filterMask: 0 });
  }

  /** All that was written is in the index, and in its place. */
  flush(): void {
    for (const chunk of this.#open.values()) this.#storeOpen(chunk, this.#geometry);
    this.#batch.flush();
    this.#setup.index.flush();
    for (const key of this.#open.keys()) {
      if (this.#open.size * this.#size <= MAX_KEPT) break;
      this.#open.delete(key);
    }
  }

  #writeWhole(selection: Selection, { scaled, intervals, contiguousAt }: WritePart, source: Uint8Array): void {
    this.#open.delete(scaled.join());
    if (contiguousAt !== undefined) {
      this.#store(scaled, source.subarray(contiguousAt, contiguousAt + this.#size), 0, this.#size, this.#geometry);
      return;
    }
    const bytes = new Uint8Array(this.#size);
    copyBoxToChunk(selection, this.#geometry, scaled, intervals, source, bytes);
    this.#store(scaled, bytes, 0, this.#size, this.#geometry);
  }

  #writePart(selection: Selection, part: WritePart, source: Uint8Array): void {
    const { scaled, intervals, covers } = part;
    if (this.#writeInPlace(selection, part, source)) return;
    const chunk = this.#chunk(scaled, covers === "extent" ? "fill" : "read");
    copyBoxToChunk(selection, this.#geometry, scaled, intervals, source, chunk.bytes);
    const { elementSize } = this.#geometry;
    visitBox(selection, this.#geometry, scaled, intervals, (at, step, _selectedAt, count) => {
      touch(chunk, at, at + step * (count - 1) + elementSize);
    });
  }

  /** Where a few neighbouring elements of a chunk are written that is stored as it is, all else of it need not be looked at. */
  #writeInPlace(selection: Selection, { scaled, intervals }: WritePart, source: Uint8Array): boolean {
    const { index, edit } = this.#setup;
    const { elementSize } = this.#geometry;
    const isRow = intervals.every(({ from, to }, d) => d === intervals.length - 1 || to - from === 1);
    if (
      !isRow ||
      selectedElementSize(selection) !== elementSize ||
      this.#filtersOf(scaled, this.#geometry).length > 0 ||
      this.#open.has(scaled.join()) ||
      this.#batch.has(scaled)
    ) {
      return false;
    }
    const record = index.find(scaled);
    if (record === undefined || record.storedSize !== this.#size) return false;
    const runs: { readonly at: number; readonly bytes: Uint8Array }[] = [];
    let isAll = true;
    visitBox(selection, this.#geometry, scaled, intervals, (at, step, selectedAt, count) => {
      const length = count * elementSize;
      if ((count > 1 && step !== elementSize) || length >= LARGE) isAll = false;
      else runs.push({ at, bytes: source.subarray(selectedAt, selectedAt + length) });
    });
    if (!isAll) return false;
    for (const { at, bytes } of runs) edit.write(record.address + at, bytes);
    return true;
  }

  /** The chunk, to be written to. @param how "fill": what it has inside the dataset is not needed */
  #chunk(scaled: readonly number[], how: "read" | "fill"): OpenChunk {
    const key = scaled.join();
    const open = this.#open.get(key);
    if (open !== undefined) {
      this.#open.delete(key);
      this.#open.set(key, open);
      return open;
    }
    while (this.#open.size > 0 && (this.#open.size + 1) * this.#size > MAX_OPEN) this.#closeOldest();
    const found = how === "read" ? this.#read(scaled, this.#geometry) : undefined;
    const chunk =
      found === undefined
        ? { scaled, bytes: this.#filled(), from: 0, to: this.#size }
        : { scaled, bytes: found, from: this.#size, to: 0 };
    this.#open.set(key, chunk);
    return chunk;
  }

  #closeOldest(): void {
    for (const [key, chunk] of this.#open) {
      this.#open.delete(key);
      this.#storeOpen(chunk, this.#geometry);
      return;
    }
  }

  #storeOpen(chunk: OpenChunk, geometry: ChunkGeometry): void {
    if (chunk.from >= chunk.to) return;
    this.#store(chunk.scaled, chunk.bytes, chunk.from, chunk.to, geometry);
    chunk.from = this.#size;
    chunk.to = 0;
  }

  #filled(): Uint8Array {
    const bytes = new Uint8Array(this.#size);
    if (this.#setup.fillValue !== undefined) fill(bytes, 0, this.#size, this.#setup.fillValue, 0);
    return bytes;
  }

  /** The chunk as it is stored, decoded; `undefined`: it was never written. */
  #read(scaled: readonly number[], geometry: ChunkGeometry): Uint8Array | undefined {
    const { index, edit, path } = this.#setup;
    if (this.#batch.has(scaled)) this.#batch.flush();
    const record = index.find(scaled);
    if (record === undefined) return undefined;
    const filters = this.#filtersOf(scaled, geometry);
    const { address, storedSize, filterMask } = record;
    const stored = edit.context.space.read(address, storedSize, `${path}: chunk ${scaled.join()}`);
    try {
      return decodeChunk({ stored, filters, filterMask, chunkSize: this.#size, mode: "native" });
    } catch (cause) {
      if (!(cause instanceof H5Error)) throw cause;
      throw new H5Error(cause.kind, `${path}: chunk ${scaled.join()}: ${cause.message}`, { path, cause });
    }
  }

  #filtersOf(scaled: readonly number[], geometry: ChunkGeometry): readonly Filter[] {
    const { filters, edgeChunksUnfiltered } = this.#setup;
    return edgeChunksUnfiltered && !isWhole(scaled, geometry) ? [] : filters;
  }

  /** Puts a chunk, of which bytes [from, to) were changed, into the file. */
  #store(scaled: readonly number[], bytes: Uint8Array, from: number, to: number, geometry: ChunkGeometry): void {
    const { index, edit } = this.#setup;
    const filters = this.#filtersOf(scaled, geometry);
    if (this.#batch.has(scaled)) this.#batch.flush();
    const old = index.find(scaled);
    if (index instanceof ImplicitEditor) {
      index.allocate();
      const address = index.find(scaled)?.address ?? 0;
      edit.write(address + from, bytes.subarray(from, to));
      return;
    }
    const { stored, filterMask } =
      filters.length === 0
        ? { stored: bytes, filterMask: 0 }
        : (edit.kept.encoded?.find(bytes, filters) ?? encodeChunk(bytes, filters, "native"));
    const isPlain = filters.length === 0 && old?.storedSize === stored.length;
    if (old !== undefined && this.#mayOverwrite(old, isPlain ? to - from : stored.length, stored.length)) {
      if (isPlain) edit.write(old.address + from, stored.subarray(from, to));
      else edit.write(old.address, stored);
      if (old.filterMask !== filterMask) index.set(scaled, { ...old, filterMask });
      return;
    }
    if (old !== undefined) edit.free(old.address, old.storedSize);
    if (stored.length < LARGE) {
      this.#batch.add(scaled, stored, filterMask);
      return;
    }
    const address = edit.allocate(stored.length, "raw");
    edit.write(address, stored);
    this.#fresh.add(address);
    index.set(scaled, { address, storedSize: stored.length, filterMask });
  }

  /** What was published is not overwritten in place, unless it is so little that it goes into the log. */
  #mayOverwrite({ address, storedSize }: ChunkRecord, changed: number, size: number): boolean {
    return storedSize === size && (changed < LARGE || this.#fresh.has(address));
  }

  /** The chunks whose place relative to the dataset's edge may change, and those that are outside from now on. */
  *#chunksAtEdges(before: ChunkGeometry, after: ChunkGeometry): Generator<readonly number[]> {
    const grid = gridDims(before);
    const { chunkDims } = before;
    // Along each dimension, from the chunk on that the smaller edge cuts.
    const first = before.dims.map((dim, d) => {
      const to = after.dims[d] ?? 0;
      return dim === to ? (grid[d] ?? 0) : Math.floor(Math.min(dim, to) / (chunkDims[d] ?? 1));
    });
    const total = grid.reduce((product, n) => product * n, 1);
    const kept = first.reduce((product, n) => product * n, 1);
    const isAtEdge = (scaled: readonly number[]): boolean => scaled.some((c, d) => c >= (first[d] ?? 0));
    if (total - kept > MAX_LOOKED_UP) {
      this.#batch.flush();
      const found = [...this.#setup.index.entries()].map(({ scaled }) => scaled).filter(isAtEdge);
      const known = new Set(found.map((scaled) => scaled.join()));
      yield* found;
      for (const [key, { scaled }] of [...this.#open]) if (!known.has(key) && isAtEdge(scaled)) yield scaled;
      return;
    }
    yield* outsideBox(grid, first);
  }

  /** The chunks with these numbers along the first dimension that were written. */
  *#chunksOfRows(first: number, end: number): Generator<readonly number[]> {
    const [, ...others] = gridDims(this.#geometry);
    const count = (end - first) * others.reduce((product, n) => product * n, 1);
    this.#batch.flush();
    if (count > MAX_LOOKED_UP) {
      const isAmong = ([c = 0]: readonly number[]): boolean => c >= first && c < end;
      const found = [...this.#setup.index.entries()].map(({ scaled }) => scaled).filter(isAmong);
      const known = new Set(found.map((scaled) => scaled.join()));
      yield* found;
      for (const [key, { scaled }] of [...this.#open]) if (!known.has(key) && isAmong(scaled)) yield scaled;
      return;
    }
    for (let i = 0; i < count; i++) {
      const [c = 0, ...inner] = coordinates(i, [end - first, ...others]);
      const scaled = [first + c, ...inner];
      if (this.#open.has(scaled.join()) || this.#setup.index.find(scaled) !== undefined) yield scaled;
    }
  }

  /** The chunk is as if it had never been written; one of those that all have their place stays there. */
  #remove(scaled: readonly number[]): void {
    const { index, edit } = this.#setup;
    this.#open.delete(scaled.join());
    if (this.#batch.has(scaled)) this.#batch.flush();
    const record = index.find(scaled);
    if (record === undefined || index instanceof ImplicitEditor) return;
    index.remove(scaled);
    edit.free(record.address, record.storedSize);
  }

  #refit(scaled: readonly number[], before: ChunkGeometry, after: ChunkGeometry): void {
    const { fillValue } = this.#setup;
    const open = this.#open.get(scaled.join());
    const isOutside = scaled.some((c, d) => c * (after.chunkDims[d] ?? 1) >= (after.dims[d] ?? 0));
    if (isOutside) {
      this.#remove(scaled);
      return;
    }
    const isCut = before.dims.some((dim, d) => {
      const to = after.dims[d] ?? 0;
      const start = (scaled[d] ?? 0) * (after.chunkDims[d] ?? 1);
      return to < Math.min(dim, start + (after.chunkDims[d] ?? 1));
    });
    const changesFilters = this.#filtersOf(scaled, before).length !== this.#filtersOf(scaled, after).length;
    if (!isCut && !changesFilters) return;
    const bytes = open?.bytes ?? this.#read(scaled, before);
    if (bytes === undefined) return;
    if (isCut) fillOutside(after, scaled, bytes, fillValue);
    if (open === undefined) this.#store(scaled, bytes, 0, this.#size, after);
    else touch(open, 0, this.#size);
  }
}

function touch(chunk: OpenChunk, from: number, to: number): void {
  if (from < chunk.from) chunk.from = from;
  if (to > chunk.to) chunk.to = to;
}

function isWhole(scaled: readonly number[], { dims, chunkDims }: ChunkGeometry): boolean {
  return scaled.every((c, d) => (c + 1) * (chunkDims[d] ?? 1) <= (dims[d] ?? 0));
}

/** The coordinates inside `grid` that are not below `corner` in every dimension. */
function* outsideBox(grid: readonly number[], corner: readonly number[]): Generator<readonly number[]> {
  for (const d of grid.keys()) {
    // Dimension d is the first that is past the corner.
    const low = grid.map((_, i) => (i === d ? (corner[i] ?? 0) : 0));
    const counts = grid.map((n, i) => (i < d ? Math.min(n, corner[i] ?? 0) : n - (low[i] ?? 0)));
    const count = counts.reduce((product, n) => product * Math.max(0, n), 1);
    for (let i = 0; i < count; i++) yield coordinates(i, counts).map((c, j) => c + (low[j] ?? 0));
  }
}
