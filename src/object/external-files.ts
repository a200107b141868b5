import { closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync } from "node:fs";
import { basename, dirname, isAbsolute, join, resolve, sep } from "node:path";
import { H5Error } from "../errors.ts";
import { sentence } from "../storage/local-file.ts";
import { H5File } from "./file.ts";
import { openStorage } from "./open-storage.ts";

/** Which files external links may lead to, and raw data be in: none, those in or below the directory of the file that was opened, or all. */
export type ExternalPolicy = "off" | "below" | "all";

export interface ExternalFilesSetup {
  /** The file that was opened by name, its path resolved. */
  readonly main: string;
  readonly policy: ExternalPolicy;
  /** A directory that must not be touched: the mount point, whose own daemon would have to answer. */
  readonly forbidden?: string;
  /** Takes the lock for reading; false: the file is open for writing in another program. */
  readonly lock?: (fd: number) => boolean;
}

/** Files that may be open at once; they stay open, for other threads may read them. */
const MAX_FILES = 128;

/** Symbolic links of the file system that a path may lead through. */
const MAX_SYMLINKS = 40;

/** How messages begin that are about a link, and about raw data. */
const LINK = "the link leads into";
const RAW_DATA = "the raw data are in";

/** The files that external links lead to, and those that raw data are in, opened when they are first needed. */
export class ExternalFiles {
  readonly #setup: ExternalFilesSetup;
  readonly #files = new Map<string, H5File>();
  /** File descriptors of files without structure. */
  readonly #raw = new Map<string, number>();

  constructor(setup: ExternalFilesSetup) {
    this.#setup = setup;
  }

  /** A file that is open already: a link to it leads to this same one. */
  add(path: string, file: H5File): void {
    this.#files.set(path, file);
  }

  /**
   * The file that `name` means in an external link of the file at `from`. As in libhdf5 without prefixes: an absolute path as
   * it is, then by its last part beside the linking file; a relative one from the linking file's directory. (libhdf5 would
   * try the working directory, too; a mount has none.)
   * @throws H5Error "unsupported" where the policy does not allow it, "io" where it is missing or cannot be opened
   */
  open(from: string, name: string): H5File {
    const beside = dirname(resolve(from));
    const candidates = isAbsolute(name) ? [name, join(beside, basename(name))] : [join(beside, name)];
    const path = this.#find(candidates, name, LINK);
    return this.#files.get(path) ?? this.#open(path);
  }

  /**
   * A file descriptor of the file without structure that `name` means where the file at `from` has raw data in it
   * (`H5Pset_external`): a relative path begins in that file's directory. (libhdf5's does in the working directory, which a mount has none of.)
   * @throws H5Error as `open`
   */
  raw(from: string, name: string): number {
    const path = this.#find([isAbsolute(name) ? name : join(dirname(resolve(from)), name)], name, RAW_DATA);
    return this.#raw.get(path) ?? this.#openRaw(path);
  }

  #find(candidates: readonly string[], name: string, what: string): string {
    const { policy, main } = this.#setup;
    const refuse = (why: string): never => {
      throw new H5Error("unsupported", `${what} another file, ${name}: ${why}`);
    };
    if (policy === "off") return refuse("other files are not read (external=off)");
    if (!name.isWellFormed() || name.includes("\0")) return refuse("its name is not UTF-8");
    let path: string | undefined;
    for (const candidate of candidates) path ??= this.#resolve(candidate, what);
    if (path === undefined) throw new H5Error("io", `${what} another file, ${name}, which does not exist`);
    if (policy === "below" && !isBelow(path, dirname(main))) {
      return refuse(`it is not below ${dirname(main)}; external=all reads it all the same`);
    }
    if (!this.#files.has(path) && !this.#raw.has(path) && this.#files.size + this.#raw.size > MAX_FILES) {
      throw new H5Error("limit", `${what} ${path}: more than ${MAX_FILES} other files would be open`);
    }
    return path;
  }

  #open(path: string): H5File {
    const { storage } = openStorage(path);
    // Between the look at the path and the opening somebody may have put a symbolic link there.
    if (readlinkSync(`/proc/self/fd/${storage.fd}`) !== path) {
      storage.close();
      throw new H5Error("io", `${LINK} ${path}, which changed while it was opened`);
    }
    if (this.#setup.lock?.(storage.fd) === false) {
      storage.close();
      throw new H5Error("io", `${LINK} ${path}, which is open for writing in another program`);
    }
    const file = H5File.open(storage, { externalFiles: this });
    this.#files.set(path, file);
    return file;
  }

  #openRaw(path: string): number {
    let fd: number;
    try {
      // Who opens a named pipe waits for its writer.
      fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    } catch (cause) {
      throw new H5Error("io", `${RAW_DATA} ${path}: ${sentence(cause)}`, { cause });
    }
    const isSame = readlinkSync(`/proc/self/fd/${fd}`) === path;
    if (!isSame || !fstatSync(fd).isFile()) {
      closeSync(fd);
      const why = isSame ? "is no regular file" : "changed while it was opened";
      throw new H5Error("io", `${RAW_DATA} ${path}, which ${why}`);
    }
    this.#raw.set(path, fd);
    return fd;
  }

  /** The path without symbolic links; `undefined`: nothing is there. Nothing at or below the mount point is looked at. */
  #resolve(path: string, what: string): string | undefined {
    const todo = path
      .split(sep)
      .filter((part) => part !== "")
      .toReversed();
    let at = "/";
    let symlinks = 0;
    for (let part = todo.pop(); part !== undefined; part = todo.pop()) {
      if (part === "" || part === ".") continue;
      if (part === "..") {
        at = dirname(at);
        continue;
      }
      const next = join(at, part);
      if (next === this.#setup.forbidden) {
        throw new H5Error("unsupported", `${what} ${path}, which lies in this mount itself`);
      }
      const target = symbolicLink(next, what);
      if (target === undefined) return undefined;
      if (target === null) {
        at = next;
        continue;
      }
      if (++symlinks > MAX_SYMLINKS) throw new H5Error("io", `${what} ${path}: too many symbolic links`);
      if (isAbsolute(target)) at = "/";
      todo.push(...target.split(sep).toReversed());
    }
    return at;
  }
}

/** A symbolic link's target; `null`: it is something else; `undefined`: it does not exist. */
function symbolicLink(path: string, what: string): string | null | undefined {
  try {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    return stat?.isSymbolicLink() === true ? readlinkSync(path) : stat === undefined ? undefined : null;
  } catch (cause) {
    throw new H5Error("io", `${what} ${path}: ${sentence(cause)}`, { cause });
  }
}

function isBelow(path: string, directory: string): boolean {
  return path.startsWith(directory === "/" ? "/" : `${directory}/`);
}
