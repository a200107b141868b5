import type { CodecMode } from "../../codecs/codec.ts";
import { H5Error } from "../errors.ts";
import { ChunkCache } from "./chunk-cache.ts";
import { executePlan } from "./execute-plan.ts";
import { mergeTrailingDims } from "./geometry.ts";
import { type PlanLimits, planAny, type SelectedData, sizeOf } from "./select-plan.ts";
import type { StoredData } from "./stored-data.ts";

/** Bytes that one read may ask for: one element may claim to have 4 GiB. */
const MAX_READ = 2 ** 28;

/** What more than so many bytes need is not held for the next call. */
const MAX_BORROWED = 2 ** 22;

/** Little data mostly lie beside their header, in pages that were read for that. */
const MAX_CACHED = 2 ** 12;

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
   * The bytes [start, start + length) of the (selected) elements in C order, as stored in the file; shorter only at the end
   * of the data.
   * @param name tells the datasets of one reader apart
   */
  read(data: StoredData | SelectedData, name: string, start: number, length: number): Uint8Array {
    const target = new Uint8Array(sizeOfRead(data, start, length));
    this.readInto(data, name, start, target);
    return target;
  }

  /** The same bytes, not to be written to, in memory that the next call overwrites. */
  borrow(data: StoredData | SelectedData, name: string, start: number, length: number): Uint8Array {
    const size = sizeOfRead(data, start, length);
    if (size > MAX_BORROWED) return this.read(data, name, start, length);
    const cached = size <= MAX_CACHED && !("selection" in data) ? contiguous(data, start, size) : undefined;
    if (cached !== undefined) return cached;
    if (size > this.#target.length) this.#target = new Uint8Array(size);
    const target = this.#target.subarray(0, size);
    this.readInto(data, name, start, target);
    return target;
  }

  /** Fills `target` with the bytes from `start` on, which must be there. @param cancelled as `Execution` has it */
  readInto(
    data: StoredData | SelectedData,
    name: string,
    start: number,
    target: Uint8Array,
    cancelled: () => boolean = () => false,
  ): void {
    const step = stepOf("selection" in data ? data.source : data, target.length);
    for (let done = 0; done < target.length; ) {
      const plan = planAny(data, start + done, Math.min(step, target.length - done), LIMITS);
      if (plan.length === 0) throw new RangeError(`there are no bytes from ${start + done} on`);
      const chunkSize = "chunkSize" in plan ? plan.chunkSize : 0;
      executePlan(plan, target.subarray(done, done + plan.length), {
        mode: this.#mode,
        chunkFor: (chunk) => this.#cache.chunk(name, chunk.key, chunkSize),
        cancelled,
      });
      done += plan.length;
    }
  }
}

function contiguous({ storage, space, path }: StoredData, start: number, size: number): Uint8Array | undefined {
  if (storage.kind !== "contiguous" || storage.address === undefined) return undefined;
  return space.read(storage.address + start, size, `${path}: contiguous data`);
}

/** So many bytes that a plan for them has few more than MAX_CHUNKS chunks, each with a row at least. */
function stepOf({ storage, elementSize }: StoredData, size: number): number {
  if (storage.kind !== "chunked") return size;
  return MAX_CHUNKS * elementSize * (mergeTrailingDims(storage.geometry).chunkDims.at(-1) ?? 1);
}

/** Cut to the data. @throws H5Error "limit" */
function sizeOfRead(data: StoredData | SelectedData, start: number, length: number): number {
  const size = Math.min(length, Math.max(0, sizeOf(data) - start));
  if (size <= MAX_READ) return size;
  const { path } = "selection" in data ? data.source : data;
  throw new H5Error("limit", `${path}: ${size} bytes are too many to be read at once, at most ${MAX_READ}`, { path });
}

/** Chunks are decoded one after the other, so that only the plan itself takes memory. */
const LIMITS: PlanLimits = { chunks: MAX_CHUNKS, bytes: Number.POSITIVE_INFINITY };
