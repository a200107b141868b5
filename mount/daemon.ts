import { existsSync, realpathSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { CommandError, EXIT } from "../src/cli/exit-status.ts";
import { H5Error } from "../src/errors.ts";
import { H5File } from "../src/object/file.ts";
import { openStorage } from "../src/object/open-storage.ts";
import { lockShared } from "../src/storage/journal/system-calls.ts";
import type { LocalFile } from "../src/storage/local-file.ts";
import { raiseReadAhead, unmount } from "./kernel/mount.ts";
import { mountEntry } from "./kernel/mount-table.ts";
import { serveKernel } from "./kernel-transport.ts";
import { serveLibfuse } from "./libfuse-transport.ts";
import type { Log } from "./log.ts";
import { isWritable, type MountOptions } from "./mount-options.ts";
import { type MountPoint, prepareMountPoint, removeMountPoint } from "./mount-point.ts";
import type { Transport, TransportName } from "./transport.ts";
import { UnreadableLog } from "./unreadable-log.ts";

const TRANSPORTS: Record<TransportName, Transport> = { kernel: serveKernel, libfuse: serveLibfuse };

/** Kernel read-ahead, in KiB: the largest request that FUSE has. */
const READ_AHEAD = 1024;

/** How long a stopped engine may take, in milliseconds, before its threads are ended without it. */
const PATIENCE = 2000;

/** So many links of the root are looked at before it is mounted: a million would take long. */
const FEW_LINKS = 1000;

/** A running mount, as the main thread sees it. */
export interface Daemon {
  readonly directory: string;
  /** Resolves when the file system is unmounted and all is given back; rejects where the engine ended by a defect. */
  readonly ended: Promise<void>;
}

/**
 * Opens the file, mounts it and starts the threads; resolves when the mount answers.
 * @param signal unmounts, whoever has a file open in it being cut off after a moment; or gives up starting
 * @throws CommandError, H5Error: nothing is left mounted or made
 */
export async function startDaemon(
  file: string,
  directory: string | undefined,
  options: MountOptions,
  log: Log,
  signal: AbortSignal,
): Promise<Daemon> {
  let mountPoint: MountPoint | undefined;
  try {
    // A file is not replaced for a mount that then cannot be.
    if (options.mode === "w" && existsSync(file)) mountPoint = await prepareMountPoint(realpathSync(file), directory);
    if (isWritable(options)) {
      const { prepareForWriting } = await import("./writable/prepare.ts");
      prepareForWriting(file, options);
    }
    const { storage } = openStorage(file);
    if (options.lock && !isWritable(options) && !lockShared(storage.fd)) {
      throw new CommandError(
        EXIT.locked,
        `${file} is open for writing in another program; -o lock=none reads it all the same`,
      );
    }
    // A file that is no HDF5 file, or is cut off, is told of before anything is mounted.
    const opened = H5File.open(storage);
    opened.root.attributes();
    if (!opened.root.hasMoreLinksThan(FEW_LINKS)) for (const _ of opened.root.links()) break;
    const path = realpathSync(file);
    mountPoint ??= await prepareMountPoint(path, directory);
    return await mountAndServe(storage, path, mountPoint, options, log, signal);
  } catch (error) {
    if (mountPoint !== undefined) removeMountPoint(mountPoint);
    throw error instanceof H5Error ? error.inFile(file) : error;
  }
}

async function mountAndServe(
  storage: LocalFile,
  source: string,
  mountPoint: MountPoint,
  options: MountOptions,
  log: Log,
  signal: AbortSignal,
): Promise<Daemon> {
  const directory = mountPoint.path;
  const unreadable = new UnreadableLog(log);
  const service = await TRANSPORTS[options.transport]({
    storage,
    source,
    directory,
    options,
    log,
    unreadable: (message) => unreadable.tell(message),
    signal,
  });
  // Somebody may have mounted there anew before this daemon has ended.
  const device = mountEntry(directory)?.device;
  const ended = service.ended.finally(async () => {
    await unmount(directory, { lazy: true, device });
    removeMountPoint(mountPoint);
  });
  const stop = async (): Promise<void> => {
    await unmount(directory, { lazy: true, device });
    await Promise.race([ended, sleep(PATIENCE, undefined, { ref: false })]);
    service.stop();
  };
  if (signal.aborted) void stop();
  else signal.addEventListener("abort", () => void stop());
  await Promise.race([
    service.ready,
    ended.then(() => {
      const how = signal.aborted ? "it was interrupted" : "the kernel ended the mount at once";
      throw new CommandError(EXIT.mountFailed, `mounting at ${directory} failed: ${how}`);
    }),
  ]);
  raiseReadAhead(directory, READ_AHEAD);
  log("info", `${source} is mounted at ${directory}`);
  return { directory, ended };
}
