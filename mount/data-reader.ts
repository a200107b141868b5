import type { CodecMode } from "../codecs/codec.ts";
import { ChunkCache } from "../src/chunk/chunk-cache.ts";
import { executePlan } from "../src/chunk/execute-plan.ts";
import { type ChunkedPlan, type PiecesPlan, planRead, type ReadPlan } from "../src/chunk/read-plan.ts";
import type { SharedChunk } from "../src/chunk/shared-chunk.ts";
import type { StoredContent } from "../src/tree/content.ts";
import type { FileNode } from "../src/tree/node.ts";
import { PARKED, type Parked, type Request } from "./filesystem.ts";
import type { Job } from "./job.ts";
import { readCached } from "./native.ts";
import type { Parking } from "./parking.ts";

export interface DataReaderSetup {
  readonly parking: Parking;
  readonly cacheBytes: number;
  readonly codecs: CodecMode;
  post(job: Job): void;
}

/** The memory of a plan's chunks, by position; `undefined` for those that were never written. */
type PlannedMemory = readonly (SharedChunk | undefined)[];

/**
 * Answers READ of stored data: at once where the bytes are at hand (in the page cache, in decoded chunks), else by a
 * worker.
 */
export class DataReader {
  readonly #setup: DataReaderSetup;
  readonly #chunks: ChunkCache;

  constructor(setup: DataReaderSetup) {
    this.#setup = setup;
    this.#chunks = new ChunkCache(setup.cacheBytes);
  }

  /** Bytes of decoded chunks that are kept, and how many may be. */
  get cache(): { readonly bytes: number; readonly limit: number } {
    return { bytes: this.#chunks.bytes, limit: this.#setup.cacheBytes };
  }

  /** As `FileSystem.read`. */
  read(
    request: Request,
    node: FileNode,
    { header, data }: StoredContent,
    offset: number,
    target: Uint8Array,
  ): number | Parked {
    const prefix = Math.min(target.length, Math.max(0, header.length - offset));
    if (prefix > 0) target.set(header.subarray(offset, offset + prefix));
    const plan = planRead(data, Math.max(0, offset - header.length), target.length - prefix);
    const body = part(target, prefix, plan.length);
    const chunks = plan.kind === "chunked" ? this.#chunksOf(node, plan) : [];
    if (!this.#readAtHand(plan, chunks, body)) {
      const slot = this.#setup.parking.park(request.unique);
      if (slot !== undefined) {
        this.#setup.post({
          kind: "read",
          unique: request.unique,
          slot,
          prefix: target.slice(0, prefix),
          plan,
          chunks: chunks.map((chunk) => chunk?.buffer),
        });
        return PARKED;
      }
      this.#execute(plan, chunks, body);
    }
    return prefix + plan.length;
  }

  /** False where the bytes are not at hand: to wait for a disk, or to decode, would hold up every other request. */
  #readAtHand(plan: ReadPlan, chunks: PlannedMemory, target: Uint8Array): boolean {
    if (plan.kind === "pieces") return readCachedPieces(plan, target);
    if (!chunks.every((chunk) => chunk === undefined || chunk.decoded !== undefined)) return false;
    this.#execute(plan, chunks, target);
    return true;
  }

  #chunksOf(node: FileNode, plan: ChunkedPlan): PlannedMemory {
    const dataset = `${node.address}`;
    return plan.chunks.map(({ key, stored }) =>
      stored === undefined ? undefined : this.#chunks.chunk(dataset, key, plan.chunkSize),
    );
  }

  #execute(plan: ReadPlan, chunks: PlannedMemory, target: Uint8Array): void {
    executePlan(plan, target, { mode: this.#setup.codecs, chunkFor: (_, position) => chunkAt(chunks, position) });
  }
}

/** False where the page cache does not have all of them. */
function readCachedPieces({ pieces }: PiecesPlan, target: Uint8Array): boolean {
  let position = 0;
  for (const piece of pieces) {
    if ("bytes" in piece) {
      target.set(piece.bytes, position);
      position += piece.bytes.length;
    } else {
      if (readCached(piece.fd, part(target, position, piece.length), piece.offset) !== piece.length) return false;
      position += piece.length;
    }
  }
  return true;
}

/** The array itself where that is the part: a view costs as much as everything else that a small read takes here. */
function part(bytes: Uint8Array, start: number, length: number): Uint8Array {
  return start === 0 && length === bytes.length ? bytes : bytes.subarray(start, start + length);
}

function chunkAt(chunks: PlannedMemory, position: number): SharedChunk {
  const chunk = chunks[position];
  if (chunk === undefined) throw new TypeError("no memory was given for a planned chunk");
  return chunk;
}
