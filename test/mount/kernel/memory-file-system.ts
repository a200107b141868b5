import { Errno, ErrnoError } from "../../../mount/errno.ts";
import {
  type Attributes,
  type AttributesReply,
  type DirectoryEntry,
  type Entry,
  type FileSystem,
  type FilesystemStatistics,
  type OpenReply,
  PARKED,
  type Parked,
  type Request,
} from "../../../mount/filesystem.ts";

/** What a node does when it is asked: its contents, or one of the ways in which an answer may be late or fail. */
export type MemoryNode =
  | { readonly kind: "directory"; readonly entries: ReadonlyMap<string, number> }
  | { readonly kind: "symlink"; readonly target: string }
  | { readonly kind: "file"; readonly bytes: Uint8Array; readonly direct?: boolean }
  /** READ is parked. */
  | { readonly kind: "late-read"; readonly size: number; readonly direct?: boolean }
  /** GETATTR is parked, as LOOKUP gives no lifetime to its attributes. */
  | { readonly kind: "late-size" }
  /** READ throws what nobody foresaw. */
  | { readonly kind: "defective" }
  /** OPEN fails with an errno. */
  | { readonly kind: "refused"; readonly errno: number };

/** How the file system tells of what it did. */
export interface MemoryEvents {
  parked(what: "read" | "getattr", request: Request): void;
  interrupted(unique: number): void;
}

export const ROOT = 1;
const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;
const S_IFLNK = 0o120000;
const DT_DIR = 4;
const DT_REG = 8;
const DT_LNK = 10;
const VALID = 3600;
export const MTIME = { seconds: 1_700_000_000, nanoseconds: 987_654_321 };
/** Before 1970. */
export const CTIME = { seconds: -5, nanoseconds: 250_000_000 };

/** A read-only file system in memory; node 1 is the root. It keeps lookup counts, to be compared with the kernel's. */
export class MemoryFileSystem implements FileSystem {
  readonly changes = undefined;
  readonly #nodes: ReadonlyMap<number, MemoryNode>;
  readonly #xattrs: ReadonlyMap<number, ReadonlyMap<string, string>>;
  readonly #events: MemoryEvents;
  readonly lookups = new Map<number, number>();
  readonly openHandles = new Set<number>();
  destroyed = 0;
  #nextHandle = 1;

  constructor(
    nodes: ReadonlyMap<number, MemoryNode>,
    xattrs: ReadonlyMap<number, ReadonlyMap<string, string>>,
    events: MemoryEvents,
  ) {
    this.#nodes = nodes;
    this.#xattrs = xattrs;
    this.#events = events;
  }

  lookup(_request: Request, parent: number, name: Uint8Array): Entry {
    const nodeid = this.#directory(parent).entries.get(Buffer.from(name).toString());
    if (nodeid === undefined) throw new ErrnoError(Errno.ENOENT);
    return this.#entry(nodeid);
  }

  forget(nodeid: number, lookups: number): void {
    const rest = (this.lookups.get(nodeid) ?? 0) - lookups;
    if (rest === 0) this.lookups.delete(nodeid);
    else this.lookups.set(nodeid, rest);
  }

