import { lstatSync, readlinkSync } from "node:fs";
import { basename, dirname, isAbsolute, join, resolve, sep } from "node:path";
import { H5Error } from "../errors.ts";
import { H5File } from "./file.ts";
import { openStorage } from "./open-storage.ts";

/** Which files external links may lead to: none, those in or below the directory of the file that was opened, or all. */
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

/** The files that external links lead to, opened when they are first needed. */
export class ExternalFiles {
  readonly #setup: ExternalFilesSetup;
  readonly #files = new Map<string, H5File>();

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
    const { policy, main } = this.#setup;
    const refuse = (why: string): never => {
      throw new H5Error("unsupported", `the link leads into another file, ${name}: ${why}`);
    };
    if (policy === "off") return refuse("external links are not followed (external=off)");
    if (!name.isWellFormed()) return refuse("its name is not UTF-8");
    const beside = dirname(resolve(from));
    const candidates = isAbsolute(name) ? [name, join(beside, basename(name))] : [join(beside, name)];
    let path: string | undefined;
    for (const candidate of candidates) path ??= this.#resolve(candidate);
    if (path === undefined) throw new H5Error("io", `the link leads into another file, ${name}, which does not exist`);
    if (policy === "below" && !isBelow(path, dirname(main))) {
      return refuse(`it is not below ${dirname(main)}; external=all follows such links`);
    }
    return this.#files.get(path) ?? this.#open(path);
  }

  #open(path: string): H5File {
    if (this.#files.size > MAX_FILES) {
      throw new H5Error("limit", `the link leads to ${path}: more than ${MAX_FILES} other files would be open`);
    }
    const { storage } = openStorage(path);
    // Between the look at the path and the opening somebody may have put a symbolic link there.
    if (readlinkSync(`/proc/self/fd/${storage.fd}`) !== path) {
      storage.close();
      throw new H5Error("io", `the link leads to ${path}, which changed while it was opened`);
    }
    if (this.#setup.lock?.(storage.fd) === false) {
      storage.close();
      throw new H5Error("io", `the link leads to ${path}, which is open for writing in another program`);
    }
    const file = H5File.open(storage, { externalFiles: this });
    this.#files.set(path, file);
    return file;
  }

  /** The path without symbolic links; `undefined`: nothing is there. Nothing at or below the mount point is looked at. */
  #resolve(path: string): string | undefined {
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
        throw new H5Error("unsupported", `the link leads to ${path}, which lies in this mount itself`);
      }
      const target = symbolicLink(next);
      if (target === undefined) return undefined;
      if (target === null) {
        at = next;
        continue;
      }
      if (++symlinks > MAX_SYMLINKS) throw new H5Error("io", `the link leads to ${path}: too many symbolic links`);
      if (isAbsolute(target)) at = "/";
      todo.push(...target.split(sep).toReversed());
    }
    return at;
  }
}

/** A symbolic link's target; `null`: it is something else; `undefined`: it does not exist. */
function symbolicLink(path: string): string | null | undefined {
  try {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    return stat?.isSymbolicLink() === true ? readlinkSync(path) : stat === undefined ? undefined : null;
  } catch (cause) {
    throw new H5Error("io", `the link leads to ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

function isBelow(path: string, directory: string): boolean {
  return path.startsWith(directory === "/" ? "/" : `${directory}/`);
}
