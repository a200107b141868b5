import type { EncodedChunks } from "../../src/chunk/encoded-chunks.ts";
import { H5Error } from "../../src/errors.ts";
import type { Dataset } from "../../src/object/dataset.ts";
import { datasetAt } from "../../src/object/dataset-at.ts";
import { releaseObject } from "../../src/object/unlink.ts";
import type { FileTransaction } from "../../src/object/writable-file.ts";
import { contentOf } from "../../src/tree/content.ts";
import type { FileNode } from "../../src/tree/node.ts";
import { NO_METADATA, type PosixMetadata } from "../../src/tree/posix-metadata.ts";
import { isCopiedView, isMadeView } from "../../src/tree/shown-as.ts";
import type { TextIndex } from "../../src/view/text-index.ts";
import { Errno, ErrnoError, errnoOf } from "../errno.ts";
import type { Request } from "../filesystem.ts";
import { applyAttributes } from "./attributes-store.ts";
import { BLOCK } from "./block-memory.ts";
import { NO_CHUNKS, storeFile, storeInChunks } from "./chunked-store.ts";
import { now } from "./clock.ts";
import { ClosedFiles, type StoredFile } from "./closed-files.ts";
import { type ComparedText, renamedText, type TextIndexes, writtenText } from "./compared-text.ts";
import { FileBuffer, inMemory } from "./file-buffer.ts";
import type { MadeFile } from "./file-maker.ts";
import { patchFile } from "./file-patch.ts";
import { announcedShape, hasHeader, storablePart, storePart } from "./large-view.ts";
import type { LiveFile } from "./live-file.ts";
import { type Creation, MAX_VIEW, OpenFile } from "./open-file.ts";
import type { PosixStore } from "./posix-store.ts";
import { preparedChunks } from "./prepared-chunks.ts";
import { changeOf, chunksOf, type Prepared, type PreparedText, preparedText } from "./prepared-text.ts";
import { markIndexes, reshape } from "./reshape.ts";
import { isEditedByRows, isLargeText, StoredFiles } from "./stored-files.ts";
import { StreamedWrites } from "./streamed-writes.ts";
import { applyText, isText } from "./text-edit.ts";
import type { ViewNotices } from "./view-notices.ts";
import { applyView } from "./view-store.ts";
import type { WholeTexts } from "./whole-texts.ts";

/** All buffers together. */
const MAX_BUFFERS = 64 * 2 ** 20;

/** What was written into a file cannot be stored, and will be forgotten. */
export type Refused = (file: OpenFile, error: unknown) => void;

/** Whoever closes the file is told. */
export function rethrow(_file: OpenFile, error: unknown): never {
  throw error;
}

/** The files that are open, by the keys of their nodes, and their handles. */
export class OpenFiles {
  readonly #live: LiveFile;
  readonly #texts: WholeTexts;
  readonly #notices: ViewNotices;
  /** Of what was last written into an object, by its address, why it was refused. */
  readonly problems = new Map<number, string>();
  /** Where the blocks of texts are. */
  indexes: TextIndexes = { get: () => undefined, set: () => undefined };
  /** Makes a file of a table that is open and to which no row has been added. */
  unfit: (file: OpenFile) => void = () => undefined;
  readonly streamed: StreamedWrites;
  readonly #store: PosixStore;
  readonly #closed: ClosedFiles;
  readonly #stored: StoredFiles;
  readonly #files = new Map<string, OpenFile>();
  readonly #handles = new Map<number, { readonly file: OpenFile; readonly isWriting: boolean }>();
  #next = 1;