  getattr(request: Request, nodeid: number): AttributesReply | Parked {
    if (this.#node(nodeid).kind !== "late-size") return { attributes: this.#attributes(nodeid), valid: VALID };
    this.#events.parked("getattr", request);
    return PARKED;
  }

  readlink(_request: Request, nodeid: number): Uint8Array {
    const node = this.#node(nodeid);
    if (node.kind !== "symlink") throw new ErrnoError(Errno.EINVAL);
    return Buffer.from(node.target);
  }

  access(): void {
    // Everybody may do what the mode bits allow.
  }

  open(_request: Request, nodeid: number): OpenReply {
    const FOPEN_DIRECT_IO = 1;
    const node = this.#node(nodeid);
    if (node.kind === "refused") throw new ErrnoError(node.errno);
    const direct = (node.kind === "file" || node.kind === "late-read") && node.direct === true;
    return { handle: this.#newHandle(), flags: direct ? FOPEN_DIRECT_IO : 0 };
  }

  read(request: Request, nodeid: number, handle: number, offset: number, target: Uint8Array): number | Parked {
    if (!this.openHandles.has(handle)) throw new ErrnoError(Errno.EBADF);
    const node = this.#node(nodeid);
    switch (node.kind) {
      case "file": {
        const wanted = node.bytes.subarray(offset, offset + target.length);
        target.set(wanted);
        return wanted.length;
      }
      case "late-read":
        this.#events.parked("read", request);
        return PARKED;
      default:
        throw new TypeError(`a ${node.kind} was read`);
    }
  }

  lseek(_request: Request, nodeid: number, _handle: number, offset: number, whence: number): number {
    const SEEK_DATA = 3;
    const { size } = this.#attributes(nodeid);
    if (offset >= size) throw new ErrnoError(Errno.ENXIO);
    return whence === SEEK_DATA ? offset : size;
  }

  flush(_request: Request, _nodeid: number, _handle: number): void {
    // Nothing is written.
  }

  fsync(): undefined {
    // Nothing is written.
  }

  release(_request: Request, _nodeid: number, handle: number): void {
    this.openHandles.delete(handle);
  }

  opendir(_request: Request, nodeid: number): OpenReply {
    this.#directory(nodeid);
    return { handle: this.#newHandle(), flags: 0 };
  }

  *readdir(_request: Request, nodeid: number, _handle: number, offset: number): Iterable<DirectoryEntry> {
    const all: [string, number][] = [[".", nodeid], ["..", ROOT], ...this.#directory(nodeid).entries];
    for (const [index, [name, child]] of all.entries()) {
      if (index < offset) continue;
      const node = this.#node(child);
      yield {
        name: Buffer.from(name),
        ino: child,
        type: node.kind === "directory" ? DT_DIR : node.kind === "symlink" ? DT_LNK : DT_REG,
        offset: index + 1,
        lookup: () => (index < 2 || node.kind === "late-size" ? undefined : this.#entry(child)),
      };
    }
  }

  releasedir(_request: Request, _nodeid: number, handle: number): void {
    this.openHandles.delete(handle);
  }

  fsyncdir(): undefined {
    // Nothing is written.
  }

  getxattr(_request: Request, nodeid: number, name: Uint8Array): Uint8Array {
    const value = this.#xattrs.get(nodeid)?.get(Buffer.from(name).toString());
    if (value === undefined) throw new ErrnoError(Errno.ENODATA);
    return Buffer.from(value);
  }

  listxattr(_request: Request, nodeid: number): readonly Uint8Array[] {
    return [...(this.#xattrs.get(nodeid)?.keys() ?? [])].map((name) => Buffer.from(name));
  }

  statfs(): FilesystemStatistics {
    return { blocks: 1234, bfree: 1, bavail: 2, files: 3, ffree: 4, bsize: 4096, namelen: 255, frsize: 4096 };
  }

  interrupt(unique: number): void {
    this.#events.interrupted(unique);
  }

  destroy(): void {
    this.destroyed++;
  }

  #newHandle(): number {
    const handle = this.#nextHandle++;
    this.openHandles.add(handle);
    return handle;
  }

  #node(nodeid: number): MemoryNode {
    const node = this.#nodes.get(nodeid);
    if (node === undefined) throw new ErrnoError(Errno.ESTALE);
    return node;
  }

  #directory(nodeid: number): MemoryNode & { kind: "directory" } {
    const node = this.#node(nodeid);
    if (node.kind !== "directory") throw new ErrnoError(Errno.ENOTDIR);
    return node;
  }

  #entry(nodeid: number): Entry {
    this.lookups.set(nodeid, (this.lookups.get(nodeid) ?? 0) + 1);
    const isLate = this.#node(nodeid).kind === "late-size";
    return {
      nodeid,
      generation: 0,
      entryValid: VALID,
      attributesValid: isLate ? 0 : VALID,
      attributes: this.#attributes(nodeid),
    };
  }

  #attributes(nodeid: number): Attributes {
    return memoryAttributes(nodeid, this.#node(nodeid));
  }
}

export function memoryAttributes(ino: number, node: MemoryNode): Attributes {
  const common = { ino, uid: 11, gid: 12, atime: MTIME, mtime: MTIME, ctime: CTIME, rdev: 0, blksize: 4096, nlink: 1 };
  switch (node.kind) {
    case "directory":
      return { ...common, mode: S_IFDIR | 0o555, nlink: 2, size: 0, blocks: 0 };
    case "symlink":
      return { ...common, mode: S_IFLNK | 0o777, size: node.target.length, blocks: 0 };
    case "file":
      return { ...common, mode: S_IFREG | 0o444, size: node.bytes.length, blocks: Math.ceil(node.bytes.length / 512) };
    case "late-read":
      return { ...common, mode: S_IFREG | 0o444, size: node.size, blocks: 1 };
    default:
      return { ...common, mode: S_IFREG | 0o444, size: 1, blocks: 1 };
  }
}
