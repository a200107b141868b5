import type { CodecMode } from "../../codecs/codec.ts";
import { ChunkCache } from "./chunk-cache.ts";
import { executePlan } from "./execute-plan.ts";
import { planRead } from "./read-plan.ts";
import type { StoredData } from "./stored-data.ts";

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
    const plan = planRead(data, start, length);
    const target = new Uint8Array(plan.length);
    executePlan(plan, target, {
      mode: this.#mode,
      chunkFor: (chunk) => this.#cache.chunk(name, chunk.key, plan.kind === "chunked" ? plan.chunkSize : 0),
    });
    return target;
  }
}
