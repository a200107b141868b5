import { H5Error } from "../../src/errors.ts";
import { placeChunk, resizeDataset } from "../../src/object/write-dataset.ts";
import { LARGE } from "../../src/storage/journal/allocator.ts";
import type { EarlyExtent } from "../../src/storage/journal/early-extents.ts";
import { PIECE } from "./block-memory.ts";
import type { ClosedFiles, StoredFile } from "./closed-files.ts";
import type { LiveFile } from "./live-file.ts";
import type { OpenFile } from "./open-file.ts";
import type { ViewNotices } from "./view-notices.ts";

/** So many pieces become parts of their file together. */
const MAX_PIECES = 32;

/** A large file that is written on and on. Its pieces, in order, are in the HDF5 file, and chunks of it when they are stored. */
interface Stream {
  readonly file: OpenFile;
  /** As it is stored. */
  known: StoredFile;
  /** Where the first piece begins in the file, and where the next byte goes. */
  start: number;
  end: number;
  /** The last may be full in part. */
  pieces: EarlyExtent[];
}

/**
 * Takes what is appended to large files, as `cp` does, out of the memory that it came in, and when its writer has its answer: on
 * another processor that makes ready what comes next meanwhile.
 */
export class StreamedWrites {
  readonly #live: LiveFile;
  readonly #closed: ClosedFiles;
  readonly #notices: ViewNotices;
  #stream: Stream | undefined;

  constructor(live: LiveFile, closed: ClosedFiles, notices: ViewNotices) {
    this.#live = live;
    this.#closed = closed;
    this.#notices = notices;
  }

  /**
   * What takes such bytes over; before anything else is done with any file, `settle` is to be called.
   * @param offset `undefined`: the end of the file
   * @returns `undefined`: they are no such, and all is settled
   * @throws H5Error where what the file has cannot be read
   */
  taking(file: OpenFile, offset: number | undefined, data: Uint8Array): (() => void) | undefined {
    const present = this.#stream;
    if (present !== undefined && file === present.file && (offset ?? present.end) === present.end) {
      return () => this.#takeAll(present, [data]);
    }
    this.settle();
    if (data.length < LARGE || !file.isFileNode || file.isNew || file.hasNewBytes || this.#live.isHeld)
      return undefined;
    const known = this.#closed.of(file.node);
    if (known?.chunks.length !== PIECE || !known.chunks.arePlain || (offset ?? known.size) !== known.size)
      return undefined;
    // A piece that has a part of the file already becomes another one.
    const head = new Uint8Array(known.size % PIECE);
    const start = known.size - head.length;
    file.buffer.read(start, head);
    const stream = { file, known, start, end: start, pieces: [] };
    return () => {
      this.#stream = stream;
      this.#takeAll(stream, [head, data]);
    };
  }

  /** Their writer has its answer: of an error whoever stores the file next is told. */
  #takeAll(stream: Stream, parts: readonly Uint8Array[]): void {
    try {
      for (const part of parts) this.#take(stream, part);
    } catch (error) {
      stream.file.lost = error;
      throw error;
    }
  }

  #take(stream: Stream, data: Uint8Array): void {
    for (let at = 0; at < data.length; ) {
      const rest = data.subarray(at);
      const length = this.#stream === stream ? this.#attempt(() => this.#append(stream, rest)) : undefined;
      if (length === undefined) {
        this.settle();
        stream.file.buffer.write(stream.end, rest);
        stream.end += rest.length;
        return;
      }
      stream.end += length;
      at += length;
      const isFull = stream.end % PIECE === 0 && stream.pieces.length === MAX_PIECES;
      if (isFull && !this.#storePieces(stream)) this.#end(stream, false);
    }
  }

  /** @returns how many of the bytes are in the last piece then; `undefined`: there is no place for it */
  #append(stream: Stream, bytes: Uint8Array): number | undefined {
    let last = stream.pieces.at(-1);
    if (last === undefined || last.filled === PIECE) {
      last = this.#live.reserveEarly(PIECE);
      if (last === undefined) return undefined;
      stream.pieces.push(last);
    }
    const part = bytes.subarray(0, PIECE - last.filled);
    last.append(part);
    return part.length;
  }

  /** All that was taken over is stored, or in the file's buffer. */
  settle(): void {
    if (this.#stream !== undefined) this.#end(this.#stream, true);
  }

  /** @param isStoring whether the pieces that are full are to be stored; else they, too, go into the buffer */
  #end(stream: Stream, isStoring: boolean): void {
    this.#stream = undefined;
    this.#live.hasEarly = false;
    const { file, pieces } = stream;
    try {
      const last = pieces.at(-1);
      const rest = last === undefined || last.filled === PIECE ? undefined : pieces.pop()?.drop();
      const isStored = isStoring && this.#storePieces(stream);
      if (!isStored) for (const piece of pieces) this.#keep(stream, piece.drop());
      if (rest !== undefined) this.#keep(stream, rest);
    } catch (error) {
      file.lost = error;
    }
    // What is in the buffer is to be stored soon.
    this.#live.changed();
  }

  /** Bytes that come next in the file go into its buffer; the first of them may be stored. */
  #keep(stream: Stream, bytes: Uint8Array): void {
    const isStored = Math.max(0, stream.known.size - stream.start);
    stream.file.buffer.write(stream.start + isStored, bytes.subarray(isStored));
    stream.start += bytes.length;
  }

  /** All pieces, which are full, become chunks of the file. @returns false: the disk does not take that */
  #storePieces(stream: Stream): boolean {
    this.#live.hasEarly = false;
    const { file, known, start, pieces } = stream;
    if (pieces.length === 0) return true;
    const { node } = file;
    const size = start + pieces.length * PIECE;
    const isStored = this.#attempt(() => {
      this.#live.transaction((transaction) => {
        resizeDataset(transaction, node.address, [size]);
        for (const [i, piece] of pieces.entries()) {
          const chunk = { address: transaction.adopt(piece), length: PIECE };
          placeChunk(transaction, node.address, [start / PIECE + i], chunk);
        }
      });
      return true;
    });
    if (isStored !== true) return false;
    this.#closed.stored(node, { ...known, size, lastBlock: undefined, patch: undefined });
    stream.known = { ...known, size };
    stream.start = size;
    stream.pieces = [];
    this.#notices.changed(node, true);
    file.storedByPiece();
    return true;
  }

  /** What the disk does not take stays in memory: whoever writes on, or closes the file, tries it again, and is told. */
  #attempt<T>(store: () => T): T | undefined {
    try {
      return store();
    } catch (error) {
      if (error instanceof H5Error) return undefined;
      throw error;
    }
  }
}
