import { closeSync, constants, openSync, writeFileSync } from "node:fs";
import { CommandError, EXIT } from "../../src/cli/exit-status.ts";
import { mountByFusermount, unmountByFusermount } from "./fusermount.ts";
import { mountEntry } from "./mount-table.ts";
import { type RunOptions, runProgram } from "./run-program.ts";

/** The name by which the kernel and mount tables know our mounts; fusermount3 makes it of `subtype=h5fs`. */
export const TYPE = "fuse.h5fs";

/** How long mount(8), umount(8) or fusermount3 may take, in milliseconds. Where they fail they do so at once. */
const TIME_LIMIT = 10_000;

export interface MountRequest {
  /** What /proc/mounts shows as the device: the HDF5 file. */
  readonly source: string;
  /** Absolute. */
  readonly directory: string;
  /** Beyond those that every mount has. */
  readonly options: readonly string[];
  /** Milliseconds after which a mount program that hangs is given up. */
  readonly timeLimit?: number;
  /** Gives it up at once. */
  readonly signal?: AbortSignal;
}

/** Nothing in an HDF5 file is a program or a device. */
const OPTIONS = ["nosuid", "nodev"];

/**
 * Mounts a FUSE file system and returns the descriptor of its /dev/fuse, non-blocking; nothing is answered yet. As root by
 * mount(8), which inherits the descriptor under its own number; otherwise by fusermount3, which sends one.
 * @throws CommandError with what the mount program said; nothing is left mounted
 */
export function mountKernel(request: MountRequest): Promise<number> {
  const { source, directory, options, timeLimit = TIME_LIMIT, signal } = request;
  const all = [...OPTIONS, ...options];
  return isRoot()
    ? mountAsRoot(source, directory, all, { timeLimit, signal })
    : mountByFusermount(source, directory, all, { timeLimit, signal });
}

async function mountAsRoot(
  source: string,
  directory: string,
  options: readonly string[],
  limits: Pick<RunOptions, "timeLimit" | "signal">,
): Promise<number> {
  const device = openDevice();
  try {
    // The descriptor keeps its number, because the options name it. -i: no mount.fuse.h5fs, which would be us.
    const all = [`fd=${device}`, "rootmode=40000", "user_id=0", "group_id=0", ...options].join(",");
    const inherit = new Map([[device, device]]);
    const result = await runProgram("mount", ["-i", "-t", TYPE, "-o", all, "--", source, directory], {
      inherit,
      ...limits,
    });
    if (result.status === 0) return device;
    // It may have mounted before it was given up.
    if (result.killed && mountEntry(directory)?.source === source) await unmount(directory, { lazy: true });
    throw new CommandError(
      EXIT.mountFailed,
      `mounting at ${directory} failed: ${result.message}${rootAdvice(result.message)}`,
    );
  } catch (error) {
    closeSync(device);
    throw error;
  }
}

function openDevice(): number {
  try {
    return openSync("/dev/fuse", constants.O_RDWR | constants.O_NONBLOCK);
  } catch (error) {
    const advice =
      codeOf(error) === "EPERM" || codeOf(error) === "EACCES"
        ? 'in a container, start that with "--device /dev/fuse --cap-add SYS_ADMIN"'
        : 'load the kernel\'s module: "modprobe fuse"; in a container, start that with "--device /dev/fuse"';
    throw new CommandError(EXIT.mountFailed, `/dev/fuse cannot be opened (${codeOf(error)}): ${advice}`, error);
  }
}

function rootAdvice(message: string): string {
  return /permission denied|not permitted/i.test(message)
    ? ' (in a container, mounting needs "--cap-add SYS_ADMIN", and AppArmor may forbid it)'
    : "";
}

export interface UnmountOptions {
  /** At once out of everybody's sight, ended when the last open file is closed. */
  readonly lazy: boolean;
  /** Of the mount that is meant, as in the mount table: another one at the same place stays. */
  readonly device?: string | undefined;
}

/** Unmounts; a mount that is not there is well, too. @throws CommandError where the mount is busy, or is not ours to end */
export async function unmount(directory: string, { lazy, device }: UnmountOptions): Promise<void> {
  const entry = mountEntry(directory);
  if (entry === undefined || (device !== undefined && entry.device !== device)) return;
  // -i: no umount.fuse.h5fs, which would be us.
  const result = isRoot()
    ? await runProgram("umount", ["-i", ...(lazy ? ["-l"] : []), "--", directory], { timeLimit: TIME_LIMIT })
    : await unmountByFusermount(directory, lazy, TIME_LIMIT);
  if (result.status === 0 || mountEntry(directory) === undefined) return;
  throw new CommandError(EXIT.busyMountPoint, `unmounting ${directory} failed: ${result.message}`);
}

/** Raises the kernel's read-ahead, as only root may: 128 KiB, the default, makes large requests small. */
export function raiseReadAhead(directory: string, kib: number): void {
  // The device's number is in the mount table: a stat of our own mount could wait for ourselves.
  const entry = mountEntry(directory);
  if (entry === undefined || !isRoot()) return;
  try {
    writeFileSync(`/sys/class/bdi/${entry.device}/read_ahead_kb`, `${kib}`);
  } catch (error) {
    // Without it reads are slower and as right: a container may have /sys read only.
    if (codeOf(error) === undefined) throw error;
  }
}

function isRoot(): boolean {
  return process.geteuid?.() === 0;
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