  constructor(live: LiveFile, texts: WholeTexts, store: PosixStore, notices: ViewNotices) {
    this.#live = live;
    this.#closed = new ClosedFiles(live);
    this.#stored = new StoredFiles(live, texts, this.#closed);
    this.streamed = new StreamedWrites(live, this.#closed, notices);
    this.#texts = texts;
    this.#store = store;
    this.#notices = notices;
  }

  /** Whether it is known for a file node that can be written, without a look at it. */
  isKnownFile(node: FileNode): boolean {
    return this.get(node)?.isFileNode ?? this.#closed.of(node) !== undefined;
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
    return file !== undefined && file.memory + taken <= file.mostMemory && this.#memory() + taken <= MAX_BUFFERS;
  }

  /** Whether to publish or close it would change what is stored. */
  isChanged(handle: number): boolean {
    const file = this.#handles.get(handle)?.file;
    return file !== undefined && (file.isDirty || file.isUnlinked);
  }

  open(node: FileNode, isWriting: boolean): number {
    let file = this.#files.get(node.key);
    if (file === undefined) {
      const kind = this.#closed.of(node) === undefined ? undefined : "file node";
      file = new OpenFile(node, (present) => this.#stored.of(present), kind);
      this.#files.set(node.key, file);
    }
    file.handles++;
    if (isWriting) file.writers++;
    const handle = this.#next++;
    this.#handles.set(handle, { file, isWriting });
    return handle;
  }

  /** A file that is to be made when it is published, or by `make`; it is to be opened. */
  addNew(node: FileNode, metadata: PosixMetadata, creation: Creation): OpenFile {
    const file = new OpenFile(node, (present) => this.#stored.of(present), creation);
    file.metadata = metadata;
    file.isChanged = true;
    this.#files.set(node.key, file);
    return file;
  }

  /** Makes a new file, without its bytes. @throws H5Error */
  make(file: OpenFile): void {
    const { creation, metadata } = file;
    if (creation === undefined || metadata === undefined) return;
    const make = (transaction: FileTransaction): void => {
      creation.make(transaction, file.buffer.size, metadata, undefined);
      creation.link(transaction);
    };
    creation.during(() => this.#live.transaction(make));
    file.made();
    if (!file.hasNewBytes) file.stored(true);
  }

  /**
   * Publishes what the file has; an unlinked one is freed with its last handle.
   * @param refused called where that cannot be published, and nobody else has the file open: it is closed all the same
   * @param prepared as `publish` has it
   */
  release(handle: number, refused: Refused, prepared?: Prepared): void {
    const { file, isWriting } = this.#handle(handle);
    this.#handles.delete(handle);
    file.handles--;
    if (isWriting) file.writers--;
    try {
      this.publish(file, prepared);
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
    return this.get(node)?.metadata ?? this.#closed.of(node)?.metadata ?? this.#store.read(node.object);
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
    if (changed.memory > changed.mostMemory) {
      if (changed.isStoredByParts) this.publish(changed);
      else this.#storeLarge(changed);
    }
    if (this.#memory() > MAX_BUFFERS) this.publishFileNodes();
  }

  /** An array that is too large to be kept until it is closed is stored as it is written, element by element. */
  #storeLarge(file: OpenFile): void {
    const { node, buffer } = file;
    const { object, view } = node;
    if (object.kind !== "dataset" || (view !== "npy" && view !== "bin")) return;
    if (file.isWhole) this.#reshapeLarge(file);
    const dataset = datasetAt(this.#live.file, node.address);
    if (dataset.elementSize * dataset.elementCount <= MAX_VIEW || !hasHeader(node, dataset, buffer)) return;
    if (buffer.isInPlace) {
      this.publish(file);
      return;
    }
    const part = storablePart(node, dataset, buffer);
    if (part === undefined) return;
    this.#overtake(file, (transaction) => storePart(transaction, node, dataset, buffer, part));
    buffer.storedTo(part.to);
  }

  /** The dataset becomes what the header of a large array says that comes now. */
  #reshapeLarge(file: OpenFile): void {
    const { node, buffer } = file;
    const dataset = datasetAt(this.#live.file, node.address);
    const shape = announcedShape(node, dataset, buffer);
    if (shape === undefined) return;
    const { dims, datatype = dataset.datatype } = shape;
    if (dims.reduce((product, dim) => product * dim, datatype.size) <= MAX_VIEW) return;
    this.#overtake(file, (transaction) => {
      markIndexes(transaction, node);
      reshape(transaction, dataset, shape);
    });
    buffer.storedAnew(this.#stored.of(node));
  }

  /** Changes the dataset that a file shows, before the file is stored as a whole. */
  #overtake(file: OpenFile, change: (transaction: FileTransaction) => void): void {
    const { node } = file;
    const others = this.ofObject(node.address).filter((other) => other !== file);
    for (const other of others) other.beforeOvertaking();
    this.#live.transaction(change);
    this.#notices.changed(node, true);
    for (const other of others) other.overtaken();
  }

  #memory(): number {
    let sum = 0;
    for (const file of this.#files.values()) sum += file.memory;
    return sum;
  }

  /**
   * Before `publish`: the part of it that changes nothing, where that is long.
   * @throws Preparing where it is to be done while others are answered
   */
  prepared(file: OpenFile, request: Request): Prepared | undefined {
    const { view, address } = file.node;
    if (file.isOvertaken || !file.hasNewBytes || file.isFileNode) return undefined;
    try {
      if (this.#isByRows(file)) return preparedText(this.#written(file), request);
      if (view !== "npy" && view !== "bin") return undefined;
      return preparedChunks(datasetAt(this.#live.file, address), file, request);
    } catch (error) {
      // `publish` finds the same.
      if (error instanceof H5Error) return undefined;
      throw error;
    }
  }

  /**
   * Makes the file's bytes and metadata survive the death of this process.
   * @param prepared what `prepared` has given just now
   * @throws H5Error: they stay in memory
   */
  publish(file: OpenFile, prepared?: Prepared): void {
    // Of a file that goes with its last handle nothing need be kept but what memory has no room for.
    const { lost } = file;
    file.lost = undefined;
    if (lost !== undefined) throw lost;
    if (!file.isDirty || (file.isUnlinked && file.handles === 0)) return;
    const { node, metadata } = file;
    const others = file.hasNewBytes ? this.ofObject(node.address).filter((other) => other !== file) : [];
    for (const other of others) other.beforeOvertaking();
    const { creation } = file;
    const written = file.hasNewBytes && this.#isByRows(file) ? this.#written(file) : undefined;
    let index: TextIndex | undefined;
    const known = this.#closed.of(node);
    let made: MadeFile = { chunks: known?.chunks ?? NO_CHUNKS, patch: undefined };
    const store = (transaction: FileTransaction): void => {
      if (creation !== undefined && metadata !== undefined) {
        const { buffer, hasNewBytes } = file;
        const change = hasNewBytes ? buffer.change() : undefined;
        made = creation.make(transaction, buffer.size, metadata, change);
        creation.link(transaction);
        return;
      }
      if (known !== undefined) {
        made = { ...made, patch: patchFile(transaction, file, known) };
        if (made.patch !== undefined) return;
      }
      if (node.view === "attrs.json") {
        this.#live.settingsChanged();
        applyAttributes(transaction, node.object, file.buffer.bytes());
        const kept = this.#store.read(transaction.file.object(node.address)) ?? NO_METADATA;
        this.#store.write(transaction, node.address, { ...kept, ctime: now() });
        return;
      }
      if (file.hasNewBytes) {
        const { buffer, isOvertaken, isWhole } = file;
        const dataset = (): Dataset => datasetAt(this.#live.file, node.address);
        const oldText = (): Uint8Array => this.#texts.bytes(node);
        if (file.isFileNode) {
          const change = buffer.change("filled");
          if (buffer.size <= made.chunks.reach) storeInChunks(transaction, node.address, change);
          else made = { ...made, chunks: storeFile(transaction, dataset(), change) };
        } else if (written !== undefined) {
          index = applyText(transaction, written.edit, isOvertaken, () => changeOf(written, prepared));
        } else {
          const bytes = isCopiedView(node) && (isText(node) || isWhole) ? buffer.bytes() : undefined;
          applyView(transaction, { node, dataset: dataset(), buffer, isOvertaken, isWhole, oldText });
          if (bytes !== undefined) this.#mustReadBack(transaction, node, bytes);
        }
      }
      if (metadata !== undefined) this.#store.write(transaction, node.address, metadata);
    };
    if (creation !== undefined) creation.during(() => this.#live.transaction(store));
    else if (!this.#attempt(file, store, chunksOf(prepared))) return;
    if (index !== undefined) this.indexes.set(node, index);
    file.made();
    if (metadata !== undefined) this.#remember(file, { ...made, metadata }, known);
    this.#notices.changed(node, file.hasNewBytes);
    for (const other of others) other.overtaken();
    if (file.hasNewBytes) this.problems.delete(node.address);
    file.stored(!file.hasNewBytes || this.#isExact(file));
  }

  /** What whoever opens it next need not have decoded. */
  #remember(file: OpenFile, made: MadeFile & Pick<StoredFile, "metadata">, known: StoredFile | undefined): void {
    if (!file.isFileNode || !this.#store.isKept) return;
    if (file.hasNewBytes) {
      const { buffer } = file;
      // Most files are not added to: where one was stored again, it may be.
      const lastBlock = known === undefined ? undefined : buffer.lastBlock;
      this.#closed.stored(file.node, { ...made, size: buffer.size, lastBlock });
    } else if (known !== undefined) {
      this.#closed.stored(file.node, { ...known, ...made });
    }
  }

  /** @returns false: what was written does not fit what was made from a file, which is a file again, and has been stored */
  #attempt(file: OpenFile, change: (transaction: FileTransaction) => void, chunks?: EncodedChunks): boolean {
    try {
      this.#live.transaction(change, chunks);
      return true;
    } catch (error) {
      // Whatever is wrong with it: the disk has taken what it was given.
      const isRefused = error instanceof H5Error ? error.kind !== "io" : errnoOf(error) === Errno.EFBIG;
      if (!isRefused || !(file.isTail ? isMadeView(file.node) : isCopiedView(file.node))) throw error;
    }
    this.unfit(file);
    this.publish(file);
    return false;
  }

  /** Whether what was written is a text that is compared row by row. */
  #isByRows({ node, buffer, isFileNode, isTail, isOvertaken }: OpenFile): boolean {
    if (isFileNode) return false;
    // Of what others have changed, element by element is looked at what each has changed.
    return isTail || (isOvertaken ? this.isLarge(node) : isEditedByRows(node, buffer.size, this.#texts));
  }

  /** Whether the bytes of a file become rows of a dataset, by `replaceText`. */
  becomesRows(node: FileNode, file: FileNode): boolean {
    return isEditedByRows(node, this.#stored.of(file).size, this.#texts);
  }

  #written(file: OpenFile): ComparedText {
    return writtenText(this.#live, file, file.isTail ? this.indexes.get(file.node) : undefined);
  }

  /** Whether a view's text is too much to be made as a whole: it is edited by rows. */
  isLarge(node: FileNode): boolean {
    return isLargeText(node, this.#texts);
  }

  #renamed(node: FileNode, file: FileNode): ComparedText {
    const isOpen = (): boolean => this.ofObject(file.address).length > 0;
    return renamedText(this.#live, node, { file, stored: this.#stored.of(file), isOpen });
  }

  /** Before `replaceText`, as `prepared`. */
  preparedOver(node: FileNode, file: FileNode, request: Request): PreparedText | undefined {
    return preparedText(this.#renamed(node, file), request);
  }

  /**
   * As `replaceView`, with the bytes of a file, however many.
   * @param prepared what `preparedOver` has given just now
   * @returns where the blocks of the text are then, where that is known
   */
  replaceText(
    transaction: FileTransaction,
    node: FileNode,
    file: FileNode,
    prepared: PreparedText | undefined,
  ): TextIndex | undefined {
    for (const open of this.ofObject(node.address)) open.beforeOvertaking();
    const renamed = this.#renamed(node, file);
    return applyText(transaction, renamed.edit, false, () => changeOf(renamed, prepared));
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
    return this.get(node)?.size ?? this.#stored.of(node).size;
  }

  /** All bytes of a file as they are now. */
  bytes(node: FileNode): Uint8Array {
    return (this.get(node)?.buffer ?? new FileBuffer(this.#stored.of(node))).bytes();
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
    const change = { node, dataset, buffer, isOvertaken: false, isWhole: true };
    applyView(transaction, { ...change, oldText: () => this.#texts.bytes(node) });
    this.#mustReadBack(transaction, node, bytes);
  }

  /** What was changed is read through the transaction, which has it in its place then. @throws H5Error where it is not those bytes */
  #mustReadBack(transaction: FileTransaction, node: FileNode, bytes: Uint8Array): void {
    if (transaction.file !== this.#live.file) throw new TypeError("a transaction is of the mounted file");
    if (!this.#stored.are(node, bytes)) throw new H5Error("argument", "it would not read back as the same bytes");
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
    // Its bytes could not be stored: a name takes nearly no space.
    if (file.isNew) this.make(file);
    if (!file.isUnlinked || this.ofObject(file.node.address).length > 0) return;
    this.#live.transaction((transaction) => releaseObject(transaction, file.node.address));
  }
}
