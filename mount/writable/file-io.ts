import { problemOf } from "../../src/tree/content.ts";
import type { FileNode, Node } from "../../src/tree/node.ts";
import type { PosixMetadata, Timestamp } from "../../src/tree/posix-metadata.ts";
import { isMadeView } from "../../src/tree/shown-as.ts";
import { Errno, ErrnoError } from "../errno.ts";
import {
  type FilePlace,
  type FilesystemStatistics,
  FOPEN_DIRECT_IO,
  FOPEN_KEEP_CACHE,
  O_ACCMODE,
  type OpenReply,
  type Parked,
  type Request,
  type WriteFlags,
} from "../filesystem.ts";
import { seek } from "../seek.ts";
import type { Session } from "../session.ts";
import { now } from "./clock.ts";
import type { DatasetCopies } from "./dataset-copies.ts";
import { fallocate } from "./file-ranges.ts";
import type { Importer } from "./importer.ts";
import type { LiveFile } from "./live-file.ts";
import type { Metadata } from "./metadata.ts";
import { withoutPrivileges } from "./metadata-changes.ts";
import type { MovedNodes } from "./moved-nodes.ts";
import { isWritableFile } from "./names.ts";
import type { OpenFile } from "./open-file.ts";
import { type OpenFiles, type Refused, rethrow } from "./open-files.ts";
import type { Rejected } from "./rejected.ts";
import type { FileRestorer } from "./restore-file.ts";
import type { ViewNotices } from "./view-notices.ts";

const O_TRUNC = 0o1000;

/** Bytes behind the end of a table that wait for whether they are rows. */
const MAX_PENDING = 2 ** 23;

/** Bytes that COPY_FILE_RANGE copies at a time, and at most while others wait. */
const COPY_STEP = 2 ** 20;
const MAX_COPY = 2 ** 22;

export interface FileIoSetup {
  /** What reads all that is no file node. */
  readonly reading: Session;
  readonly live: LiveFile;
  readonly files: OpenFiles;
  readonly metadata: Metadata;
  readonly moved: MovedNodes;
  readonly rejected: Rejected;
  readonly notices: ViewNotices;
  readonly importer: Importer;
  readonly copies: DatasetCopies;
  readonly restorer: FileRestorer;
  /** Of the file system that the mounted file is in. */
  statistics(): FilesystemStatistics;
}

/**
 * What is done with open files of a mount that can be written. Handles of what can be written are odd numbers; those of what can
 * only be read are the reading session's, doubled.
 */
export class FileIo {
  readonly #setup: FileIoSetup;
  /** By which the reading session knows who reads a view, by handles. */
  readonly #readHandles = new Map<number, number>();

  constructor(setup: FileIoSetup) {
    this.#setup = setup;
  }

  open(request: Request, nodeid: number, node: Node, flags: number): OpenReply | Parked {
    const { live, reading, files } = this.#setup;
    const isKnown = node.kind === "file" && files.isKnownFile(node);
    if (node.kind !== "file" || node.file !== live.file || !(isKnown || isWritableFile(node))) {
      if ((flags & O_ACCMODE) !== 0 || (flags & O_TRUNC) !== 0) throw new ErrnoError(Errno.EROFS);
      const reply = reading.open(request, nodeid, flags);
      if (typeof reply === "symbol") return reply;
      // The data may have been changed since the kernel read pages of it.
      return { handle: reply.handle * 2, flags: reply.flags & ~FOPEN_KEEP_CACHE };
    }
    const problem = isKnown ? undefined : problemOf(node);
    if (problem !== undefined) throw problem;
    const handle = files.open(node, isForWriting(flags));
    if ((flags & O_TRUNC) !== 0) {
      try {
        this.#truncate(files.byHandle(handle), 0, (kept) => afterChange(kept, request));
      } catch (error) {
        files.release(handle, rethrow);
        throw error;
      }
    }
    return this.#opened(request, nodeid, files.byHandle(handle), handle, flags);
  }

  /** Opens a file that has just been made. */
  created(node: FileNode, flags: number): OpenReply {
    const handle = this.#setup.files.open(node, isForWriting(flags));
    return { handle: handle * 2 + 1, flags: isForWriting(flags) ? FOPEN_DIRECT_IO : FOPEN_KEEP_CACHE };
  }

