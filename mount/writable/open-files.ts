import { RangeReader } from "../../src/chunk/read-range.ts";
import { H5Error } from "../../src/errors.ts";
import type { Dataset } from "../../src/object/dataset.ts";
import { datasetAt } from "../../src/object/dataset-at.ts";
import { releaseObject } from "../../src/object/unlink.ts";
import type { FileTransaction } from "../../src/object/writable-file.ts";
import { contentOf } from "../../src/tree/content.ts";
import { cacheName } from "../../src/tree/element-source.ts";
import type { FileNode } from "../../src/tree/node.ts";
import type { PosixMetadata } from "../../src/tree/posix-metadata.ts";
import { isMadeView } from "../../src/tree/shown-as.ts";
import type { TextIndex } from "../../src/view/text-index.ts";
import { Errno, ErrnoError, errnoOf } from "../errno.ts";
import { applyAttributes } from "./attributes-store.ts";
import { storeFile } from "./chunked-store.ts";
import { now } from "./clock.ts";
import { BLOCK, FileBuffer, type StoredBytes } from "./file-buffer.ts";
import type { LiveFile } from "./live-file.ts";
import { isBare } from "./names.ts";
import type { PosixStore } from "./posix-store.ts";
import { applyText, isText, rowsOf, type TextEdit, textEdit } from "./text-edit.ts";
import type { ViewNotices } from "./view-notices.ts";
import { applyView } from "./view-store.ts";
import type { WholeTexts } from "./whole-texts.ts";

/** A file whose buffer takes so much memory is stored, whoever has it open. */
const MAX_BUFFER = 8 * 2 ** 20;

/** Bytes of a view that are kept in memory until it is closed. */
const MAX_VIEW = 2 ** 28;

/** All buffers together. */
const MAX_BUFFERS = 32 * 2 ** 20;

function inMemory(bytes: Uint8Array): StoredBytes {
  return { size: bytes.length, read: (offset, target) => target.set(bytes.subarray(offset, offset + target.length)) };
}

const NOTHING = inMemory(new Uint8Array(0));

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

/** A file that somebody has open: a file node, or a dataset under a view. */
export class OpenFile {
  #node: FileNode;
  #isFileNode: boolean;
  /** What is newer than what the file has. */
  metadata: PosixMetadata | undefined;
  handles = 0;
  /** How many of them write. */
  writers = 0;
  /** It was made or written since it was opened first. */
  isChanged = false;
  /** No link leads to it any more: it goes with its last handle. */
  isUnlinked = false;
  /** It never had a name, and may be given one: linkat(2) of what O_TMPFILE has made. */
  isUnnamed = false;
  /** The dataset was changed by another view since what is buffered was begun to be written. */
  isOvertaken = false;
  #buffer: FileBuffer | undefined;
  #after: number | undefined;
  #isKept = false;
  readonly #stored: (node: FileNode) => Stored;

  constructor(node: FileNode, stored: (node: FileNode) => Stored) {
    this.#node = node;
    this.#isFileNode = isBare(node);
    this.#stored = stored;
  }

  get node(): FileNode {
    return this.#node;
  }

  /** Whether its bytes are all that the dataset is. */
  get isFileNode(): boolean {
    return this.#isFileNode;
  }

