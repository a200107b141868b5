import { fstatSync } from "node:fs";
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import type { LocalFile } from "../src/storage/local-file.ts";
import type { EngineSetup } from "./engine.ts";
import type { MountOptions } from "./mount-options.ts";
import type { FileFacts } from "./node-attributes.ts";
import type { SessionParts } from "./open-session.ts";
import { ParkingSlots } from "./parking.ts";
import type { KernelDescriptors, WorkerSetup } from "./worker.ts";

export interface Workers {
  /** What the thread that has the session needs. */
  readonly parts: SessionParts;
  terminate(): Promise<void>;
}

/**
 * Starts the decode workers.
 * @param kernel what they answer requests by; `undefined`: they give their answers to the session's thread
 */
export function startWorkers(
  storage: LocalFile,
  options: MountOptions,
  kernel: KernelDescriptors | undefined,
): Workers {
  const { codecs, cacheBytes } = options;
  const snapshot = storage.snapshot().describe();
  const parking = new ParkingSlots().buffer;
  const outstanding = new SharedArrayBuffer(4 * options.workers);
  const channels = Array.from({ length: options.workers }, () => new MessageChannel());
  const workers = channels.map(({ port1: engine }, index) => {
    const setup: WorkerSetup = { snapshot, kernel, engine, parking, outstanding, index, codecs };
    return startThread("./worker.js", setup, [engine]);
  });
  const ports = channels.map(({ port2 }) => port2);
  return {
    parts: { snapshot, facts: factsOf(storage), workers: ports, parking, outstanding, cacheBytes, codecs },
    terminate: async () => {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

/** Starts the thread that has the session and answers the kernel. */
export function startEngine(parts: SessionParts, kernel: KernelDescriptors): Worker {
  const setup: EngineSetup = { ...parts, kernel };
  return startThread("./engine.js", setup, parts.workers);
}

function startThread(script: string, setup: EngineSetup | WorkerSetup, ports: readonly MessagePort[]): Worker {
  return new Worker(new URL(script, import.meta.url), { workerData: setup, transferList: [...ports] });
}

function factsOf(storage: LocalFile): FileFacts {
  const { size, mode, uid, gid, atimeMs, mtimeMs } = fstatSync(storage.fd);
  return { size, mode, uid, gid, atime: timestamp(atimeMs), mtime: timestamp(mtimeMs) };
}

function timestamp(milliseconds: number): { seconds: number; nanoseconds: number } {
  const seconds = Math.floor(milliseconds / 1000);
  return { seconds, nanoseconds: Math.floor((milliseconds - seconds * 1000) * 1e6) };
}
