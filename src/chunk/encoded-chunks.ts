import { createHash } from "node:crypto";
import { type EncodedChunk, encodeChunk } from "../../codecs/encode-chunk.ts";
import type { Filter } from "../format/filter-pipeline.ts";

/** Bytes of encoded chunks that are kept. */
const MOST = 2 ** 28;

/**
 * Chunks that were encoded before a transaction writes them. What a chunk becomes follows from its bytes and the filters alone, by
 * whose hash it is found: whatever is here, what is written is what would have been written without.
 */
export class EncodedChunks {
  readonly #known = new Map<string, EncodedChunk>();
  #size = 0;

  /** No more are kept. */
  get isFull(): boolean {
    return this.#size > MOST;
  }

  /** Encodes a chunk. @param bytes not to be written to from now on @throws H5Error "unsupported" as `encodeChunk` */
  add(bytes: Uint8Array, filters: readonly Filter[]): void {
    const key = keyOf(bytes, filters);
    if (this.isFull || this.#known.has(key)) return;
    const encoded = encodeChunk(bytes, filters, "native");
    this.#known.set(key, encoded);
    this.#size += encoded.stored.length;
  }

  /** What `encodeChunk` makes of it, where that was done before. */
  find(bytes: Uint8Array, filters: readonly Filter[]): EncodedChunk | undefined {
    return this.#known.size === 0 ? undefined : this.#known.get(keyOf(bytes, filters));
  }
}

function keyOf(bytes: Uint8Array, filters: readonly Filter[]): string {
  const pipeline = filters.map(({ id, optional, clientData }) => [id, optional, ...clientData]);
  return createHash("sha256")
    .update(`${bytes.length} ${JSON.stringify(pipeline)}\n`)
    .update(bytes)
    .digest("base64");
}
