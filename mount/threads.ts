import { setTimeout as sleep } from "node:timers/promises";
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import type { EngineSetup } from "./engine.ts";
import { factsOf } from "./file-facts.ts";
import { indexFolder } from "./index-folder.ts";
import type { OutboxSetup } from "./kernel/outbox.ts";
import type { KernelDescriptors } from "./kernel/serve.ts";
import { isWritable } from "./mount-options.ts";
import type { SessionParts } from "./open-session.ts";
import { ParkingSlots } from "./parking.ts";
import { syncState } from "./shared-sync-thread.ts";
import type { SyncWorkerSetup } from "./sync-worker.ts";
import type { ServiceRequest, Unreadable } from "./transport.ts";
import type { WorkerSetup } from "./worker.ts";

export interface Workers {
  /** What the thread that has the session needs. */
  readonly parts: SessionParts;
  /** Rejects where one ends by a defect: the requests that it had will never be answered. */
  readonly failed: Promise<never>;
  /** Ends them, once the other ends of their ports (`parts.workers`) are closed. */
  terminate(): Promise<void>;
}

/** How long a worker may take over the end of its job, in milliseconds. */
const PATIENCE = 2000;

/**
 * Starts the decode workers.
 * @param kernel what they answer requests by; `undefined`: they give their answers to the session's thread
 */
export function startWorkers(
  { storage, source, directory, options, unreadable }: ServiceRequest,
  kernel: KernelDescriptors | undefined,
): Workers {
  const { codecs, cacheBytes, ownership, views, imports, compression, external, lock, journalDirectory } = options;
  const indexes = indexFolder(options.indexRoot, storage.fd, directory);
  const snapshot = { ...storage.snapshot().describe(), path: source };
  const parking = new ParkingSlots().buffer;
  const outstanding = new SharedArrayBuffer(4 * options.workers);
  const channels = Array.from({ length: options.workers }, () => new MessageChannel());
  let fail = (_error: Error): void => undefined;
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  // Whoever waits for it does so only once the mount is there.
  failed.catch(() => undefined);
  const isForWriting = isWritable(options);
  const workers = channels.map(({ port1: engine }, index) => {
    const setup: WorkerSetup = { kernel, engine, parking, outstanding, index, codecs, isForWriting };
    const worker = startThread("./worker.js", setup, [engine]);
    worker.on("error", fail);
    worker.on("message", (message: Unreadable) => unreadable(message));
    return worker;
  });
  const sync = kernel !== undefined && isForWriting ? startSyncWorker(kernel) : undefined;
  sync?.worker.on("error", fail);
  const exits = workers.map((worker) => new Promise((resolve) => worker.once("exit", resolve)));
  const ports = channels.map(({ port2 }) => port2);
  const facts = factsOf(storage.fd, ownership, isForWriting, options.posix);
  return {
    parts: {
      snapshot,
      journalDirectory,
      path: source,
      facts,
      views,
      compression,
      imports,
      links: { main: source, policy: external, forbidden: directory },
      lock,
      workers: ports,
      syncState: sync?.state,
      parking,
      outstanding,
      cacheBytes,
      codecs,
      indexes,
    },
    failed,
    terminate: async () => {
      // A thread that is ended while it loads its libraries may take the process with it: first let them end by themselves.
      await Promise.race([Promise.all(exits), sleep(PATIENCE, undefined, { ref: false })]);
      await Promise.all([...workers.map((worker) => worker.terminate()), sync?.worker.terminate()]);
    },
  };
}

/** What the notifier is given. */
export interface NotifierSetup {
  readonly device: number;
  /** Deliveries come from it. */
  readonly engine: MessagePort;
  readonly outstanding: SharedArrayBuffer;
}

export interface Notifier {
  /** The engine's end of it; it ends when its port is closed. */
  readonly outbox: OutboxSetup;
  /** Rejects where it ends by a defect: the replies that it had will never be sent. */
  readonly failed: Promise<never>;
}

/** Starts the thread that tells the kernel what to forget. */
export function startNotifier({ device }: KernelDescriptors): Notifier {
  const { port1: engine, port2: port } = new MessageChannel();
  const outstanding = new SharedArrayBuffer(4);
  const setup: NotifierSetup = { device, engine, outstanding };
  const worker = startThread("./notifier.js", setup, [engine]);
  const failed = new Promise<never>((_, reject) => worker.on("error", reject));
  failed.catch(() => undefined);
  return { outbox: { port, outstanding }, failed };
}

/** Starts the thread that waits for the disk. It has no libraries of its own, and can be ended at any time. */
function startSyncWorker({ wakeup }: KernelDescriptors): {
  readonly worker: Worker;
  readonly state: SharedArrayBuffer;
} {
  const setup: SyncWorkerSetup = { state: syncState(), wakeup };
  return { worker: startThread("./sync-worker.js", setup, []), state: setup.state };
}

/** Starts the thread that has the session and answers the kernel. */
export function startEngine(parts: SessionParts, kernel: KernelDescriptors, outbox: OutboxSetup | undefined): Worker {
  const setup: EngineSetup = { ...parts, kernel, outbox };
  return startThread("./engine.js", setup, outbox === undefined ? parts.workers : [...parts.workers, outbox.port]);
}

/**
 * MiB for a thread's short-lived objects before they are collected. By default V8 lets them grow to 48 in each thread, and
 * keeps that.
 */
const YOUNG_GENERATION = 6;

function startThread(
  script: string,
  setup: EngineSetup | WorkerSetup | SyncWorkerSetup | NotifierSetup,
  ports: readonly MessagePort[],
): Worker {
  return new Worker(new URL(script, import.meta.url), {
    workerData: setup,
    transferList: [...ports],
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION },
  });
}