  read(request: Request, nodeid: number, handle: number, offset: number, target: Uint8Array): number | Parked {
    const { reading } = this.#setup;
    if (handle % 2 === 0) return reading.read(request, nodeid, handle / 2, offset, target);
    const file = this.#file(handle);
    // Who reads a file sees what was written; of a dataset's view, what is stored.
    if (file.pending > 0 && isMadeView(file.node)) this.#setup.restorer.restoreTail(file);
    if (file.hasOwnBytes || (file.isUnlinked && !file.isTail)) return file.buffer.read(offset, target);
    return reading.read(request, nodeid, this.#readHandles.get(handle) ?? 0, offset, target);
  }

  /** @returns as `Changes.write` */
  write(
    request: Request,
    handle: number,
    offset: number,
    data: Uint8Array,
    flags: WriteFlags,
  ): (() => void) | undefined {
    const file = this.#file(handle);
    file.checkRoom();
    const time = now();
    const {
      restorer,
      files: { streamed },
    } = this.#setup;
    const takeOver = streamed.taking(file, flags.append ? undefined : offset, data);
    if (takeOver === undefined) {
      if (flags.append) restorer.beforeAppend(file);
      else restorer.beforeWrite(file, offset, data);
      file.buffer.write(flags.append ? file.buffer.size : this.#placeOf(file, offset), data);
    }
    if (file.pending > MAX_PENDING && isMadeView(file.node)) restorer.restoreTail(file);
    const kept = this.#setup.metadata.stored(file.node);
    this.#modified(file, time, flags.killPrivileges ? withoutPrivileges(kept, request) : kept);
    if (takeOver === undefined) this.#keepBounded(file);
    return takeOver;
  }

  /** Where in a file's buffer the byte at an offset is. @throws ErrnoError EOPNOTSUPP where that is not in it */
  #placeOf(file: OpenFile, offset: number): number {
    const { size, storedSize } = file.buffer;
    if (!file.isTail) return offset;
    const end = this.#setup.reading.size(file.node);
    if (end !== undefined && offset >= end - storedSize && offset <= end - storedSize + size) {
      return offset - (end - storedSize);
    }
    const what = "the middle of a text of so much data cannot be written: append rows, or write all of it";
    throw new ErrnoError(Errno.EOPNOTSUPP, what);
  }

  lseek(request: Request, nodeid: number, handle: number, offset: number, whence: number): number {
    if (handle % 2 === 0) return this.#setup.reading.lseek(request, nodeid, handle / 2, offset, whence);
    const file = this.#file(handle);
    // Of pages that somebody has mapped and written nothing is known yet: they must not be taken for holes.
    if (!file.isTail && (file.writers > 0 || file.hasOwnBytes)) return seek(file.buffer.size, offset, whence);
    return this.#setup.reading.lseek(request, nodeid, 0, offset, whence);
  }

  fallocate(request: Request, handle: number, offset: number, length: number, mode: number): void {
    const file = this.#file(handle);
    const { bsize, bavail } = this.#setup.statistics();
    this.#setup.restorer.beforeResize(file);
    // The length of a text follows from its data.
    if (this.#setup.files.isLarge(file.node)) throw new ErrnoError(Errno.EOPNOTSUPP);
    const time = now();
    const changed = (): void => {
      this.#modified(file, time, afterChange(this.#setup.metadata.stored(file.node), request));
      this.#keepBounded(file);
    };
    fallocate(file, offset, length, mode, bsize * bavail, changed);
    changed();
  }

  /** @returns how many bytes were copied: fewer than asked for where the first file ends, or where it would take long */
  copyFileRange(request: Request, from: FilePlace, to: FilePlace, length: number): number {
    // The kernel then reads and writes by itself.
    if (from.handle % 2 === 0 || this.#setup.files.isLarge(this.#file(from.handle).node)) {
      throw new ErrnoError(Errno.EOPNOTSUPP);
    }
    const step = new Uint8Array(Math.min(length, COPY_STEP));
    let copied = 0;
    while (copied < Math.min(length, MAX_COPY)) {
      const part = step.subarray(0, length - copied);
      const count = this.#file(from.handle).buffer.read(from.offset + copied, part);
      if (count === 0) break;
      const flags = { append: false, killPrivileges: request.uid !== 0 };
      this.write(request, to.handle, to.offset + copied, part.subarray(0, count), flags)?.();
      this.#setup.files.streamed.settle();
      copied += count;
    }
    return copied;
  }

  /**
   * A view that has only been emptied is not stored yet, but by RELEASE or FSYNC: a shell that redirects into it closes one descriptor
   * before anything is written by another, and what comes then may be refused.
   * @throws as `OpenFiles.prepared`
   */
  flush(request: Request, handle: number): void {
    if (handle % 2 === 1 && !isEmptiedOnly(this.#file(handle))) this.sync(request, handle);
  }

  /** @throws as `OpenFiles.prepared` */
  sync(request: Request, handle: number): void {
    if (handle % 2 === 0) return;
    const { files } = this.#setup;
    const file = this.#file(handle);
    files.publish(file, files.prepared(file, request));
  }

  isChanged(handle: number): boolean {
    return handle % 2 === 1 && this.#setup.files.isChanged((handle - 1) / 2);
  }

  release(request: Request, nodeid: number, handle: number): void {
    const { files, metadata, moved, reading, importer, copies } = this.#setup;
    if (handle % 2 === 0) {
      reading.release(request, nodeid, handle / 2);
      return;
    }
    const file = this.#file(handle);
    const isGone = file.isUnlinked && file.handles === 1;
    const prepared = isGone ? undefined : files.prepared(file, request);
    const readHandle = this.#readHandles.get(handle);
    if (readHandle !== undefined) reading.release(request, nodeid, readHandle);
    this.#readHandles.delete(handle);
    const last = isGone ? metadata.of(file.node) : undefined;
    // A view is what the dataset makes of it when nobody has it open any more, and not what was written.
    const isNormalized = !file.isFileNode && (file.hasOwnBytes || file.isTail);
    files.release((handle - 1) / 2, this.#keepRefused, prepared);
    if (isNormalized) this.#setup.notices.changedItself(file.node, true);
    if (last !== undefined) moved.gone(file.node, last);
    else if (!copies.closed(file, reading.nodes.get(nodeid))) importer.closed(file, reading.nodes.get(nodeid));
  }

  /** Cuts a file off, or makes it longer, by whatever name it was asked for. @param open where somebody has it open */
  resize(node: Node, open: OpenFile | undefined, size: number): void {
    if (node.kind === "directory") throw new ErrnoError(Errno.EISDIR);
    if (node.kind !== "file" || !isWritableFile(node)) throw new ErrnoError(Errno.EROFS);
    if (open !== undefined) {
      this.#truncate(open, size);
      return;
    }
    const { files } = this.#setup;
    const handle = files.open(node, true);
    const file = files.byHandle(handle);
    try {
      this.#truncate(file, size);
    } finally {
      files.release(handle, rethrow);
    }
    this.#setup.importer.closed(file, file.node);
  }

  closeAll(): void {
    this.#setup.files.closeAll(this.#keepRefused);
  }

  readonly #keepRefused: Refused = (file, error) => this.#setup.rejected.refused(file, error);

  #opened(request: Request, nodeid: number, { isFileNode }: OpenFile, file: number, flags: number): OpenReply {
    const handle = file * 2 + 1;
    if (isFileNode) return { handle, flags: isForWriting(flags) ? FOPEN_DIRECT_IO : FOPEN_KEEP_CACHE };
    const reading = this.#setup.reading.open(request, nodeid, 0);
    this.#readHandles.set(handle, reading.handle);
    if (isForWriting(flags)) return { handle, flags: FOPEN_DIRECT_IO };
    // A dataset may have been changed by another view since the kernel read pages of this one.
    return { handle, flags: reading.flags & ~FOPEN_KEEP_CACHE };
  }

  #file(handle: number): OpenFile {
    if (handle % 2 === 0) throw new ErrnoError(Errno.EBADF);
    return this.#setup.files.byHandle((handle - 1) / 2);
  }

  #truncate(file: OpenFile, size: number, changed = (kept: PosixMetadata) => kept): void {
    const time = now();
    this.#setup.restorer.beforeResize(file, size);
    if (!this.#setup.files.isLarge(file.node) || file.hasOwnBytes) file.buffer.truncate(size);
    else if (size === 0) file.startAnew();
    else throw new ErrnoError(Errno.EOPNOTSUPP, "a text of so much data cannot be cut off: write all of it");
    this.#modified(file, time, changed(this.#setup.metadata.stored(file.node)));
  }

  #modified(file: OpenFile, time: Timestamp, kept = this.#setup.metadata.stored(file.node)): void {
    // Whose attributes these are has times and permissions of its own.
    if (file.node.view === "attrs.json") return;
    file.metadata = { ...kept, mtime: time, ctime: time };
    file.isChanged = true;
  }

  #keepBounded(file: OpenFile): void {
    this.#setup.live.changed();
    this.#setup.files.keepBounded(file);
  }
}

/** Where the kernel does not say, as it does of WRITE, whether the writer may keep them (CAP_FSETID). */
function afterChange(kept: PosixMetadata, request: Request): PosixMetadata {
  return request.uid === 0 ? kept : withoutPrivileges(kept, request);
}

function isEmptiedOnly({ isFileNode, hasNewBytes, size, node: { view } }: OpenFile): boolean {
  // Of other views no bytes are an error, and told at once.
  return !isFileNode && hasNewBytes && size === 0 && (view === "bin" || view === "txt");
}

function isForWriting(flags: number): boolean {
  return (flags & O_ACCMODE) !== 0;
}
