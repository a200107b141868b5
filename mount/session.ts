import { LRUCache } from "lru-cache";
import { H5Error } from "../src/errors.ts";
import { decodeText, encodeText } from "../src/format/text.ts";
import { type Content, contentOf, dataRanges, problemOf, type StoredContent } from "../src/tree/content.ts";
import { extendedAttribute, extendedAttributeNames, USER } from "../src/tree/extended-attributes.ts";
import { NAME_MAX } from "../src/tree/file-name.ts";
import type { DirectoryNode, FileNode, Node } from "../src/tree/node.ts";
import type { Tree } from "../src/tree/tree.ts";
import type { TextIndex } from "../src/view/text-index.ts";
import { DataReader, type DataReaderSetup } from "./data-reader.ts";
import { DirectoryHandles } from "./directory-handles.ts";
import { Errno, ErrnoError, plainError } from "./errno.ts";
import {
  type Attributes,
  type AttributesReply,
  type DirectoryEntry,
  type Entry,
  type FilesystemStatistics,
  FOPEN_CACHE_DIR,
  FOPEN_DIRECT_IO,
  FOPEN_KEEP_CACHE,
  O_ACCMODE,
  type OpenReply,
  PARKED,
  type Parked,
  type Request,
} from "./filesystem.ts";
import type { IndexFolder } from "./index-folder.ts";
import type { Rendered } from "./job.ts";
import type { MountSession } from "./mount-session.ts";
import { type DaemonStatus, type MountStatus, PID_ATTRIBUTE, STATUS_ATTRIBUTE } from "./mount-status.ts";
import { attributesOf, directoryEntryType, type FileFacts } from "./node-attributes.ts";
import { NodeTable } from "./node-table.ts";
import { seek } from "./seek.ts";
import { TextStore, type Texts } from "./text-store.ts";

/** The file cannot change under a read-only mount, so what the kernel learned stays true: a day, in seconds. */
const FOREVER = 86_400;

/** The kernel's limit for the value of an extended attribute (XATTR_SIZE_MAX). */
const XATTR_SIZE_MAX = 65_536;

/** How far the pass is by which the size of a text is found out. */
export const PROGRESS_ATTRIBUTE = "user.h5fs.progress";

export const PROBLEM_ATTRIBUTE = "user.h5fs.problem";

/** Answers requests that were parked, from the engine's own thread. */
export interface ParkedReplier {
  data(unique: number, parts: readonly Uint8Array[]): void;
  attributes(unique: number, reply: AttributesReply): void;
  errno(unique: number, errno: number): void;
  failure(unique: number, error: H5Error): void;
}

export interface SessionSetup extends DataReaderSetup {
  /** Which texts are shown; default: those of the store. */
  readonly texts?: (store: TextStore) => Texts;
  /** What the kernel is told of a text when its size has been found out; default: what does not change. */
  readonly measured?: (node: FileNode, size: number) => AttributesReply;
  readonly workerCount: number;
  readonly tree: Tree;
  readonly facts: FileFacts;
  readonly replier: ParkedReplier;
  readonly indexes: IndexFolder | undefined;
  /** Is given what a person should know of, a line at a time. */
  log(line: string): void;
  /** Is told of what was asked for and cannot be shown, each time. */
  unreadable(path: string, problem: string): void;
  /** What the daemon knows of itself. */
  status(): DaemonStatus;
}

/**
 * The file system of one mount, as far as it reads: FUSE's operations on the tree. What takes longer than about a millisecond is
 * given to a worker and its request parked.
 */
export class Session implements MountSession {
  readonly #setup: SessionSetup;
  readonly #nodes: NodeTable;
  readonly #directories: DirectoryHandles;
  readonly #data: DataReader;
  readonly #texts: Texts;
  /** Those in use: every file that was ever listed has one. */
  readonly #contents = new LRUCache<FileNode, Content>({ max: 1024 });
  /** The state of the file that they are of. */
  #state = 0;
  readonly changes = undefined;
  readonly due = -1;

  constructor(setup: SessionSetup) {
    this.#setup = setup;
    this.#nodes = new NodeTable(setup.tree.root);
    this.#directories = new DirectoryHandles((directory) => setup.tree.entries(directory));
    this.#data = new DataReader(setup);
    const store = this.#textStore();
    this.#texts = setup.texts?.(store) ?? store;
  }

  /** The nodes that the kernel knows. */
  get nodes(): NodeTable {
    return this.#nodes;
  }

