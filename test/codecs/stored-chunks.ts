import { readFileSync } from "node:fs";
import type { PipelineFilter } from "../../codecs/pipeline.ts";

/** A chunk that an encoder of somebody else's stored (scripts/fixtures/make_codecs.py, make_filters.py). */
export interface StoredChunk {
  readonly name: string;
  readonly stored: Uint8Array;
  readonly filters: readonly PipelineFilter[];
  readonly filterMask: number;
  readonly chunkSize: number;
  /** SHA-256 of the bytes that were encoded. */
  readonly sha256: string;
}

interface IndexEntry extends Omit<StoredChunk, "stored"> {
  readonly offset: number;
  readonly length: number;
}

/** All chunks of test/data/codecs. */
export function readStoredChunks(): StoredChunk[] {
  return ["chunks", "filters"].flatMap((name) => {
    const bytes = readFileSync(`test/data/codecs/${name}.bin`);
    const index = JSON.parse(readFileSync(`test/data/codecs/${name}.json`, "utf8")) as IndexEntry[];
    return index.map(({ offset, length, ...entry }) => ({
      ...entry,
      stored: Uint8Array.from(bytes.subarray(offset, offset + length)),
    }));
  });
}
