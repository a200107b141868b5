import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  realpathSync,
  renameSync,
  type Stats,
  unlinkSync,
  writeSync,
} from "node:fs";
import { basename, dirname } from "node:path";
import { H5Error } from "../errors.ts";
import { createLocked, removeAbandonedFiles } from "./abandoned-files.ts";

/** What is to become of a file that has the name already. */
export type IfTaken = "refuse" | "replace";

/**
 * A file that is written under a hidden name in the directory of the name it is to have, and gets that name when it is
 * whole and on the disk. So nobody ever finds a half-made file under it, and what is replaced is there until then.
 */
export class FreshFile {
  /** Open for reading and writing, and locked, so that others know that it is not abandoned; `place` and `discard` close it. */
  readonly fd: number;
  /** Where it is until it is placed. */
  readonly temporary: string;
  readonly #path: string;
  readonly #ifTaken: IfTaken;
  #isOpen = true;

  private constructor(fd: number, temporary: string, path: string, ifTaken: IfTaken) {
    this.fd = fd;
    this.temporary = temporary;
    this.#path = path;
    this.#ifTaken = ifTaken;
  }

  /**
   * Begins a file. One that is replaced passes its owner and permissions on; where `path` is a symlink to it, the link stays.
   * @throws H5Error "exists" where the name is taken and not to be replaced; "read-only", "io"
   */
  static begin(path: string, ifTaken: IfTaken): FreshFile {
    const taken = attempt(path, () => lstatSync(path, { throwIfNoEntry: false }));
    if (taken !== undefined && ifTaken === "refuse") throw existsError(path);
    const real = taken?.isSymbolicLink() === true ? attempt(path, () => realpathSync(path)) : path;
    const old = taken === undefined ? undefined : attempt(path, () => lstatSync(real));
    if (old !== undefined && !old.isFile()) throw new H5Error("argument", `${path}: is no regular file`);
    const { fd, path: temporary } = attempt(path, () => {
      const directory = Buffer.from(dirname(real));
      removeAbandonedFiles(directory);
      return createLocked(directory, 0o666);
    });
    const file = new FreshFile(fd, temporary.toString(), real, ifTaken);
    if (old !== undefined) {
      try {
        file.#takeOver(old);
      } catch (error) {
        file.discard();
        throw error;
      }
    }
    return file;
  }

  /** All of these bytes, to the file's beginning. */
  write(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) done += writeSync(this.fd, bytes, done, bytes.length - done, done);
  }

  /** Gives the file its name; from here it survives a power cut. */
  place(): void {
    try {
      attempt(this.#path, () => {
        fsyncSync(this.fd);
        this.#rename();
        syncDirectory(dirname(this.#path));
      });
    } catch (error) {
      this.discard();
      throw error;
    }
    this.#close();
  }

  /** Leaves nothing. */
  discard(): void {
    if (!this.#isOpen) return;
    this.#close();
    try {
      unlinkSync(this.temporary);
    } catch (error) {
      // It has its name already, or somebody has cleared it away.
      if (codeOf(error) !== "ENOENT") throw error;
    }
  }

  #close(): void {
    if (this.#isOpen) closeSync(this.fd);
    this.#isOpen = false;
  }

  #takeOver({ uid, gid, mode }: Stats): void {
    const made = fstatSync(this.fd);
    attempt(this.#path, () => {
      if (made.uid !== uid || made.gid !== gid) fchownSync(this.fd, uid, gid);
      fchmodSync(this.fd, mode & 0o7777);
    });
  }

  #rename(): void {
    if (this.#ifTaken === "replace") {
      renameSync(this.temporary, this.#path);
      return;
    }
    try {
      // Unlike rename(2), link(2) replaces nothing.
      linkSync(this.temporary, this.#path);
    } catch (error) {
      if (codeOf(error) === "EEXIST") throw existsError(this.#path);
      if (codeOf(error) !== "EPERM" && codeOf(error) !== "ENOTSUP") throw error;
      // A file system without hard links.
      if (lstatSync(this.#path, { throwIfNoEntry: false }) !== undefined) throw existsError(this.#path);
      renameSync(this.temporary, this.#path);
      return;
    }
    unlinkSync(this.temporary);
  }
}

function syncDirectory(path: string): void {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function existsError(path: string): H5Error {
  return new H5Error("exists", `${path}: there is such a file already`);
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

function attempt<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof H5Error) throw cause;
    const code = codeOf(cause);
    if (code === "ENOENT") throw new H5Error("io", `${path}: there is no folder ${dirname(path)}`, { cause });
    if (code === "EACCES" || code === "EPERM" || code === "EROFS") {
      throw new H5Error("read-only", `${path}: no permission to make it in ${dirname(path)}`, { cause });
    }
    throw new H5Error("io", `${basename(path)}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
