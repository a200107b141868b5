import { FormatError, H5Error, UnsupportedError } from "../src/errors.ts";
import type { Codec, CodecMode } from "./codec.ts";
import { filterName } from "./filter-names.ts";
import { findCodec, hasCodec } from "./registry.ts";

/** One filter of a pipeline, as its message describes it (IV.A.2.l, "The Data Storage - Filter Pipeline Message"). */
export interface PipelineFilter {
  readonly id: number;
  readonly name: string;
  readonly optional: boolean;
  readonly clientData: readonly number[];
}

/** One chunk as it is stored, and what it takes to decode it. */
export interface ChunkToDecode {
  /** The chunk's stored bytes. May lie on a SharedArrayBuffer. */
  readonly stored: Uint8Array;
  /** In the order of the pipeline message, which is the order of encoding. */
  readonly filters: readonly PipelineFilter[];
  /** Bit i set: filter i, counted from the first, was left out when this chunk was written. */
  readonly filterMask: number;
  /** Bytes of the decoded chunk. */
  readonly chunkSize: number;
  readonly mode: CodecMode;
}

const fletcher32Id = 3;
const shuffleId = 2;

/**
 * Memory between two filters, taken in turns: what a filter gives is read by the next one only. More than is kept here
 * is taken anew for each chunk.
 */
const scratch: [Uint8Array, Uint8Array] = [new Uint8Array(0), new Uint8Array(0)];
const maxKeptScratch = 16 * 1024 * 1024;

/** Output that stands for less input than this is never a bomb, whatever the ratio. */
const expansionSlack = 4096;

/**
 * Undoes the chunk's filters in reverse order and returns its `chunkSize` bytes, in new memory.
 *
 * Throws H5Error "unsupported" that names a filter that is not available, and "format" where the data is damaged or does
 * not decode to exactly `chunkSize` bytes.
 */
export function decodeChunk(chunk: ChunkToDecode): Uint8Array {
  const steps = planSteps(chunk);
  const target = allocate(chunk.chunkSize);
  runSteps(steps, chunk, target);
  return target;
}

/**
 * As `decodeChunk`, into `target`, which has exactly `chunkSize` bytes and may lie on a SharedArrayBuffer: the last filter
 * to be undone writes there. What `target` holds after an error is undefined.
 */
export function decodeChunkInto(target: Uint8Array, chunk: ChunkToDecode): void {
  if (target.length !== chunk.chunkSize) {
    throw new H5Error("argument", `the target has ${target.length} bytes, the chunk ${chunk.chunkSize}`);
  }
  runSteps(planSteps(chunk), chunk, target);
}

/**
 * Says which of `filters` are not available, as "zfp (32013), SZ (32017)"; `undefined` if none. An optional filter counts:
 * libhdf5 leaves one out only when it writes.
 */
export function unsupportedFilters(filters: readonly PipelineFilter[]): string | undefined {
  const missing = filters.filter((filter) => !hasCodec(filter.id)).map((filter) => filterName(filter.id, filter.name));
  return missing.length === 0 ? undefined : missing.join(", ");
}

/** One filter to be undone. */
interface Step {
  readonly codec: Codec;
  readonly clientData: readonly number[];
  /** The most bytes that it may give. */
  readonly outputSize: number;
}

/**
 * The filters to be undone, in that order. Shuffle keeps the size and fletcher32 adds 4, so up to the first compressing
 * filter an output's size is known; behind it, it is at most what a compressor makes of incompressible data (LZO adds 1/16).
 */
function planSteps({ stored, filters, filterMask, chunkSize, mode }: ChunkToDecode): Step[] {
  const steps: Step[] = [];
  let outputSize = chunkSize;
  filters.forEach((filter, i) => {
    if (i < 32 && ((filterMask >>> i) & 1) !== 0) return;
    const codec = findCodec(filter.id, mode);
    if (codec === undefined) throw new UnsupportedError(`${filterName(filter.id, filter.name)} is not available`);
    steps.unshift({ codec, clientData: filter.clientData, outputSize });
    if (filter.id === fletcher32Id) outputSize += 4;
    else if (filter.id !== shuffleId) outputSize += Math.ceil(outputSize / 8) + 1024;
  });
  let most = stored.length;
  for (const { codec } of steps) {
    if (codec.maxExpansion !== 1) most = most * (codec.maxExpansion ?? Number.POSITIVE_INFINITY) + expansionSlack;
  }
  if (chunkSize > most) {
    throw new FormatError(`${stored.length} stored bytes cannot decode to the expected ${chunkSize}`, {
      structure: "chunk",
    });
  }
  return steps;
}

function runSteps(steps: readonly Step[], { stored, chunkSize }: ChunkToDecode, target: Uint8Array): void {
  let bytes = stored;
  steps.forEach(({ codec, clientData, outputSize }, i) => {
    const output = i === steps.length - 1 ? target : takeScratch(bytes, outputSize);
    bytes = codec.decode({ input: bytes, clientData, chunkSize, output });
  });
  if (bytes.length !== chunkSize) {
    throw new FormatError(`decodes to ${bytes.length} bytes, expected ${chunkSize}`, { structure: "chunk" });
  }
  if (bytes.buffer !== target.buffer || bytes.byteOffset !== target.byteOffset) target.set(bytes);
}

/** `size` bytes of scratch memory that do not overlap `inUse`. */
function takeScratch(inUse: Uint8Array, size: number): Uint8Array {
  const slot = scratch[0].buffer === inUse.buffer ? 1 : 0;
  const kept = scratch[slot];
  if (kept.length >= size) return kept.subarray(0, size);
  const fresh = allocate(size);
  if (size <= maxKeptScratch) scratch[slot] = fresh;
  return fresh;
}

/** Memory that is not cleared: every byte that is returned from it has been written. */
function allocate(size: number): Uint8Array {
  try {
    const buffer = Buffer.allocUnsafeSlow(size);
    return new Uint8Array(buffer.buffer, buffer.byteOffset, size);
  } catch (error) {
    throw new H5Error("limit", `no memory for a chunk of ${size} bytes`, { cause: error });
  }
}
