import { piecesOfFile } from "../changed-pages.ts";
import { PageCache } from "../page-cache.ts";
import type { Piece } from "../storage.ts";
import type { DiskFile } from "./disk.ts";
import { type CheckpointedFile, PAGE_SIZE, PageOverlay, pagesOf } from "./page-overlay.ts";

const FEW_PAGES = 2 * PAGE_SIZE;

/** A file's bytes, the pages that were changed since the last checkpoint over those that the file itself has. */
export class OverlaidFile implements CheckpointedFile {
  readonly overlay: PageOverlay;
  readonly #file: DiskFile;
  #pages: PageCache;
  #fileSize: number;

  constructor(file: DiskFile) {
    this.#file = file;
    this.#fileSize = file.size();
    this.overlay = new PageOverlay(this);
    this.#pages = this.#newPageCache();
  }

  /** Bytes of the file itself. */
  get fileSize(): number {
    return this.#fileSize;
  }

  read(offset: number, length: number): Uint8Array {
    const first = Math.floor(offset / PAGE_SIZE);
    const start = offset - first * PAGE_SIZE;
    if (start + length <= PAGE_SIZE) {
      return this.overlay.share(first)?.subarray(start, start + length) ?? this.#pages.read(offset, length);
    }
    if (!this.overlay.touches(offset, length)) return this.#pages.read(offset, length);
    const out = new Uint8Array(length);
    for (const { page, from, at, length: n } of pagesOf(offset, length)) {
      const changed = this.overlay.now(page);
      out.set(
        changed === undefined ? this.#pages.read(page * PAGE_SIZE + from, n) : changed.subarray(from, from + n),
        at,
      );
    }
    return out;
  }

  /** The bytes that the file itself has. */
  readThrough(offset: number, length: number): Uint8Array {
    return this.#pages.read(offset, length);
  }

  /** Where the bytes are: in the file, or in memory. */
  pieces(offset: number, length: number): Piece[] {
    const { fd } = this.#file;
    const pieces: Piece[] = [];
    let unchanged = 0;
    const addUnchanged = (end: number): void => {
      pieces.push(...piecesOfFile(fd, this.#fileSize, end - unchanged, unchanged));
      unchanged = 0;
    };
    if (!this.overlay.touches(offset, length)) return piecesOfFile(fd, this.#fileSize, offset, length);
    for (const { page, from, length: n } of pagesOf(offset, length)) {
      const changed = this.overlay.share(page);
      if (changed === undefined) {
        unchanged += n;
        continue;
      }
      addUnchanged(page * PAGE_SIZE + from);
      pieces.push({ bytes: changed.subarray(from, from + n) });
    }
    addUnchanged(offset + length);
    return pieces;
  }

  /** Writes into the file itself. */
  writeThrough(bytes: Uint8Array, offset: number): void {
    let isWritten = false;
    try {
      this.#file.write([bytes], offset);
      isWritten = true;
    } finally {
      // On a full disk a part may have been written.
      this.#fileSize = Math.max(this.#fileSize, isWritten ? offset + bytes.length : this.#file.size());
      this.#pages.forget(offset, bytes.length);
    }
  }

  /** Cuts the file itself. */
  truncate(size: number): void {
    this.#file.truncate(size);
    this.#fileSize = size;
    this.#pages.forget(size, Number.POSITIVE_INFINITY);
  }

  /** A checkpoint has written the changed pages into the file. */
  applied(): void {
    this.overlay.clear();
    this.#pages = this.#newPageCache();
  }

  /** Small structures lie close together, so that what was read for one has the next, too. */
  readBase(target: Uint8Array, offset: number): void {
    if (target.length <= FEW_PAGES) target.set(this.#pages.read(offset, target.length));
    else this.#readPadded(target, offset);
  }

  #newPageCache(): PageCache {
    return new PageCache((target, offset) => this.#readPadded(target, offset), Number.POSITIVE_INFINITY);
  }

  /** Zeros past the end of the file. */
  #readPadded(target: Uint8Array, offset: number): void {
    const available = Math.max(0, Math.min(target.length, this.#fileSize - offset));
    if (available > 0) this.#file.read(target.subarray(0, available), offset);
    target.fill(0, available);
  }
}
