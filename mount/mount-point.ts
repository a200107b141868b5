import { mkdirSync, readdirSync, realpathSync, rmdirSync, statSync } from "node:fs";
import { basename, dirname, extname, join, resolve, sep } from "node:path";
import { CommandError, EXIT } from "../src/cli/exit-status.ts";
import { unmount } from "./kernel/mount.ts";
import { mountPointAt, mountState } from "./mount-state.ts";

export interface MountPoint {
  /** Absolute, symlinks resolved. */
  readonly path: string;
  /** Made for this mount: to be removed after it. */
  readonly created: boolean;
}

/**
 * Where the file is to be mounted: `directory`, or beside the file, named as it is without its extension, and made where it
 * does not exist. A dead mount of ours in the way is cleared.
 * @param file the real path of the HDF5 file
 * @throws CommandError where that place cannot be a mount point
 */
export async function prepareMountPoint(file: string, directory: string | undefined): Promise<MountPoint> {
  const wanted = resolve(directory ?? inferred(file));
  const there = mountPointAt(wanted);
  if (there !== undefined) await clear(there);
  const created = directory === undefined && make(wanted);
  const path = realDirectory(wanted);
  // The daemon must never wait for itself, and a mount that hides its own file surprises everybody.
  if (`${file}${sep}`.startsWith(path === sep ? sep : `${path}${sep}`)) {
    throw new CommandError(EXIT.badMountPoint, `${path} holds ${file} itself; mount it on another directory`);
  }
  if (directory === undefined && !created && readdirSync(path).length > 0) {
    throw new CommandError(EXIT.busyMountPoint, `${path} exists and is not empty; say where to mount: h5fs FILE DIR`);
  }
  return { path, created };
}

/** Takes a dead mount of ours away. @throws CommandError where one is that is not dead */
async function clear(path: string): Promise<void> {
  switch (await mountState(path)) {
    case "none":
      return;
    case "dead":
      await unmount(path, { lazy: true });
      return;
    case "alive":
      throw new CommandError(
        EXIT.busyMountPoint,
        `${path} has a file mounted on it already; "h5fs umount ${path}" ends that`,
      );
    case "silent":
      throw new CommandError(
        EXIT.busyMountPoint,
        `${path} has a mount of h5fs that does not answer; "h5fs umount -l ${path}" takes it away`,
      );
  }
}

/** Removes what was made for this mount; what somebody has put there meanwhile, or taken away, is theirs. */
export function removeMountPoint({ path, created }: MountPoint): void {
  if (!created) return;
  try {
    rmdirSync(path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code !== "ENOENT" && code !== "ENOTEMPTY" && code !== "EBUSY") throw error;
  }
}

function inferred(file: string): string {
  const extension = extname(file);
  return extension === "" ? `${file}.mount` : join(dirname(file), basename(file, extension));
}

function make(path: string): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EEXIST") return false;
    throw new CommandError(
      EXIT.noMountPoint,
      `${path} cannot be made (${String(code)}); say where to mount: h5fs FILE DIR`,
      error,
    );
  }
}

function realDirectory(path: string): string {
  let isDirectory: boolean;
  try {
    isDirectory = statSync(path).isDirectory();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT")
      throw new CommandError(EXIT.noMountPoint, `${path} does not exist; make it first: mkdir ${path}`, error);
    throw new CommandError(EXIT.badMountPoint, `${path} cannot be used as a mount point (${String(code)})`, error);
  }
  if (!isDirectory) throw new CommandError(EXIT.badMountPoint, `${path} is not a directory`);
  return realpathSync(path);
}
