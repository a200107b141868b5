import type { CodecMode } from "../codecs/codec.ts";
import { ChunkCache } from "../src/chunk/chunk-cache.ts";
import { executePlan } from "../src/chunk/execute-plan.ts";
import type { ChunkedPlan, PiecesPlan } from "../src/chunk/read-plan.ts";
import { RangeReader } from "../src/chunk/read-range.ts";
import {
  type Plan,
  type PlanLimits,
  planAny,
  type SelectedData,
  type SelectedPlan,
  sizeOf,
} from "../src/chunk/select-plan.ts";
import type { SharedChunk } from "../src/chunk/shared-chunk.ts";
import type { StoredContent } from "../src/tree/content.ts";
import { cacheName } from "../src/tree/element-source.ts";
import type { FileNode } from "../src/tree/node.ts";
import { referenceTo } from "../src/tree/object-reference.ts";
import { PARKED, type Parked, type Request } from "./filesystem.ts";
import type { Job } from "./job.ts";
import { readCached } from "./native.ts";
import type { Parking } from "./parking.ts";
import type { ReadStates } from "./read-states.ts";

/** Chunks of a selection that the engine thread looks up for one request: more, and it would hold up others. */
const MAX_PLANNED = 256;

/** Bytes of chunks that cost less to be copied at once than to be given to a worker. */
const MAX_QUICK = 2 ** 16;

const quick = new Uint8Array(MAX_QUICK);

export interface DataReaderSetup {
  readonly parking: Parking;
  readonly cacheBytes: number;
  readonly codecs: CodecMode;
  readonly states: ReadStates;
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
  readonly #limits: PlanLimits;
  /** For the rare case that so many requests wait already that no more can be parked. */
  #ownReader: RangeReader | undefined;

  constructor(setup: DataReaderSetup) {
    this.#setup = setup;
    this.#chunks = new ChunkCache(setup.cacheBytes);
    this.#limits = { chunks: MAX_PLANNED, bytes: setup.cacheBytes / 4 };
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
    const start = Math.max(0, offset - header.length);
    const plan = planAny(data, start, target.length - prefix, this.#limits);
    if ("selection" in data && plan.length < Math.min(target.length - prefix, sizeOf(data) - start)) {
      return this.#readByParts(request, node, data, start, target, prefix);
    }
    const body = part(target, prefix, plan.length);
    const chunks = plan.kind === "chunked" || plan.kind === "selected" ? this.#chunksOf(node, plan) : [];
    if (!this.#readAtHand(plan, chunks, body)) {
      const slot = this.#park(request.unique);
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
  #readAtHand(plan: Plan, chunks: PlannedMemory, target: Uint8Array): boolean {
    if (plan.kind === "pieces") return readCachedPieces(plan, target);
    if (plan.kind === "selected" && plan.isPlain && plan.chunks.length > 0) return false;
    const isDecoded = chunks.every((chunk) => chunk === undefined || chunk.decoded !== undefined);
    if (!isDecoded && !(plan.kind === "chunked" && isQuicklyDecoded(plan))) return false;
    this.#execute(plan, chunks, target);
    return true;
  }

  /** A selection that needs more chunks than can be looked up at once: a worker does all of it. */
  #readByParts(
    request: Request,
    node: FileNode,
    data: SelectedData,
    start: number,
    target: Uint8Array,
    prefix: number,
  ): number | Parked {
    const { unique } = request;
    const length = Math.min(target.length - prefix, sizeOf(data) - start);
    const slot = this.#park(unique);
    if (slot === undefined) {
      this.#ownReader ??= new RangeReader(this.#setup.codecs);
      this.#ownReader.readInto(data, cacheName(node), start, part(target, prefix, length));
      return prefix + length;
    }
    const { selection } = data;
    const object = referenceTo(node.object);
    const job = { unique, slot, prefix: target.slice(0, prefix), object, selection, start, length };
    this.#setup.post({ kind: "select", ...job });
    return PARKED;
  }

  #park(unique: number): number | undefined {
    return this.#setup.parking.park(unique);
  }

  #chunksOf(node: FileNode, plan: ChunkedPlan | SelectedPlan): PlannedMemory {
    const isPlain = plan.kind === "selected" && plan.isPlain;
    const { dataset, state } = this.#setup.states.elements(node);
    return plan.chunks.map(({ key, stored }) =>
      stored === undefined || isPlain ? undefined : this.#chunks.chunk(dataset, key, plan.chunkSize, state),
    );
  }

  #execute(plan: Plan, chunks: PlannedMemory, target: Uint8Array): void {
    executePlan(plan, target, { mode: this.#setup.codecs, chunkFor: (_, position) => chunkAt(chunks, position) });
  }
}

/** Whether the chunks are few bytes, stored as they are, and in the page cache: those of a small file, mostly. */
function isQuicklyDecoded({ filters, chunks, chunkSize }: ChunkedPlan): boolean {
  if (filters.length > 0 || chunks.length * chunkSize > MAX_QUICK) return false;
  return chunks.every(
    ({ stored }) =>
      stored === undefined || (stored.size <= MAX_QUICK && readCachedPieces(stored, quick.subarray(0, stored.size))),
  );
}

/** False where the page cache does not have all of them. */
function readCachedPieces({ pieces }: Pick<PiecesPlan, "pieces">, target: Uint8Array): boolean {
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
