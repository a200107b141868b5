import { LRUCache } from "lru-cache";
import { SharedChunk } from "./shared-chunk.ts";

/** Bytes that a kept chunk takes besides its own: of very small chunks that is nearly all. */
const OVERHEAD = 2048;
/** So many chunks are kept whatever they take besides. */
const MIN_CHUNKS = 16;

interface Kept {
  readonly chunk: SharedChunk;
  /** Of the dataset, when the chunk was asked for. */
  readonly state: string;
}

/** Decoded chunks, the most recently used, bounded in bytes. One thread owns it; the chunks in it are shared by all. */
export class ChunkCache {
  readonly #chunks: LRUCache<string, Kept>;
  readonly #maxChunk: number;
  /** The last chunk too large to be kept with the others: a sequential read asks for it again and again. */
  #large: (Kept & { readonly name: string }) | undefined;

  /** Of the chunk dropped last, where memory is used again. */
  #spare: SharedChunk | undefined;

  /**
   * @param capacity bytes @param memory "own": no other thread has the chunks, and nobody one that was dropped; its memory is
   * used again
   */
  constructor(capacity: number, memory: "shared" | "own" = "shared") {
    this.#maxChunk = Math.floor(capacity / 2);
    this.#chunks = new LRUCache({
      // Not bounded by their number: the cache would get room for that many at once, which takes milliseconds.
      maxSize: capacity + MIN_CHUNKS * OVERHEAD,
      sizeCalculation: ({ chunk }) => chunk.buffer.byteLength + OVERHEAD,
      dispose: ({ chunk }) => {
        if (memory === "own") this.#spare = chunk;
      },
    });
  }

  /** What is kept. */
  get bytes(): number {
    const kept = this.#chunks.calculatedSize - this.#chunks.size * OVERHEAD;
    return kept + (this.#large?.chunk.buffer.byteLength ?? 0);
  }

  /**
   * The chunk of that name, made empty where it is not there. Of the chunks larger than half the cache, which would
   * throw out everything else, only the last is kept.
   * @param state of a dataset that changes: a chunk of another one gives way, for nobody asks for that again
   */
  chunk(dataset: string, key: string, size: number, state = ""): SharedChunk {
    const name = `${dataset}/${key}`;
    const kept = this.#large?.name === name ? this.#large : this.#chunks.get(name);
    if (kept?.state === state) return kept.chunk;
    const chunk = this.#allocate(size);
    if (size <= this.#maxChunk) this.#chunks.set(name, { chunk, state });
    else this.#large = { name, chunk, state };
    return chunk;
  }

  #allocate(size: number): SharedChunk {
    const spare = this.#spare;
    if (spare?.size !== size) return SharedChunk.allocate(size);
    this.#spare = undefined;
    spare.clear();
    return spare;
  }
}