  /** Whether any part of what was written can be stored without the rest, and reads back as it is; else it is a view, stored as a whole. */
  get isStoredByParts(): boolean {
    return this.isFileNode || (isMadeView(this.#node) && this.#after === undefined);
  }

  /** It has another name. */
  moved(node: FileNode): void {
    this.#node = node;
  }

  /** It is a file node now, with the bytes that it had. */
  became(node: FileNode): void {
    this.#node = node;
    this.#isFileNode = true;
    this.#forget();
  }

  #forget(): void {
    this.#buffer = undefined;
    this.#after = undefined;
    this.#isKept = false;
  }

  /** Made when something is first written, or its size is asked for. @throws H5Error where its bytes cannot be read */
  get buffer(): FileBuffer {
    if (this.#buffer === undefined) {
      const stored = this.#stored(this.#node);
      this.#buffer = new FileBuffer(stored);
      this.#after = stored.after;
    }
    return this.#buffer;
  }

  /** After how many rows of the dataset the buffer's bytes come, which is then not all of the view; `undefined`: it is. */
  get after(): number | undefined {
    return this.#buffer === undefined ? undefined : this.#after;
  }

  /** Whether the buffer has only what comes after the text that is there, of which there is too much. */
  get isTail(): boolean {
    return this.#after !== undefined;
  }

  /** Bytes that come after the text that is stored. */
  get pending(): number {
    return this.#buffer === undefined || !this.isTail ? 0 : this.#buffer.size - this.#buffer.storedSize;
  }

  /** The text that is there goes: whatever is written is all of it. */
  startAnew(): void {
    this.#forget();
    // Other than what is stored, though there is nothing in it.
    this.#buffer = new FileBuffer({ size: 1, read: (_offset, target) => target.fill(0) });
    this.#buffer.truncate(0);
  }

  /** What comes after the text that is stored, which is not in the buffer any more. */
  takePending(): Uint8Array {
    const bytes = this.buffer.bytes().subarray(this.buffer.storedSize);
    this.#forget();
    return bytes;
  }

  /** Its size, where that may be another than what is stored. */
  get size(): number | undefined {
    return this.isFileNode || this.hasOwnBytes ? this.#buffer?.size : undefined;
  }

  get memory(): number {
    return this.#buffer?.memory ?? 0;
  }

  /** @throws ErrnoError EFBIG where no more can be kept until it is closed */
  checkRoom(): void {
    if (!this.isStoredByParts && this.memory > MAX_VIEW) {
      throw new ErrnoError(Errno.EFBIG, "the view is too large to be edited");
    }
  }

  get hasNewBytes(): boolean {
    return this.#buffer?.isDirty === true;
  }

  get isDirty(): boolean {
    return this.metadata !== undefined || this.hasNewBytes;
  }

  /** Whether its readers see what was written, and not what is stored. */
  get hasOwnBytes(): boolean {
    return !this.isTail && (this.hasNewBytes || this.#isKept);
  }

  /**
   * What was buffered is stored. A view's bytes stay as they were written as long as it is open: who goes on writing it goes on
   * behind them, and not behind what the dataset makes of them.
   * @param isExact the dataset makes the same bytes of them
   */
  stored(isExact: boolean): void {
    this.metadata = undefined;
    this.isOvertaken = false;
    if (this.#buffer === undefined || isExact || this.handles === 0) this.#forget();
    else if (this.#buffer.isDirty) {
      this.#buffer.stored(inMemory(this.#buffer.bytes()));
      this.#isKept = true;
    }
  }

  /** The dataset is about to be changed by another view. */
  beforeOvertaking(): void {
    if (!this.hasNewBytes || this.isFileNode) return;
    this.#buffer?.keepBefore();
    this.isOvertaken = true;
  }

  /** The dataset has been changed by another view: who reads this one sees that, and who has written it is told when it is stored. */
  overtaken(): void {
    if (!this.hasNewBytes) this.#forget();
  }
}

/** What a view of a file begins with to be written. */
interface Stored extends StoredBytes {
  /** The bytes are only what comes after so many rows. */
  readonly after?: number;
}

/** What is known of the texts of views. */
export interface TextIndexes {
  get(node: FileNode): TextIndex | undefined;
  set(node: FileNode, index: TextIndex): void;
}

/** What was written into a file cannot be stored, and will be forgotten. */
export type Refused = (file: OpenFile, error: unknown) => void;

/** Whoever closes the file is told. */
export function rethrow(_file: OpenFile, error: unknown): never {
  throw error;
}

/** The files that are open, by the keys of their nodes, and their handles. */
export class OpenFiles {
  readonly #live: LiveFile;
  readonly #reader = new RangeReader("native", 2 ** 22);
  readonly #texts: WholeTexts;
  readonly #notices: ViewNotices;
  /** Of what was last written into an object, by its address, why it was refused. */
  readonly problems = new Map<number, string>();
  /** Where the blocks of texts are. */
  indexes: TextIndexes = { get: () => undefined, set: () => undefined };
  /** Makes a file of a table that is open and to which no row has been added. */
  unfit: (file: OpenFile) => void = () => undefined;
  readonly #store: PosixStore;
  readonly #files = new Map<string, OpenFile>();
  readonly #handles = new Map<number, { readonly file: OpenFile; readonly isWriting: boolean }>();
  #next = 1;

  constructor(live: LiveFile, texts: WholeTexts, store: PosixStore, notices: ViewNotices) {
    this.#live = live;
    this.#texts = texts;
    this.#store = store;
    this.#notices = notices;
  }

  get(node: FileNode): OpenFile | undefined {
    return this.#files.get(node.key);
  }

  /** Those that show the object at an address, in any view. */
  ofObject(address: number): OpenFile[] {
    return [...this.#files.values()].filter(({ node }) => node.address === address);
  }

  /** What was opened. */
  *nodes(): Generator<FileNode> {
    for (const { node } of this.#files.values()) yield node;
  }

  /** @throws ErrnoError where there is no such handle */
  byHandle(handle: number): OpenFile {
    return this.#handle(handle).file;
  }

  #handle(handle: number) {
    const known = this.#handles.get(handle);
    if (known === undefined) throw new ErrnoError(Errno.EBADF);
    return known;
  }

  /** Whether so many bytes more fit into the buffers, so that nothing need be stored. */
  hasRoom(handle: number, length: number): boolean {
    const file = this.#handles.get(handle)?.file;
    // A write touches a block more than it fills.
    const taken = length + 2 * BLOCK;
    return file !== undefined && file.memory + taken <= MAX_BUFFER && this.#memory() + taken <= MAX_BUFFERS;
  }

  /** Whether to publish or close it would change what is stored. */
  isChanged(handle: number): boolean {
    const file = this.#handles.get(handle)?.file;
    return file !== undefined && (file.isDirty || file.isUnlinked);
  }

  open(node: FileNode, isWriting: boolean): number {
    let file = this.#files.get(node.key);
    if (file === undefined) {
      file = new OpenFile(node, (present) => this.#storedBytes(present));
      this.#files.set(node.key, file);
    }
    file.handles++;
    if (isWriting) file.writers++;
    const handle = this.#next++;
    this.#handles.set(handle, { file, isWriting });
    return handle;
  }

  /**
   * Publishes what the file has; an unlinked one is freed with its last handle.
   * @param refused called where that cannot be published, and nobody else has the file open: it is closed all the same
   */
  release(handle: number, refused: Refused): void {
    const { file, isWriting } = this.#handle(handle);
    this.#handles.delete(handle);
    file.handles--;
    if (isWriting) file.writers--;
    try {
      this.publish(file);
    } catch (error) {
      // Else it is tried again when the next one closes it.
      if (file.handles === 0 || errnoOf(error) === undefined) refused(file, error);
    } finally {
      if (file.handles === 0) this.#close(file);
    }
  }

  /** What is open by that key was renamed. */
  moved(key: string, node: FileNode): void {
    if (key === node.key) this.#files.get(key)?.moved(node);
  }

  /** What was open as `before` is `node` now. */
  became(before: FileNode, node: FileNode): void {
    const file = this.#files.get(before.key);
    if (file === undefined) return;
    this.#files.delete(before.key);
    this.#files.set(node.key, file);
    file.became(node);
  }

  /** What is newer than what the file has, or what it has. */
  metadata(node: FileNode): PosixMetadata | undefined {
    return this.get(node)?.metadata ?? this.#store.read(node.object);
  }

  /** The mount ends: everything is published, or refused, and what has no name is freed. */
  closeAll(refused: Refused): void {
    for (const file of [...this.#files.values()]) {
      file.handles = 0;
      try {
        this.publish(file);
        this.#close(file);
      } catch (error) {
        refused(file, error);
      }
    }
    this.#handles.clear();
  }

  /** To be called after each change of a buffer. */
  keepBounded(changed: OpenFile): void {
    // A view is stored as a whole when it is closed: half of it may be no view.
    if (changed.isStoredByParts && changed.memory > MAX_BUFFER) this.publish(changed);
    if (this.#memory() > MAX_BUFFERS) this.publishFileNodes();
  }

  #memory(): number {
    let sum = 0;
    for (const file of this.#files.values()) sum += file.memory;
    return sum;
  }

  /** Makes the file's bytes and metadata survive the death of this process. @throws H5Error: they stay in memory */
  publish(file: OpenFile): void {
    // Of a file that goes with its last handle nothing need be kept but what memory has no room for.
    if (!file.isDirty || (file.isUnlinked && file.handles === 0)) return;
    const { node, metadata } = file;
    const others = file.hasNewBytes ? this.ofObject(node.address).filter((other) => other !== file) : [];
    for (const other of others) other.beforeOvertaking();
    const known = file.isTail ? this.indexes.get(node) : undefined;
    let index: TextIndex | undefined;
    const isStored = this.#attempt(file, (transaction) => {
      if (node.view === "attrs.json") {
        applyAttributes(transaction, node.object, file.buffer.bytes());
        const kept = this.#store.read(transaction.file.object(node.address)) ?? NO_METADATA;
        this.#store.write(transaction, node.address, { ...kept, ctime: now() });
        return;
      }
      if (file.hasNewBytes) {
        const dataset = datasetAt(this.#live.file, node.address);
        if (file.isFileNode) storeFile(transaction, dataset, file.buffer.change());
        else if (file.isTail || this.isLarge(node)) {
          index = applyText(transaction, this.#edit(file, dataset), file.isOvertaken, known);
        } else
          applyView(transaction, {
            node,
            dataset,
            buffer: file.buffer,
            isOvertaken: file.isOvertaken,
            oldText: () => this.#texts.bytes(node),
          });
      }
      if (metadata !== undefined) this.#store.write(transaction, node.address, metadata);
    });
    if (!isStored) return;
    if (index !== undefined) this.indexes.set(node, index);
    this.#notices.changed(node, file.hasNewBytes);
    for (const other of others) other.overtaken();
    if (file.hasNewBytes) this.problems.delete(node.address);
    file.stored(!file.hasNewBytes || this.#isExact(file));
  }

  /** @returns false: what comes after the rows of a table is none, and the table is a file again, which has been stored */
  #attempt(file: OpenFile, change: (transaction: FileTransaction) => void): boolean {
    try {
      this.#live.transaction(change);
      return true;
    } catch (error) {
      // Whatever is wrong with it: the disk has taken what it was given.
      const isRefused = error instanceof H5Error ? error.kind !== "io" : errnoOf(error) === Errno.EFBIG;
      if (!isRefused || !file.isTail || !isMadeView(file.node)) throw error;
    }
    this.unfit(file);
    this.publish(file);
    return false;
  }

  /** Whether a view's text is too much to be made as a whole: it is edited by rows. */
  isLarge(node: FileNode): boolean {
    return isText(node) && !this.#texts.isSmall(node);
  }

  #edit({ node, buffer, after }: OpenFile, dataset: Dataset): TextEdit {
    const read = (offset: number, length: number): Uint8Array => {
      const bytes = new Uint8Array(length);
      buffer.read(offset, bytes);
      return bytes;
    };
    return textEdit(node, dataset, { size: buffer.size, read }, after, isMadeView(node));
  }

  /** As `replaceView`, with the bytes of a file, however many. @returns where the blocks of the text are then, where that is known */
  replaceText(transaction: FileTransaction, node: FileNode, file: FileNode): TextIndex | undefined {
    const { size, read } = this.#storedBytes(file);
    const text = {
      size,
      read: (offset: number, length: number): Uint8Array => {
        const bytes = new Uint8Array(length);
        read(offset, bytes);
        return bytes;
      },
    };
    for (const open of this.ofObject(node.address)) open.beforeOvertaking();
    const dataset = datasetAt(this.#live.file, node.address);
    return applyText(transaction, textEdit(node, dataset, text, undefined, true), false, undefined);
  }

  /** The elements have been replaced through `replaceView`, and that is published. */
  replaced(node: FileNode, index?: TextIndex): void {
    if (index !== undefined) this.indexes.set(node, index);
    for (const file of this.ofObject(node.address)) file.overtaken();
    this.problems.delete(node.address);
  }

  /** Whether the file's bytes are what its view has for them now that they are stored. */
  #isExact({ node, isFileNode, buffer }: OpenFile): boolean {
    if (isFileNode) return true;
    const content = contentOf(node);
    if (content.kind !== "stored" || content.size !== buffer.size) return false;
    const start = new Uint8Array(content.header.length);
    buffer.read(0, start);
    return Buffer.compare(start, content.header) === 0;
  }

  /** Bytes of a file as it is now. */
  size(node: FileNode): number {
    return this.get(node)?.size ?? this.#storedBytes(node).size;
  }

  /** All bytes of a file as they are now. */
  bytes(node: FileNode): Uint8Array {
    return (this.get(node)?.buffer ?? new FileBuffer(this.#storedBytes(node))).bytes();
  }

  /**
   * Gives a dataset the elements that `bytes` are under its view.
   * @throws H5Error, ErrnoError where they are no such view, or would not read back as the same bytes
   */
  replaceView(transaction: FileTransaction, node: FileNode, bytes: Uint8Array): void {
    const buffer = new FileBuffer(inMemory(new Uint8Array(0)));
    buffer.write(0, bytes);
    const dataset = datasetAt(this.#live.file, node.address);
    for (const file of this.ofObject(node.address)) file.beforeOvertaking();
    applyView(transaction, { node, dataset, buffer, oldText: () => this.#texts.bytes(node), isOvertaken: false });
    // What was changed is read through the transaction, which has it in its place then.
    if (transaction.file !== this.#live.file) throw new TypeError("a transaction is of the mounted file");
    const stored = this.#storedBytes(node);
    const after = new Uint8Array(stored.size);
    if (stored.size === bytes.length) stored.read(0, after);
    if (Buffer.compare(after, bytes) !== 0) {
      throw new H5Error("argument", "the dataset would not read back as the same bytes");
    }
  }

  /**
   * What programs have written and not closed, as far as it can be stored by parts.
   * @throws H5Error the first failure, after all others are published
   */
  publishFileNodes(): void {
    let failure: { readonly error: unknown } | undefined;
    for (const file of this.#files.values()) {
      try {
        if (file.isStoredByParts) this.publish(file);
      } catch (error) {
        failure ??= { error };
      }
    }
    if (failure !== undefined) throw failure.error;
  }

  #close(file: OpenFile): void {
    this.#files.delete(file.node.key);
    if (!file.isUnlinked || this.ofObject(file.node.address).length > 0) return;
    this.#live.transaction((transaction) => releaseObject(transaction, file.node.address));
  }

  #storedBytes(node: FileNode): Stored {
    const { address, view } = node;
    if (this.isLarge(node)) return { ...NOTHING, after: rowsOf(node, datasetAt(this.#live.file, address)) };
    if (view !== "bin" && view !== "npy") return inMemory(this.#texts.bytes(node));
    const content = contentOf(node);
    if (content.kind !== "stored") throw new TypeError("bin and npy are stored");
    const { header, size } = content;
    return {
      size,
      read: (offset, target) => {
        const start = header.subarray(offset, offset + target.length);
        target.set(start);
        const rest = target.subarray(start.length);
        if (rest.length === 0) return;
        const dataset = datasetAt(this.#live.file, address);
        const from = offset + start.length - header.length;
        // Another view may have made it shorter: what was written here is refused then, when it is to be stored.
        const there = Math.max(0, Math.min(rest.length, dataset.elementCount * dataset.elementSize - from));
        if (there > 0) this.#reader.readInto(dataset, cacheName(dataset), from, rest.subarray(0, there));
        rest.fill(0, there);
      },
    };
  }
}
