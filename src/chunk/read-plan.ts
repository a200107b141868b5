import { H5Error } from "../errors.ts";
import type { Filter } from "../format/filter-pipeline.ts";
import type { Piece } from "../storage/storage.ts";
import { chunksOfByteRange } from "./byte-range.ts";
import { type ChunkGeometry, chunkSize, mergeTrailingDims } from "./geometry.ts";
import type { StoredData } from "./stored-data.ts";

/** A chunk that a read needs. */
export interface PlannedChunk {
  /** In the plan's own (merged) geometry. */
  readonly scaled: readonly number[];
  /** Names the chunk within its dataset. */
  readonly key: string;
  /** `undefined`: never written, all fill value. */
  readonly stored:
    | { readonly pieces: readonly Piece[]; readonly size: number; readonly filterMask: number }
    | undefined;
}

/** What is to be read and decoded to have the bytes [start, start + length) of a chunked dataset. A plain value: it survives `postMessage`. */
export interface ChunkedPlan {
  readonly kind: "chunked";
  readonly path: string;
  readonly geometry: ChunkGeometry;
  readonly chunkSize: number;
  readonly filters: readonly Filter[];
  readonly fillValue: Uint8Array | undefined;
  readonly start: number;
  readonly length: number;
  readonly chunks: readonly PlannedChunk[];
}

/** The bytes lie in the file as they are. */
export interface PiecesPlan {
  readonly kind: "pieces";
  readonly path: string;
  readonly pieces: readonly Piece[];
  readonly length: number;
}

/** Never written: the fill value, `start` giving the phase. */
export interface FillPlan {
  readonly kind: "fill";
  readonly fillValue: Uint8Array | undefined;
  readonly start: number;
  readonly length: number;
}

export type ReadPlan = ChunkedPlan | PiecesPlan | FillPlan;

/** Chunks that are stored as they are, and have so many bytes, are not read whole, and kept, for a part of them. */
const READ_IN_PART = 2 ** 16;

/** No chunk may be larger than this when decoded: it is decoded in memory, in one piece. */
const MAX_CHUNK = 2 ** 30;

/** Bytes of all elements in C order. */
export function decodedSize(data: Pick<StoredData, "dims" | "elementSize">): number {
  return data.dims.reduce((product, dim) => product * dim, data.elementSize);
}

/**
 * Decides what a read of bytes [start, start + length) of the elements, in C order, needs; reads nothing but the chunk
 * index. The range is cut to the dataset's size.
 */
export function planRead(data: StoredData, start: number, length: number): ReadPlan {
  const size = decodedSize(data);
  const from = Math.min(start, size);
  const count = Math.min(length, size - from);
  const { storage, fillValue, path } = data;
  if (count === 0) return { kind: "pieces", path, pieces: [], length: 0 };
  switch (storage.kind) {
    case "compact":
      return { kind: "pieces", path, pieces: [{ bytes: storage.bytes.subarray(from, from + count) }], length: count };
    case "contiguous": {
      if (storage.address === undefined) return { kind: "fill", fillValue, start: from, length: count };
      const pieces = data.space.pieces(storage.address + from, count, `${path}: contiguous data`);
      return { kind: "pieces", path, pieces, length: count };
    }
    case "external":
      return { kind: "pieces", path, pieces: storage.pieces(from, count), length: count };
    case "chunked":
      if (storage.index.isEmpty) return { kind: "fill", fillValue, start: from, length: count };
      return planChunks(data, storage, from, count);
  }
}

type ChunkedStorage = Extract<StoredData["storage"], { kind: "chunked" }>;

function planChunks(data: StoredData, storage: ChunkedStorage, start: number, length: number): ReadPlan {
  const { path, filters, fillValue } = data;
  const bytes = chunkSize(storage.geometry);
  checkChunkSize(path, bytes);
  const geometry = mergeTrailingDims(storage.geometry);
  const padding = new Array<number>(storage.geometry.dims.length - geometry.dims.length).fill(0);
  if (geometry.dims.length === 1 && filters.length === 0 && bytes >= READ_IN_PART) {
    const pieces = piecesOfChunks(data, storage, padding, { start, length, bytes });
    if (pieces !== undefined) return { kind: "pieces", path, pieces, length };
  }
  const chunks = chunksOfByteRange(geometry, start, length).map((scaled): PlannedChunk => {
    const key = scaled.join();
    return { scaled, key, stored: findStoredChunk(data, storage, [...scaled, ...padding], key) };
  });
  return { kind: "chunked", path, geometry, chunkSize: bytes, filters, fillValue, start, length, chunks };
}

/** Of chunks that follow each other, and are stored as they are; `undefined`: one of them was never written. */
function piecesOfChunks(
  { space, path }: StoredData,
  { index }: ChunkedStorage,
  padding: readonly number[],
  { start, length, bytes }: { readonly start: number; readonly length: number; readonly bytes: number },
): Piece[] | undefined {
  const pieces: Piece[] = [];
  for (let at = start; at < start + length; ) {
    const number = Math.floor(at / bytes);
    const record = index.find([number, ...padding]);
    if (record?.storedSize !== bytes) return undefined;
    const from = at - number * bytes;
    const count = Math.min(bytes - from, start + length - at);
    pieces.push(...space.pieces(record.address + from, count, `${path}: chunk ${number}`));
    at += count;
  }
  return pieces;
}

/** @throws H5Error "limit" about chunks that are too large to be decoded */
export function checkChunkSize(path: string, bytes: number): void {
  if (bytes <= MAX_CHUNK) return;
  const message = `${path}: a chunk is ${bytes} bytes when decoded; the most that is read is ${MAX_CHUNK}`;
  throw new H5Error("limit", message, { path });
}

/** Where the chunk is; `undefined`: never written. @param scaled in the dataset's own geometry */
export function findStoredChunk(
  data: StoredData,
  { index, geometry, edgeChunksUnfiltered }: ChunkedStorage,
  scaled: readonly number[],
  key: string,
): PlannedChunk["stored"] {
  const record = index.find(scaled);
  if (record === undefined) return undefined;
  const isWhole = scaled.every((c, d) => (c + 1) * (geometry.chunkDims[d] ?? 1) <= (geometry.dims[d] ?? 0));
  return {
    pieces: data.space.pieces(record.address, record.storedSize, `${data.path}: chunk ${key}`),
    size: record.storedSize,
    filterMask: edgeChunksUnfiltered && !isWhole ? 0xffffffff : record.filterMask,
  };
}
