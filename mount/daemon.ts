import { fstatSync, realpathSync, writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { MessageChannel, Worker } from "node:worker_threads";
import { CommandError, EXIT } from "../src/cli/exit-status.ts";
import { H5File } from "../src/object/file.ts";
import { LocalFile } from "../src/storage/local-file.ts";
import type { EngineMessage, EngineSetup } from "./engine.ts";
import { mountKernel, raiseReadAhead, unmount } from "./kernel/mount.ts";
import type { MountOptions } from "./mount-options.ts";
import { type MountPoint, prepareMountPoint, removeMountPoint } from "./mount-point.ts";
import { createEventFd, lockShared } from "./native.ts";
import type { FileFacts } from "./node-attributes.ts";
import { ParkingSlots } from "./parking.ts";
import type { WorkerSetup } from "./worker.ts";

/** Kernel read-ahead, in KiB: the largest request that FUSE has. */
const READ_AHEAD = 1024;

/** How long a stopped engine may take, in milliseconds, before its threads are ended without it. */
const PATIENCE = 2000;

/** A running mount, as the main thread sees it. */
export interface Daemon {
  readonly directory: string;
  /** Unmounts; whoever has a file open in it is cut off after a moment. */
  stop(): Promise<void>;
  /** Resolves when the file system is unmounted and all is given back; rejects where the engine ended by a defect. */
  readonly ended: Promise<void>;
}

/**
 * Opens the file, mounts it and starts the threads; resolves when the mount answers.
 * @param log is given what a person should know of, a line at a time
 * @throws CommandError, H5Error: nothing is left mounted or made
 */
export async function startDaemon(
  file: string,
  directory: string | undefined,
  options: MountOptions,
  log: (line: string) => void,
): Promise<Daemon> {
  const storage = LocalFile.open(file);
  if (options.lock && !lockShared(storage.fd)) {
    throw new CommandError(
      EXIT.locked,
      `${file} is open for writing in another program; -o lock=none reads it all the same`,
    );
  }
  // A file that is no HDF5 file, or is cut off, is told of before anything is mounted.
  const opened = H5File.open(storage);
  opened.root.attributes();
  for (const _ of opened.root.links()) break;
  const path = realpathSync(file);
  const mountPoint = await prepareMountPoint(path, directory);
  try {
    return await mountAndServe(storage, path, mountPoint, options, log);
  } catch (error) {
    removeMountPoint(mountPoint);
    throw error;
  }
}

async function mountAndServe(
  storage: LocalFile,
  path: string,
  mountPoint: MountPoint,
  options: MountOptions,
  log: (line: string) => void,
): Promise<Daemon> {
  const device = await mountKernel({ source: path, directory: mountPoint.path, options: ["ro", ...options.kernel] });
  const threads = startThreads(storage, device, options);
  const engineEnded = new Promise<void>((resolve, reject) => {
    threads.engine.on("error", reject);
    threads.engine.on("exit", () => resolve());
  });
  const ready = new Promise<void>((resolve) => {
    threads.engine.on("message", (message: EngineMessage) => {
      if (message.kind === "ready") resolve();
      else log(message.message);
    });
  });
  const ended = engineEnded.finally(async () => {
    await Promise.all(threads.workers.map((worker) => worker.terminate()));
    await unmount(mountPoint.path, { lazy: true });
    removeMountPoint(mountPoint);
  });
  await Promise.race([
    ready,
    ended.then(() => Promise.reject(new CommandError(EXIT.mountFailed, "the kernel ended the mount at once"))),
  ]);
  raiseReadAhead(mountPoint.path, READ_AHEAD);
  const stop = async (): Promise<void> => {
    await unmount(mountPoint.path, { lazy: true });
    await Promise.race([ended, sleep(PATIENCE, undefined, { ref: false })]);
    threads.stopEngine();
  };
  return { directory: mountPoint.path, stop, ended };
}

interface Threads {
  readonly engine: Worker;
  readonly workers: readonly Worker[];
  stopEngine(): void;
}

function startThreads(storage: LocalFile, device: number, options: MountOptions): Threads {
  const { codecs, cacheBytes } = options;
  const snapshot = storage.snapshot().describe();
  const wakeup = createEventFd();
  const parking = new ParkingSlots().buffer;
  const outstanding = new SharedArrayBuffer(4 * options.workers);
  const channels = Array.from({ length: options.workers }, () => new MessageChannel());
  const workers = channels.map(({ port1: engine }, index) => {
    const setup: WorkerSetup = { snapshot, device, wakeup, engine, parking, outstanding, index, codecs };
    return startThread("./worker.js", setup, [engine]);
  });
  const ports = channels.map(({ port2 }) => port2);
  const setup: EngineSetup = {
    snapshot,
    facts: factsOf(storage),
    device,
    wakeup,
    workers: ports,
    parking,
    outstanding,
    cacheBytes,
    codecs,
  };
  const engine = startThread("./engine.js", setup, ports);
  const stopEngine = (): void => {
    engine.postMessage("stop");
    writeSync(wakeup, new Uint8Array(new BigUint64Array([1n]).buffer));
  };
  return { engine, workers, stopEngine };
}

function startThread(
  script: string,
  setup: EngineSetup | WorkerSetup,
  ports: readonly MessageChannel["port1"][],
): Worker {
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
