import { createHash } from "node:crypto";
import { accessSync, closeSync, constants, fstatSync, openSync, readFileSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { H5Error } from "../../errors.ts";
import type { DiskDirectory, DiskFile } from "./disk.ts";
import { LocalDirectory, LocalDiskFile } from "./local-disk.ts";
import { lockExclusive } from "./system-calls.ts";

export interface OpenForWritingOptions {
  /** Where the log is to be, instead of beside the file. */
  readonly journalDirectory?: string | undefined;
  /** The lock is held already, by another descriptor of this process. */
  readonly isLocked?: boolean | undefined;
}

/** A file that this process alone writes, and where its log is. */
export interface OpenedForWriting {
  readonly file: DiskFile;
  readonly directory: DiskDirectory;
  readonly logName: string;
}

const NAME_MAX = 255;
const SUFFIX = ".h5fs-journal";

/** The log's name: hidden, and told apart by a hash where it would be too long. */
export function journalName(fileName: string): string {
  const name = `.${fileName}${SUFFIX}`;
  if (Buffer.byteLength(name) <= NAME_MAX) return name;
  return `.${createHash("sha256").update(fileName).digest("hex")}${SUFFIX}`;
}

/**
 * Opens a file for writing under the exclusive lock that libhdf5 respects. Symlinks are resolved first: the log lies beside
 * the file itself.
 * @throws H5Error where it cannot be written safely
 */
export function openForWriting(path: string, options: OpenForWritingOptions = {}): OpenedForWriting {
  const real = attempt(path, () => realpathSync(path));
  const fd = attempt(path, () => openSync(real, constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK));
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw new H5Error("argument", `${path}: is no regular file`);
    if (options.isLocked !== true && !lockExclusive(fd)) {
      throw new H5Error("locked", `${path}: another program has the file open; it cannot be written meanwhile`);
    }
    // Until it was locked, another file may have been put in its place.
    const now = attempt(path, () => statSync(real));
    if (now.ino !== stat.ino || now.dev !== stat.dev) {
      throw new H5Error("io", `${path}: the file was replaced while it was being opened`);
    }
    const { journalDirectory } = options;
    if (journalDirectory === undefined && fstatSync(fd).nlink > 1) {
      throw new H5Error(
        "read-only",
        `${path}: the file has several names (hard links), so that its log might not be found; name a directory for the log with -o journal=DIR`,
      );
    }
    if (journalDirectory === undefined && isMountPoint(real)) {
      throw new H5Error(
        "read-only",
        `${path}: the file alone is mounted here, so that its log would not be found beside it elsewhere; name a directory for the log with -o journal=DIR`,
      );
    }
    const directory = journalDirectory === undefined ? dirname(real) : resolve(journalDirectory);
    attempt(directory, () => accessSync(directory, constants.W_OK | constants.X_OK));
    return { file: new LocalDiskFile(path, fd), ...placeOfLog(real, fd, "write", options) };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/**
 * @param real the file's own path, without symlinks
 * @param fd of the file
 */
export function placeOfLog(
  real: string,
  fd: number,
  access: "read" | "write",
  { journalDirectory }: OpenForWritingOptions = {},
): { readonly directory: DiskDirectory; readonly logName: string } {
  const directory = journalDirectory === undefined ? dirname(real) : resolve(journalDirectory);
  // In a directory for the logs of many files, files of the same name are told apart by their whole path.
  const logName = journalName(journalDirectory === undefined ? basename(real) : real.replaceAll("/", "%"));
  return { directory: new LocalDirectory(directory, fd, access), logName };
}

/** Whether something is mounted right at that path: of a file, that is a bind mount. */
function isMountPoint(path: string): boolean {
  let mounts: string;
  try {
    mounts = readFileSync("/proc/self/mountinfo", "utf8");
  } catch {
    // Another system than Linux, which has no bind mounts of files.
    return false;
  }
  const unescaped = (field: string): string =>
    field.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
  const wanted = Buffer.from(path).toString("latin1");
  return Buffer.from(mounts)
    .toString("latin1")
    .split("\n")
    .some((line) => unescaped(line.split(" ")[4] ?? "") === wanted);
}

function attempt<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "EISDIR") throw new H5Error("argument", `${path}: is a directory, not an HDF5 file`, { cause });
    if (code === "ENOENT") throw new H5Error("io", `${path}: there is no such file`, { cause });
    if (code === "EACCES" || code === "EPERM" || code === "EROFS") {
      throw new H5Error("read-only", `${path}: permission to write it is denied`, { cause });
    }
    throw new H5Error("io", `${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
