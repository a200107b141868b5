import { parentPort, workerData } from "node:worker_threads";
import { type ChunkToDecode, decodeChunkInto } from "../../codecs/pipeline.ts";

/** Run as a worker thread: decodes one chunk into shared memory, twenty times over. */
const { chunk, target } = workerData as { chunk: ChunkToDecode; target: Uint8Array };
for (let i = 0; i < 20; i++) decodeChunkInto(target, chunk);
parentPort?.postMessage("done");