  #textStore(): TextStore {
    const setup = this.#setup;
    const { facts, replier } = setup;
    const measured =
      setup.measured ?? ((node, size) => ({ attributes: attributesOf(node, size, facts), valid: FOREVER }));
    return new TextStore({
      capacity: Math.max(2 ** 22, setup.cacheBytes / 4),
      workerCount: setup.workerCount,
      indexes: setup.indexes,
      states: setup.states,
      post: setup.post,
      log: setup.log,
      answers: {
        size: (unique, node, size) => {
          this.#nodes.tellSize(node, size);
          replier.attributes(unique, measured(node, size));
        },
        data: (unique, parts) => replier.data(unique, parts),
        failure: (unique, error) => {
          setup.unreadable(error.path ?? error.message, error.message);
          replier.failure(unique, error);
        },
      },
    });
  }

  lookup(_request: Request, parent: number, name: Uint8Array): Entry {
    // The kernel would allow FUSE longer names than any other file system.
    if (name.length > NAME_MAX) throw new ErrnoError(Errno.ENAMETOOLONG);
    const node = this.#setup.tree.lookup(this.#directory(parent), decodeText(name));
    if (node === undefined) throw plainError(Errno.ENOENT);
    return this.#entry(node);
  }

  forget(nodeid: number, lookups: number): void {
    const gone = this.#nodes.forget(nodeid, lookups);
    if (gone?.kind === "file") this.#texts.forget(gone);
  }

  getattr(request: Request, nodeid: number): AttributesReply | Parked {
    const node = this.#node(nodeid);
    const attributes = this.#attributes(node);
    if (attributes !== undefined) return { attributes, valid: FOREVER };
    if (node.kind !== "file") throw this.#notAFile(node);
    this.#texts.awaitSize(node, request.unique);
    return PARKED;
  }

  readlink(_request: Request, nodeid: number): Uint8Array {
    const node = this.#node(nodeid);
    if (node.kind !== "symlink") throw new ErrnoError(Errno.EINVAL);
    return encodeText(node.target);
  }

  access(_request: Request, nodeid: number, mask: number): void {
    const X_OK = 1;
    const W_OK = 2;
    const node = this.#node(nodeid);
    if ((mask & W_OK) !== 0) throw new ErrnoError(Errno.EROFS);
    if ((mask & X_OK) !== 0 && node.kind !== "directory") throw new ErrnoError(Errno.EACCES);
  }

  open(_request: Request, nodeid: number, flags: number): OpenReply {
    if ((flags & O_ACCMODE) !== 0) throw new ErrnoError(Errno.EROFS);
    const node = this.#node(nodeid);
    const problem = problemOf(node);
    if (problem !== undefined) {
      this.#setup.unreadable(problem.path ?? node.path, problem.message);
      throw problem;
    }
    if (node.kind !== "file" || this.#content(node).kind === "stored") return { handle: 0, flags: FOPEN_KEEP_CACHE };
    // The kernel's cache ends where it believes the file to end; around it, a text can be read before that is known.
    const isSizeKnown = this.#texts.size(node) !== undefined;
    return { handle: this.#texts.open(), flags: isSizeKnown ? FOPEN_KEEP_CACHE : FOPEN_DIRECT_IO };
  }

  read(request: Request, nodeid: number, handle: number, offset: number, target: Uint8Array): number | Parked {
    const node = this.#node(nodeid);
    if (node.kind !== "file") throw this.#notAFile(node);
    const content = this.#content(node);
    if (content.kind === "stored") return this.#readStored(request, node, content, offset, target);
    const parts = this.#texts.read(node, handle, request.unique, offset, target.length);
    if (parts === undefined) return PARKED;
    let length = 0;
    for (const part of parts) {
      target.set(part, length);
      length += part.length;
    }
    return length;
  }

  lseek(_request: Request, nodeid: number, _handle: number, offset: number, whence: number): number {
    const node = this.#node(nodeid);
    const size = this.#attributes(node)?.size;
    if (size === undefined) throw new ErrnoError(Errno.EINVAL);
    const content = node.kind === "file" ? this.#content(node) : undefined;
    return seek(size, offset, whence, content?.kind === "stored" ? dataRanges(content) : undefined);
  }

  flush(): void {
    // Nothing is ever written.
  }

  fsync(): undefined {
    // Nothing is ever written.
  }

  release(_request: Request, _nodeid: number, handle: number): void {
    this.#texts.release(handle);
  }

  opendir(_request: Request, nodeid: number): OpenReply {
    return { handle: this.#directories.open(this.#directory(nodeid)), flags: FOPEN_KEEP_CACHE | FOPEN_CACHE_DIR };
  }

  *readdir(_request: Request, _nodeid: number, handle: number, offset: number): Iterable<DirectoryEntry> {
    for (const { name, node, next } of this.#directories.after(handle, offset)) {
      // "." and ".." have no lookup count; a size that is not known yet is asked for by GETATTR, which can wait.
      const plain = next <= 2;
      yield {
        name: encodeText(name),
        ino: node.ino,
        type: directoryEntryType(node, this.#setup.facts),
        offset: next,
        lookup: () => (plain ? undefined : this.#knownEntry(node)),
      };
    }
  }

  releasedir(_request: Request, _nodeid: number, handle: number): void {
    this.#directories.release(handle);
  }

  fsyncdir(): undefined {
    // Nothing is ever written.
  }

  getxattr(_request: Request, nodeid: number, name: Uint8Array): Uint8Array {
    const text = decodeText(name);
    // Of other namespaces ls and cp ask each file for two, unless the first says that the file system has none.
    if (!text.startsWith(USER)) throw new ErrnoError(Errno.EOPNOTSUPP);
    const node = this.#node(nodeid);
    const value = this.#ownAttribute(text) ?? this.#liveFact(node, text) ?? extendedAttribute(node, text);
    if (value === undefined) throw plainError(Errno.ENODATA);
    if (value.length > XATTR_SIZE_MAX) throw new ErrnoError(Errno.E2BIG);
    return value;
  }

  listxattr(_request: Request, nodeid: number): readonly Uint8Array[] {
    return extendedAttributeNames(this.#node(nodeid)).map(encodeText);
  }

  statfs(): FilesystemStatistics {
    const bsize = 4096;
    const blocks = Math.ceil(this.#setup.facts.size / bsize);
    return { blocks, bfree: 0, bavail: 0, files: 0, ffree: 0, bsize, namelen: NAME_MAX, frsize: bsize };
  }

  interrupt(unique: number): void {
    if (this.#setup.parking.cancel(unique) || this.#texts.cancel(unique)) {
      this.#setup.replier.errno(unique, Errno.EINTR);
    }
  }

  proceed(): void {
    // Nothing waits for the disk.
  }

  idle(): void {
    // Nothing is left to be done later.
  }

  destroy(): void {
    // The threads end with the mount; nothing is left to be written.
  }

  /** A worker is done with a piece of a text. */
  /** A text's size and blocks are known without a pass over its data. */
  restoreIndex(node: FileNode, index: TextIndex): void {
    this.#texts.restore(node, index);
  }

  /** Where the blocks of a text are; `undefined`: it has not been measured. */
  textIndex(node: FileNode): TextIndex | undefined {
    return this.#texts.index(node);
  }

  rendered(result: Rendered): void {
    this.#texts.rendered(result);
  }

  #readStored(
    request: Request,
    node: FileNode,
    content: StoredContent,
    offset: number,
    target: Uint8Array,
  ): number | Parked {
    try {
      return this.#data.read(request, node, content, offset, target);
    } catch (error) {
      // Such as a chunk index that is damaged; what a worker finds, it tells itself.
      if (error instanceof H5Error) this.#setup.unreadable(error.path ?? node.object.path, error.message);
      throw error;
    }
  }

  #ownAttribute(name: string): Uint8Array | undefined {
    switch (name) {
      case PID_ATTRIBUTE:
        return encodeText(`${process.pid}`);
      case STATUS_ATTRIBUTE: {
        const status: MountStatus = { ...this.#setup.status(), cache: this.#data.cache };
        return encodeText(JSON.stringify(status));
      }
      default:
        return undefined;
    }
  }

  #node(nodeid: number): Node {
    const node = this.#nodes.get(nodeid);
    if (node === undefined) throw new ErrnoError(Errno.ESTALE);
    return node;
  }

  #directory(nodeid: number): DirectoryNode {
    const node = this.#node(nodeid);
    if (node.kind !== "directory") throw new ErrnoError(Errno.ENOTDIR);
    return node;
  }

  #content(node: FileNode): Content {
    if (this.#state !== node.file.id) this.#contents.clear();
    this.#state = node.file.id;
    const known = this.#contents.get(node);
    if (known !== undefined) return known;
    const content = contentOf(node);
    this.#contents.set(node, content);
    return content;
  }

  /** What is not a fact about the node but about what this mount has done with it so far. */
  #liveFact(node: Node, name: string): Uint8Array | undefined {
    if (node.kind !== "file") return undefined;
    const text =
      name === PROGRESS_ATTRIBUTE
        ? this.#texts.progress(node)
        : name === PROBLEM_ATTRIBUTE
          ? this.#texts.problem(node)?.message
          : undefined;
    return text === undefined ? undefined : encodeText(text);
  }

  #notAFile(node: Node): Error {
    if (node.kind === "broken") return node.error;
    return new ErrnoError(node.kind === "directory" ? Errno.EISDIR : Errno.EINVAL);
  }

  /** `undefined`: the size is not known yet. */
  #knownEntry(node: Node): Entry | undefined {
    const attributes = this.#attributes(node);
    return attributes === undefined ? undefined : this.#entry(node, attributes);
  }

  #entry(node: Node, attributes = this.#attributes(node)): Entry {
    return {
      nodeid: this.#nodes.lookup(node),
      generation: 0,
      entryValid: FOREVER,
      // Of a size that is not known yet nothing is to be believed: the kernel asks by GETATTR, which can wait. A LOOKUP
      // that waited would hold up its whole directory.
      attributesValid: attributes === undefined ? 0 : FOREVER,
      attributes: attributes ?? attributesOf(node, 0, this.#setup.facts),
    };
  }

  /** `undefined`: the size is not known before the text is made. */
  #attributes(node: Node): Attributes | undefined {
    const size = node.kind === "file" ? this.size(node) : 0;
    return size === undefined ? undefined : attributesOf(node, size, this.#setup.facts);
  }

  /** A file's size in bytes; `undefined`: it is not known before the text is made. */
  size(node: FileNode): number | undefined {
    if (problemOf(node) !== undefined) return 0;
    const content = this.#content(node);
    return content.kind === "stored" ? content.size : this.#texts.size(node);
  }
}
