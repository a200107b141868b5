import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { H5Error } from "../errors.ts";
import { piecesOver } from "./changed-pages.ts";
import { PageCache, type ReadAt } from "./page-cache.ts";
import { readPieces } from "./read-pieces.ts";
import type { Piece, Snapshot, SnapshotDescription, Storage } from "./storage.ts";

/** Bytes: Node.js refuses 2^31 and more. */
const MAX_READ = 2 ** 30;

/** Descriptors are used again: what reads a closed file by its own would show another file's bytes. */
export function closedError(name: string): H5Error {
  return new H5Error("io", `${name}: the file is closed`);
}

/** Fills `target` from a descriptor, or throws: a file that became shorter is an error, never zeros. */
export function readFully(fd: number, target: Uint8Array, offset: number, name: string): void {
  for (let done = 0; done < target.length; ) {
    const n = readSync(fd, target, done, Math.min(MAX_READ, target.length - done), offset + done);
    if (n === 0) {
      throw new H5Error("io", `${name}: the file ends at byte ${offset + done}; it became shorter while it was open`);
    }
    done += n;
  }
}

/** A file of the local file system, read only, as long as it was when it was opened; pages may lie over its own bytes. */
export class LocalFile implements Storage {
  readonly name: string;
  readonly fd: number;
  readonly #snapshot: FileSnapshot;

  private constructor(description: SnapshotDescription) {
    this.name = description.path;
    this.fd = description.fd;
    this.#snapshot = new FileSnapshot(description);
  }

  /** @throws H5Error "io" with the system's error as `cause`, or "argument" where `path` is no regular file */
  static open(path: string): LocalFile {
    let fd: number;
    try {
      // O_NONBLOCK: opening a named pipe must not wait for its writer.
      fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch (cause) {
      throw new H5Error("io", `${path}: ${sentence(cause)}`, { cause });
    }
    const stat = fstatSync(fd);
    if (!stat.isFile()) {
      closeSync(fd);
      throw new H5Error(
        "argument",
        `${path}: is ${stat.isDirectory() ? "a directory" : "no regular file"}, not an HDF5 file`,
      );
    }
    return new LocalFile({ fd, size: stat.size, path });
  }

  /** The same open file as it is now. @param over what lies over its bytes, and its size with that */
  again(over?: Pick<SnapshotDescription, "size" | "changed">): LocalFile {
    return new LocalFile({ fd: this.fd, size: fstatSync(this.fd).size, path: this.name, ...over });
  }

  snapshot(): Snapshot {
    return this.#snapshot;
  }

  close(): void {
    if (this.#snapshot.isClosed) return;
    this.#snapshot.isClosed = true;
    closeSync(this.fd);
  }
}

/** Opens, in any thread of the process, the snapshot that `Snapshot.describe` gave. */
export function attachSnapshot(description: SnapshotDescription): Snapshot {
  return new FileSnapshot(description);
}

class FileSnapshot implements Snapshot {
  readonly size: number;
  readonly #description: SnapshotDescription;
  readonly #pages: PageCache;
  /** The file is closed. */
  isClosed = false;

  constructor(description: SnapshotDescription) {
    this.size = description.size;
    this.#description = description;
    const { path, changed } = description;
    const readAt: ReadAt =
      changed === undefined
        ? (target, offset) => readFully(description.fd, target, offset, path)
        : (target, offset) => readPieces(this.pieces(offset, target.length), target, 0, path);
    this.#pages = new PageCache(readAt, description.size);
  }

  read(offset: number, length: number): Uint8Array {
    if (this.isClosed) throw closedError(this.#description.path);
    return this.#pages.read(offset, length);
  }

  pieces(offset: number, length: number): Piece[] {
    if (this.isClosed) throw closedError(this.#description.path);
    const { fd, changed } = this.#description;
    if (length === 0) return [];
    return changed === undefined ? [{ fd, offset, length }] : piecesOver(fd, changed, offset, length);
  }

  describe(): SnapshotDescription {
    return this.#description;
  }
}

/** What the system said, for a person: "no such file", not "ENOENT: no such file or directory, open '…'". */
export function sentence(cause: unknown): string {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return "there is no such file";
    case "EACCES":
    case "EPERM":
      return "permission denied";
    case "ELOOP":
      return "too many symbolic links";
    default:
      return cause instanceof Error ? cause.message : String(cause);
  }
}
