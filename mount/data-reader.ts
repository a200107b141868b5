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

/**
 * Answers READ of stored data: at once where the bytes are at hand (in the page cache, in decoded chunks), else by a
 * worker.
 */
export class DataReader {
  readonly #setup: DataReaderSetup;
  readonly #chunks: ChunkCache;
  /** The reply is written before the next request is read, so one buffer serves all. */
  #scratch = Buffer.allocUnsafeSlow(2 ** 20);

  constructor(setup: DataReaderSetup) {
    this.#setup = setup;
    this.#chunks = new ChunkCache(setup.cacheBytes);
  }

  read(
    request: Request,
    node: FileNode,
    content: StoredContent,
    offset: number,
    size: number,
  ): readonly Uint8Array[] | Parked {
    const { header, data } = content;
    const prefix = header.subarray(Math.min(offset, header.length), Math.min(offset + size, header.length));
    const plan = planRead(data, Math.max(0, offset - header.length), size - prefix.length);
    switch (plan.kind) {
      case "pieces":
        return this.#readPieces(request, prefix, plan);
      case "fill":
        return [prefix, this.#execute(plan, [])];
      case "chunked":
        return this.#readChunks(request, `${node.object.address}`, prefix, plan);
    }
  }

  #readPieces(request: Request, prefix: Uint8Array, plan: PiecesPlan): readonly Uint8Array[] | Parked {
    const target = this.#buffer(plan.length);
    let position = 0;
    for (const piece of plan.pieces) {
      if ("bytes" in piece) {
        target.set(piece.bytes, position);
        position += piece.bytes.length;
      } else {
        const part = target.subarray(position, position + piece.length);
        // Bytes that only the disk has would hold up every other request: a worker waits for them.
        if (readCached(piece.fd, part, piece.offset) !== piece.length) return this.#delegate(request, prefix, plan, []);
        position += piece.length;
      }
    }
    return [prefix, target];
  }

  #readChunks(
    request: Request,
    dataset: string,
    prefix: Uint8Array,
    plan: ChunkedPlan,
  ): readonly Uint8Array[] | Parked {
    const chunks = plan.chunks.map(({ key, stored }) =>
      stored === undefined ? undefined : this.#chunks.chunk(dataset, key, plan.chunkSize),
    );
    const ready = chunks.every((chunk) => chunk === undefined || chunk.decoded !== undefined);
    return ready ? [prefix, this.#execute(plan, chunks)] : this.#delegate(request, prefix, plan, chunks);
  }

  #delegate(
    request: Request,
    prefix: Uint8Array,
    plan: ReadPlan,
    chunks: readonly (SharedChunk | undefined)[],
  ): readonly Uint8Array[] | Parked {
    const { unique } = request;
    const slot = this.#setup.parking.park(unique);
    if (slot === undefined) return [prefix, this.#execute(plan, chunks)];
    this.#setup.post({ kind: "read", unique, slot, prefix, plan, chunks: chunks.map((chunk) => chunk?.buffer) });
    return PARKED;
  }

  #execute(plan: ReadPlan, chunks: readonly (SharedChunk | undefined)[]): Uint8Array {
    const target = this.#buffer(plan.length);
    executePlan(plan, target, { mode: this.#setup.codecs, chunkFor: (_, position) => chunkAt(chunks, position) });
    return target;
  }

  #buffer(length: number): Buffer {
    if (length > this.#scratch.length) this.#scratch = Buffer.allocUnsafeSlow(length);
    return this.#scratch.subarray(0, length);
  }
}

function chunkAt(chunks: readonly (SharedChunk | undefined)[], position: number): SharedChunk {
  const chunk = chunks[position];
  if (chunk === undefined) throw new TypeError("no memory was given for a planned chunk");
  return chunk;
}
