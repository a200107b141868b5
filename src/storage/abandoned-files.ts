import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, rmSync, unlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { journalName } from "./journal/open-for-writing.ts";
import { lockSurely } from "./journal/system-calls.ts";

const TEMPORARY = /^\.h5fs-new-\d+-\d+$/;

let lastTemporary = 0;

/** A hidden name beside `path` for a file that is to become it, another one each time. */
export function temporaryName(path: string): string {
  return join(dirname(path), `.h5fs-new-${process.pid}-${++lastTemporary}`);
}

/**
 * Removes such files, and their logs, whose writers were killed. A writer has its file locked from the beginning to the end, which tells more
 * than its process id could: that may be another program's by now, or of another machine that shares the directory.
 */
export function removeAbandonedFiles(directory: string): void {
  let names: readonly string[];
  try {
    names = readdirSync(directory);
  } catch {
    // Not to be listed, or not there, which will be told when a file is made in it.
    return;
  }
  for (const name of names) {
    if (TEMPORARY.test(name)) removeIfAbandoned(directory, name);
  }
}

function removeIfAbandoned(directory: string, name: string): void {
  const path = join(directory, name);
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    // It is gone, or not ours.
    return;
  }
  try {
    if (!fstatSync(fd).isFile() || !lockSurely(fd) || !isStillAt(path, fd)) return;
    rmSync(join(directory, journalName(name)), { force: true });
    unlinkSync(path);
  } catch (error) {
    // In a directory where each may remove but their own.
    if (!(error instanceof Error && "code" in error && (error.code === "EACCES" || error.code === "EPERM")))
      throw error;
  } finally {
    closeSync(fd);
  }
}

/** Whether the file has that name: it may have got its own, or been removed, before it was locked. */
export function isStillAt(path: string, fd: number): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  const { dev, ino } = fstatSync(fd);
  return found !== undefined && found.dev === dev && found.ino === ino;
}
