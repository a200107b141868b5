import type { CodecMode } from "../../codecs/codec.ts";
import { H5Error } from "../errors.ts";
import { ChunkCache } from "./chunk-cache.ts";
import { executePlan } from "./execute-plan.ts";
import { mergeTrailingDims } from "./geometry.ts";
import { decodedSize, planRead } from "./read-plan.ts";
import type { StoredData } from "./stored-data.ts";

/** Bytes that one read may ask for: one element may claim to have 4 GiB. */
const MAX_READ = 2 ** 28;

/** Of very small chunks, so many are planned at a time: a plan takes some hundred bytes for each. */
const MAX_CHUNKS = 2 ** 14;

/** Reads the elements of datasets on the calling thread, keeping the decoded chunks of the last reads. */
export class RangeReader {
  readonly #mode: CodecMode;
  readonly #cache: ChunkCache;

  constructor(mode: CodecMode = "native", cacheBytes = 64 * 1024 * 1024) {
    this.#mode = mode;
    this.#cache = new ChunkCache(cacheBytes);
  }

  /**
   * The bytes [start, start + length) of the elements in C order, as stored in the file; shorter only at the end of the data.
   * @param name tells the datasets of one reader apart
   */
  read(data: StoredData, name: string, start: number, length: number): Uint8Array {
    const size = Math.min(length, Math.max(0, decodedSize(data) - start));
    if (size > MAX_READ) {
      const { path } = data;
      throw new H5Error("limit", `${path}: ${size} bytes are too many to be read at once, at most ${MAX_READ}`, {
        path,
      });
    }
    const target = new Uint8Array(size);
    const step = stepOf(data, size);
    for (let at = 0; at < size; at += step) {
      const plan = planRead(data, start + at, Math.min(step, size - at));
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
