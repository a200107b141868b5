import type { FileTransaction } from "../../src/object/writable-file.ts";
import type { FileNode } from "../../src/tree/node.ts";
import type { PosixMetadata } from "../../src/tree/posix-metadata.ts";
import { isCopiedView, isMadeView } from "../../src/tree/shown-as.ts";
import { Errno, ErrnoError } from "../errno.ts";
import { type BufferedChange, FileBuffer, inMemory, type StoredBytes } from "./file-buffer.ts";
import type { MadeFile } from "./file-maker.ts";
import { isBare } from "./names.ts";

/** Bytes of a view that are kept in memory until it is closed. */
export const MAX_VIEW = 2 ** 28;

/** Bytes in memory after which a view is stored. */
const MAX_BUFFER = 8 * 2 ** 20;

/** As much of a file as shows that it is a large one; of one that was written at many places, until more of what belongs together is there. */
const MAX_IN_ORDER = 4 * 2 ** 20;
const MAX_SCATTERED = 32 * 2 ** 20;

/** What makes a file of which the HDF5 file has nothing yet. */
export interface Creation {
  /** Makes it. @param size bytes that it will have @param change what it has now; `undefined`: nothing */
  make(
    transaction: FileTransaction,
    size: number,
    metadata: PosixMetadata,
    change: BufferedChange | undefined,
  ): MadeFile;
  /** Gives it its name. */
  link(transaction: FileTransaction): void;
  /** Around the transaction that does this. */
  during(change: () => void): void;
  /** All that is published. */
  made(): void;
}

/** What a view of a file begins with to be written. */
export interface Stored extends StoredBytes {
  /** The bytes are only what comes after so many rows. */
  readonly after?: number;
}

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
  /** Why bytes that somebody has written are not there any more: whoever stores the file next is told. */
  lost: unknown;
  #creation: Creation | undefined;
  #buffer: FileBuffer | undefined;
  #after: number | undefined;
  #isKept = false;
  #isWhole = false;
  readonly #stored: (node: FileNode) => Stored;

  /** @param known of a new file, what makes it; "file node": it is one */
  constructor(node: FileNode, stored: (node: FileNode) => Stored, known?: Creation | "file node") {
    this.#node = node;
    this.#creation = known === "file node" ? undefined : known;
    this.#isFileNode = known !== undefined || isBare(node);
    if (this.isNew) this.#buffer = new FileBuffer(inMemory(new Uint8Array(0)));
    this.#stored = stored;
  }

  /** The HDF5 file has nothing of it yet. */
  get isNew(): boolean {
    return this.#creation !== undefined;
  }

  get creation(): Creation | undefined {
    return this.#creation;
  }

  /** The HDF5 file has it now. */
  made(): void {
    this.#creation?.made();
    this.#creation = undefined;
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
    return this.isFileNode || (isMadeView(this.#node) && !isCopiedView(this.#node) && this.#after === undefined);
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

  /** Whether all of it has been written since it was opened first: there was nothing in it then, or that was cut off. */
  get isWhole(): boolean {
    this.#isWhole ||= !this.isTail && this.#buffer?.isAnew === true;
    return this.#isWhole;
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

  /** Of more, it is stored, whoever has it open. */
  get mostMemory(): number {
    if (!this.isFileNode) return MAX_BUFFER;
    return this.buffer.isScattered ? MAX_SCATTERED : MAX_IN_ORDER;
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
    if (this.#buffer === undefined || isExact || this.handles === 0) {
      this.#buffer?.release();
      this.#forget();
    } else if (this.#buffer.isDirty) {
      this.#buffer.stored(inMemory(this.#buffer.bytes()));
      this.#isKept = true;
    }
  }

  /** A part of it was stored past the buffer, which has nothing new. */
  storedByPiece(): void {
    this.#forget();
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
