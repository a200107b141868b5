import type { CodecMode } from "../../codecs/codec.ts";
import { decodeChunkInto } from "../../codecs/pipeline.ts";
import { H5Error } from "../errors.ts";
import { readPieces } from "../storage/read-pieces.ts";
import { copyChunkToRange, fill } from "./copy-range.ts";
import { copySelectedBox } from "./copy-selected.ts";
import type { ChunkedPlan, PlannedChunk } from "./read-plan.ts";
import type { Plan, SelectedPlan } from "./select-plan.ts";
import { selectedElementSize } from "./selection.ts";
import type { SharedChunk } from "./shared-chunk.ts";

/** How a thread carries out plans. */
export interface Execution {
  readonly mode: CodecMode;
  /** Where the decoded chunk is to be found or put; `position` is the chunk's in the plan. */
  chunkFor(chunk: PlannedChunk, position: number): SharedChunk;
  /** Asked between chunks; a true answer ends the work with an exception. */
  cancelled?(): boolean;
}

/** A stored chunk of at most so many bytes is read into memory that the next one uses again. */
const MAX_SCRATCH = 2 ** 24;

let scratch = new Uint8Array(0);

function scratchOf(size: number): Uint8Array {
  if (size > scratch.length) scratch = new Uint8Array(Math.max(size, 2 * scratch.length));
  return scratch.subarray(0, size);
}

/** The work was no longer wanted. */
export class CancelledError extends H5Error {
  constructor() {
    super("io", "the read was interrupted");
  }
}

/** Reads and decodes what the plan says into `target` (exactly `plan.length` bytes). Works on any thread. */
export function executePlan(plan: Plan, target: Uint8Array, execution: Execution): void {
  switch (plan.kind) {
    case "pieces":
      readPieces(plan.pieces, target, 0, plan.path);
      return;
    case "fill":
      fill(target, 0, plan.length, plan.fillValue, plan.start);
      return;
    case "chunked":
      for (const [position, chunk] of plan.chunks.entries()) {
        if (execution.cancelled?.()) throw new CancelledError();
        const bytes =
          chunk.stored === undefined
            ? undefined
            : decodePlannedChunk(plan, chunk, execution.chunkFor(chunk, position), execution.mode);
        copyChunkToRange(plan.geometry, chunk.scaled, bytes, plan.fillValue, plan.start, target);
      }
      return;
    case "selected":
      executeSelected(plan, target, execution);
  }
}

function executeSelected(plan: SelectedPlan, target: Uint8Array, execution: Execution): void {
  const size = selectedElementSize(plan.selection);
  const first = Math.floor(plan.start / size);
  const end = Math.ceil((plan.start + plan.length) / size);
  // Elements are copied whole: where the range begins or ends within one, into memory that has room for it.
  const isWhole = plan.start === first * size && plan.length === (end - first) * size;
  const elements = isWhole ? target : new Uint8Array((end - first) * size);
  let bytes: Uint8Array | undefined;
  let current = -1;
  for (const { chunk: place, intervals } of plan.boxes) {
    const chunk = plan.chunks[place];
    if (chunk === undefined) throw new TypeError("a box of the plan is in none of its chunks");
    if (place !== current) {
      if (execution.cancelled?.()) throw new CancelledError();
      bytes = chunk.stored === undefined ? undefined : selectedChunk(plan, chunk, place, execution);
      current = place;
    }
    copySelectedBox(plan, chunk.scaled, intervals, bytes, first, elements);
  }
  if (!isWhole) target.set(elements.subarray(plan.start - first * size, plan.start - first * size + plan.length));
}

function selectedChunk(plan: SelectedPlan, chunk: PlannedChunk, place: number, execution: Execution): Uint8Array {
  if (!plan.isPlain) return decodePlannedChunk(plan, chunk, execution.chunkFor(chunk, place), execution.mode);
  const bytes = new Uint8Array(chunk.stored?.size ?? 0);
  readPieces(chunk.stored?.pieces ?? [], bytes, 0, plan.path);
  return bytes;
}

type DecodingPlan = Pick<ChunkedPlan, "path" | "filters" | "chunkSize">;

function decodePlannedChunk(plan: DecodingPlan, chunk: PlannedChunk, shared: SharedChunk, mode: CodecMode): Uint8Array {
  const { stored } = chunk;
  if (stored === undefined) throw new TypeError("a chunk that was never written cannot be decoded");
  return shared.fillOnce((target) => {
    const input = stored.size <= MAX_SCRATCH ? scratchOf(stored.size) : new Uint8Array(stored.size);
    readPieces(stored.pieces, input, 0, plan.path);
    try {
      const { filters, chunkSize } = plan;
      decodeChunkInto(target, {
        stored: input,
        filters,
        filterMask: stored.filterMask,
        chunkSize,
        mode,
      });
    } catch (cause) {
      if (!(cause instanceof H5Error)) throw cause;
      const message = `${plan.path}: chunk ${chunk.key}: ${cause.message}`;
      throw new H5Error(cause.kind, message, { path: plan.path, cause });
    }
  });
}
