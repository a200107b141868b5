import { writeSync } from "node:fs";
import type { MessagePort } from "node:worker_threads";
import { parentPort, workerData } from "node:worker_threads";
import { LRUCache } from "lru-cache";
import type { CodecMode } from "../codecs/codec.ts";
import { executePlan } from "../src/chunk/execute-plan.ts";
import { RangeReader } from "../src/chunk/read-range.ts";
import { SharedChunk } from "../src/chunk/shared-chunk.ts";
import { H5Error } from "../src/errors.ts";
import { ByteSink } from "../src/object/text/byte-sink.ts";
import { cacheName } from "../src/tree/element-source.ts";
import { ReferenceOpener } from "../src/tree/object-reference.ts";
import { openText } from "../src/tree/open-text.ts";
import type { Text } from "../src/view/render.ts";
import { BLOCK_MEMORY, renderBlock, renderBlocks } from "../src/view/text-block.ts";
import { saveIndex } from "./index-files.ts";
import type { ImportDone, ImportWork, Job, ReadReplier, Rendered, RenderJob, SelectJob, WorkerMessage } from "./job.ts";
import { Replier } from "./kernel/replier.ts";
import type { KernelDescriptors } from "./kernel/serve.ts";
import { AnswerPoster } from "./libfuse/answer-poster.ts";
import { ParkingSlots } from "./parking.ts";
import type { Unreadable } from "./transport.ts";

/** What the main thread gives a decode worker. */
export interface WorkerSetup {
  /** `undefined`: the transport is libfuse, whose answers the session's thread gives. */
  readonly kernel: KernelDescriptors | undefined;
  readonly engine: MessagePort;
  readonly parking: SharedArrayBuffer;
  readonly outstanding: SharedArrayBuffer;
  /** This worker's place in `outstanding`. */
  readonly index: number;
  readonly codecs: CodecMode;
  /** Whether files may become datasets. */
  readonly isForWriting: boolean;
}

/** Bytes of decoded chunks that a worker keeps for the texts it makes. */
const RENDER_CACHE = 16 * 2 ** 20;

/** Texts that a worker keeps open. */
const OPEN_TEXTS = 16;

const setup: WorkerSetup = workerData;
const slots = new ParkingSlots(setup.parking);
const outstanding = new Int32Array(setup.outstanding);
const replier: ReadReplier =
  setup.kernel === undefined
    ? new AnswerPoster((answer, bytes) => tell(answer, bytes))
    : new Replier(setup.kernel.device);
const reader = new RangeReader(setup.codecs, RENDER_CACHE);
const wake = new BigUint64Array([1n]);
const opener = new ReferenceOpener();
const sink = new ByteSink(BLOCK_MEMORY);
/** With the state of the file that they are read from. */
const texts = new LRUCache<string, { readonly text: Text; readonly state: number | undefined }>({ max: OPEN_TEXTS });

// Much that a read-only mount does without.
const imports = setup.isForWriting ? new (await import("./writable/import-worker.ts")).ImportWorker(opener) : undefined;

setup.engine.on("message", (job: Job) => {
  try {
    if (job.kind === "read") read(job);
    else if (job.kind === "select") select(job);
    else if (job.kind === "render") tellRendered(render(job));
    else if (job.kind === "import") bringOn(job);
    else saveIndex(job.folder, job.text, job.bytes);
  } finally {
    Atomics.sub(outstanding, setup.index, 1);
    Atomics.notify(outstanding, setup.index);
  }
});

function read(job: Job & { kind: "read" }): void {
  const { plan, chunks } = job;
  answer(job, plan.kind === "fill" ? "/" : plan.path, plan.length, (bytes, cancelled) => {
    executePlan(plan, bytes, {
      mode: setup.codecs,
      cancelled,
      chunkFor: (_, position) => {
        const buffer = chunks[position];
        if (buffer === undefined) throw new TypeError("no memory was given for a planned chunk");
        return new SharedChunk(buffer);
      },
    });
  });
}

function select(job: SelectJob): void {
  const { object, selection, start, length } = job;
  answer(job, object.path, length, (bytes, cancelled) => {
    const source = opener.open(object);
    if (source.kind !== "dataset") throw new H5Error("argument", `${source.path} is no dataset`);
    reader.readInto({ source, selection }, cacheName(source), start, bytes, cancelled);
  });
}

/** Answers a parked READ with `prefix` and what `fill` puts into the `length` bytes after it. */
function answer(
  job: { readonly unique: number; readonly slot: number; readonly prefix: Uint8Array },
  path: string,
  length: number,
  fill: (bytes: Uint8Array, cancelled: () => boolean) => void,
): void {
  const { unique, slot, prefix } = job;
  const room = replier.room(prefix.length + length);
  room.set(prefix);
  try {
    fill(room.subarray(prefix.length), () => slots.isCancelled(slot));
    if (slots.take(slot)) replier.sendRoom(unique, room.length);
  } catch (error) {
    if (!slots.take(slot)) return;
    const failure = error instanceof H5Error ? error : defect(error);
    replier.failure(unique, failure);
    const message: Unreadable = { path, problem: failure.message };
    parentPort?.postMessage(message);
  } finally {
    slots.free(slot);
  }
}

function render(job: RenderJob): Rendered {
  const { key, first, count, isBlock, keep } = job;
  const range = { first, count, isBlock, keep, attempt: job.attempt };
  try {
    const text = textOf(job);
    const { blocks, error } = isBlock
      ? renderBlock(text, first, count, sink, job.memory)
      : renderBlocks(text, first, count, sink, keep, job.memory);
    return { key, range, blocks, error: error && { kind: error.kind, message: error.message } };
  } catch (error) {
    const { kind, message } = error instanceof H5Error ? error : defect(error);
    return { key, range, blocks: [], error: { kind, message } };
  }
}

function textOf({ key, text: description }: RenderJob): Text {
  const { state } = description.object.snapshot;
  const open = texts.get(key);
  if (open !== undefined && open.state === state) return open.text;
  const text = openText(opener, description, reader);
  texts.set(key, { text, state });
  return text;
}

function bringOn(work: ImportWork): void {
  try {
    const done = imports?.work(work);
    if (done !== undefined) tell(done, []);
  } catch (error) {
    const { message } = error instanceof H5Error ? error : defect(error);
    const done: ImportDone = { import: work.id, step: { kind: "refused", problem: message } };
    tell(done, []);
  }
}

function tellRendered(result: Rendered): void {
  tell(
    result,
    result.blocks.map(({ bytes }) => bytes?.buffer).filter((buffer) => buffer !== undefined),
  );
}

/** @param own memory that is handed over, not copied */
function tell(message: WorkerMessage, own: readonly ArrayBuffer[]): void {
  setup.engine.postMessage(message, own);
  if (setup.kernel !== undefined) writeSync(setup.kernel.wakeup, new Uint8Array(wake.buffer));
}

/** An exception that nobody foresaw must still answer the request. */
function defect(error: unknown): H5Error {
  return new H5Error("io", `h5fs has a defect: ${error instanceof Error ? error.stack : String(error)}`, {
    cause: error,
  });
}
