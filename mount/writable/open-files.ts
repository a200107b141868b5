import { RangeReader } from "../../src/chunk/read-range.ts";
import { H5Error } from "../../src/errors.ts";
import { setAttribute } from "../../src/object/attribute-edit.ts";
import type { Dataset } from "../../src/object/dataset.ts";
import { releaseObject } from "../../src/object/unlink.ts";
import { cacheName } from "../../src/tree/element-source.ts";
import type { FileNode } from "../../src/tree/node.ts";
import { type PosixMetadata, posixAttribute, posixMetadata } from "../../src/tree/posix-metadata.ts";
import { Errno, ErrnoError } from "../errno.ts";
import { FileBuffer, type StoredBytes } from "./file-buffer.ts";
import type { FileStore } from "./file-store.ts";
import type { LiveFile } from "./live-file.ts";

/** A file whose buffer takes so much memory is stored, whoever has it open. */
const MAX_BUFFER = 8 * 2 ** 20;

/** All buffers together. */
const MAX_BUFFERS = 32 * 2 ** 20;

/** Nothing is kept of what POSIX has: all as the mounted file has it. */
export const NO_METADATA: PosixMetadata = {
  mode: undefined,
  uid: undefined,
  gid: undefined,
  rdev: 0,
  atime: undefined,
  mtime: undefined,
  ctime: undefined,
};

/** A file node that somebody has open. */
export class OpenFile {
  readonly address: number;
  /** By which it was opened: for messages. */
  readonly path: string;
  readonly buffer: FileBuffer;
  /** What is newer than what the file has. */
  metadata: PosixMetadata | undefined;
  handles = 0;
  /** No link leads to it any more: it goes with its last handle. */
  isUnlinked = false;

  constructor(address: number, path: string, stored: StoredBytes) {
    this.address = address;
    this.path = path;
    this.buffer = new FileBuffer(stored);
  }

  get isDirty(): boolean {
    return this.metadata !== undefined || this.buffer.isDirty;
  }
}

/** The file nodes that are open, by the addresses of their headers, and their handles. */
export class OpenFiles {
  readonly #live: LiveFile;
  readonly #store: FileStore;
  readonly #reader = new RangeReader("native", 2 ** 22);
  readonly #files = new Map<number, OpenFile>();
  readonly #handles = new Map<number, OpenFile>();
  #next = 1;

  constructor(live: LiveFile, store: FileStore) {
    this.#live = live;
    this.#store = store;
  }

  get(address: number): OpenFile | undefined {
    return this.#files.get(address);
  }

  /** @throws ErrnoError where there is no such handle */
  byHandle(handle: number): OpenFile {
    const file = this.#handles.get(handle);
    if (file === undefined) throw new ErrnoError(Errno.EBADF);
    return file;
  }

  open(node: FileNode): number {
    const { address, path } = node;
    let file = this.#files.get(address);
    if (file === undefined) {
      file = new OpenFile(address, path, this.#storedBytes(address));
      this.#files.set(address, file);
    }
    file.handles++;
    const handle = this.#next++;
    this.#handles.set(handle, file);
    return handle;
  }

  /** Publishes what the file has; an unlinked one is freed with its last handle. @throws as `publish` does: it is closed all the same */
  release(handle: number): void {
    const file = this.byHandle(handle);
    this.#handles.delete(handle);
    file.handles--;
    try {
      this.publish(file);
    } finally {
      if (file.handles === 0) this.#close(file);
    }
  }

  /** What is newer than what the file has, or what it has. */
  metadata(node: FileNode): PosixMetadata | undefined {
    return this.#files.get(node.address)?.metadata ?? posixMetadata(node.object);
  }

  storedMetadata({ address }: OpenFile): PosixMetadata {
    return posixMetadata(this.#dataset(address)) ?? NO_METADATA;
  }

  /** Whether anything is still to be published. */
  get isDirty(): boolean {
    for (const file of this.#files.values()) if (file.isDirty && !file.isUnlinked) return true;
    return false;
  }

  /** The mount ends: everything is published, and what has no name is freed. */
  closeAll(): void {
    for (const file of [...this.#files.values()]) {
      file.handles = 0;
      this.publish(file);
      this.#close(file);
    }
    this.#handles.clear();
  }

  /** To be called after each change of a buffer. */
  keepBounded(changed: OpenFile): void {
    if (changed.buffer.memory > MAX_BUFFER) this.publish(changed);
    let sum = 0;
    for (const { buffer } of this.#files.values()) sum += buffer.memory;
    if (sum > MAX_BUFFERS) this.publishAll();
  }

  /** Makes the file's bytes and metadata survive the death of this process. @throws H5Error: they stay in memory */
  publish(file: OpenFile): void {
    // Of a file that goes with its last handle nothing need be kept but what memory has no room for.
    if (!file.isDirty || (file.isUnlinked && file.handles === 0)) return;
    const { address, buffer, metadata } = file;
    this.#live.transaction((transaction) => {
      if (buffer.isDirty) this.#store.apply(transaction, this.#dataset(address), buffer.change());
      if (metadata !== undefined) setAttribute(transaction.edit, address, posixAttribute(metadata));
    });
    file.metadata = undefined;
    buffer.stored(this.#storedBytes(address));
  }

  publishAll(): void {
    for (const file of this.#files.values()) this.publish(file);
  }

  #close(file: OpenFile): void {
    this.#files.delete(file.address);
    if (!file.isUnlinked) return;
    this.#live.transaction((transaction) => releaseObject(transaction, file.address));
  }

  #storedBytes(address: number): StoredBytes {
    const { elementCount, elementSize } = this.#dataset(address);
    return {
      size: elementCount * elementSize,
      read: (offset, target) => {
        const dataset = this.#dataset(address);
        this.#reader.readInto(dataset, cacheName(dataset), offset, target);
      },
    };
  }

  #dataset(address: number): Dataset {
    const object = this.#live.file.object(address);
    if (object.kind !== "dataset") throw new H5Error("argument", `${object.path} is no dataset`);
    return object;
  }
}
