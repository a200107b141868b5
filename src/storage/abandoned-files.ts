import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, rmSync, unlinkSync } from "node:fs";
import { journalName } from "./journal/open-for-writing.ts";
import { lockExclusive, lockSurely } from "./journal/system-calls.ts";

const TEMPORARY = /^\.h5fs-new-\d+-\d+$/;

/** Milliseconds: a symlink, which nobody can lock, has its temporary name for no longer than a moment. */
const MOMENT = 60_000;

let lastTemporary = 0;

/**
 * A hidden name in a directory for what is to get another name there when it is whole, another one each time. Paths are bytes, for those of
 * directories need not be UTF-8.
 */
export function temporaryIn(directory: Uint8Array): Buffer {
  return pathIn(directory, `.h5fs-new-${process.pid}-${++lastTemporary}`);
}

/**
 * Makes such a file, open for reading and writing. It is locked, so that others know that it is not abandoned.
 * @throws an error of the system
 */
export function createLocked(directory: Uint8Array, mode: number): { readonly fd: number; readonly path: Buffer } {
  const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  for (;;) {
    const path = temporaryIn(directory);
    const fd = openSync(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
    // Until it was locked, another process may have found it and taken it for abandoned.
    if (lockExclusive(fd) && isStillAt(path, fd)) return { fd, path };
    closeSync(fd);
  }
}

/**
 * Removes such files, and their logs, whose writers were killed. A writer has its file locked from the beginning to the end, which tells more
 * than its process id could: that may be another program's by now, or of another machine that shares the directory.
 */
export function removeAbandonedFiles(directory: Uint8Array): void {
  let names: readonly string[];
  try {
    names = readdirSync(Buffer.from(directory));
  } catch {
    // Not to be listed, or not there, which will be told when a file is made in it.
    return;
  }
  for (const name of names) {
    if (TEMPORARY.test(name)) removeIfAbandoned(directory, name);
  }
}

function removeIfAbandoned(directory: Uint8Array, name: string): void {
  const path = pathIn(directory, name);
  let fd: number | undefined;
  try {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found?.isSymbolicLink() === true && Date.now() - found.mtimeMs > MOMENT) unlinkSync(path);
    if (found?.isFile() !== true) return;
    fd = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    if (!fstatSync(fd).isFile() || !lockSurely(fd) || !isStillAt(path, fd)) return;
    rmSync(pathIn(directory, journalName(name)), { force: true });
    unlinkSync(path);
  } catch (error) {
    // It is gone by now; or not ours, or in a directory where each may remove but their own.
    if (!(error instanceof Error && "code" in error && NOT_OURS.has(error.code))) throw error;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

const NOT_OURS: ReadonlySet<unknown> = new Set(["ENOENT", "ELOOP", "EACCES", "EPERM", "EROFS"]);

/** Whether the file has that name: it may have got its own, or been removed, before it was locked. */
function isStillAt(path: Buffer, fd: number): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  const { dev, ino } = fstatSync(fd);
  return found !== undefined && found.dev === dev && found.ino === ino;
}

function pathIn(directory: Uint8Array, name: string): Buffer {
  return Buffer.concat([directory, Buffer.from(`/${name}`)]);
}
