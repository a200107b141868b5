import type { CodecMode } from "../../codecs/codec.ts";
import { H5Error } from "../errors.ts";
import { ChunkCache } from "./chunk-cache.ts";
import { executePlan } from "./execute-plan.ts";
import { mergeTrailingDims } from "./geometry.ts";
import { decodedSize, planRead } from "./read-plan.ts";
import type { StoredData } from "./stored-data.ts";

/** Bytes that one read may ask for: one element may claim to have 4 GiB. */
const MAX_READ = 2 ** 28;

/** What more than so many bytes need is not held for the next call. */
const MAX_BORROWED = 2 ** 22;

/** Of very small chunks, so many are planned at a time: a plan takes some hundred bytes for each. */
const MAX_CHUNKS = 2 ** 14;

/** Reads the elements of datasets on the calling thread, keeping the decoded chunks of the last reads. */
export class RangeReader {
  readonly #mode: CodecMode;
  readonly #cache: ChunkCache;
  #target = new Uint8Array(0);

  constructor(mode: CodecMode = "native", cacheBytes = 64 * 1024 * 1024) {
    this.#mode = mode;
    this.#cache = new ChunkCache(cacheBytes, "own");
  }

  /**
   * The bytes [start, start + length) of the elements in C order, as stored in the file; shorter only at the end of the data.
   * @param name tells the datasets of one reader apart
   */
  read(data: StoredData, name: string, start: number, length: number): Uint8Array {
    return this.#fill(data, name, start, new Uint8Array(sizeOfRead(data, start, length)));
  }

  /** The same bytes, in memory that the next call overwrites. */
  borrow(data: StoredData, name: string, start: number, length: number): Uint8Array {
    const size = sizeOfRead(data, start, length);
    if (size > MAX_BORROWED) return this.read(data, name, start, length);
    if (size > this.#target.length) this.#target = new Uint8Array(size);
    return this.#fill(data, name, start, this.#target.subarray(0, size));
  }

  #fill(data: StoredData, name: string, start: number, target: Uint8Array): Uint8Array {
    const step = stepOf(data, target.length);
    for (let at = 0; at < target.length; at += step) {
      const plan = planRead(data, start + at, Math.min(step, target.length - at));
      executePlan(plan, target.subarray(at, at + plan.length), {
        mode: this.#mode,
        chunkFor: (chunk) => this.#cache.chunk(name, chunk.key, plan.kind === "chunked" ? plan.chunkSize : 0),
      });
    }
    return target;
  }
}

/** So many bytes that a plan for them has few more than MAX_CHUNKS chunks, each with a row at least. */
function stepOf({ storage, elementSize }: StoredData, size: number): number {
  if (storage.kind !== "chunked") return size;
  return MAX_CHUNKS * elementSize * (mergeTrailingDims(storage.geometry).chunkDims.at(-1) ?? 1);
}

/** Cut to the data. @throws H5Error "limit" */
function sizeOfRead(data: StoredData, start: number, length: number): number {
  const size = Math.min(length, Math.max(0, decodedSize(data) - start));
  if (size <= MAX_READ) return size;
  const { path } = data;
  throw new H5Error("limit", `${path}: ${size} bytes are too many to be read at once, at most ${MAX_READ}`, { path });
}
