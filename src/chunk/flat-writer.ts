import type { EditContext } from "../format/edit-context.ts";
import { LARGE } from "../storage/journal/allocator.ts";
import { fill } from "./copy-range.ts";
import { copyBoxToChunk } from "./copy-selected.ts";
import { type Selection, selectedElementSize, selectorCount } from "./selection.ts";
import type { Storage } from "./stored-data.ts";
import { visitBox } from "./visit-box.ts";

/** What it takes to write data that are not chunked. */
export interface FlatWriterSetup {
  readonly edit: EditContext;
  /** [1] for a scalar. */
  readonly dims: readonly number[];
  readonly elementSize: number;
  /** One element; `undefined` is zeros. */
  readonly fillValue: Uint8Array | undefined;
  readonly storage: Extract<Storage, { kind: "compact" | "contiguous" }>;
  /** Bytes that contiguous data have in the file, used or not. */
  readonly allocated: number;
}

/** Contiguous data are filled, and moved, in pieces of this size. */
const PIECE = 2 ** 20;

/**
 * Published contiguous data of which more bytes than this, or a quarter, are to be overwritten in one transaction move to
 * new space: the log, and memory, would have to hold them all.
 */
const MOST_OVERWRITTEN = 64 * 2 ** 20;

/** Writes the elements of one dataset that is compact or contiguous. */
export class FlatWriter {
  readonly kind = "flat";
  readonly #setup: FlatWriterSetup;
  readonly #size: number;
  /** Compact data. */
  readonly #compact: Uint8Array | undefined;
  #address: number | undefined;
  /** Contiguous data that this transaction has allocated are filled up to here; `undefined`: they were there before. */
  #filled: number | undefined;
  #overwritten = 0;

  constructor(setup: FlatWriterSetup) {
    this.#setup = setup;
    const { storage, dims, elementSize } = setup;
    this.#size = dims.reduce((product, dim) => product * dim, elementSize);
    if (storage.kind === "compact") this.#compact = storage.bytes.slice();
    else this.#address = storage.address;
  }

  /** Another transaction: what there was before is published. */
  begin(): void {
    this.#filled = undefined;
    this.#overwritten = 0;
  }

  /** @param source the selected elements in C order; all of the selection lies inside the dataset */
  write(selection: Selection, source: Uint8Array): void {
    const { dims: chunkDims, elementSize } = this.#setup;
    const scaled = chunkDims.map(() => 0);
    const intervals = selection.selectors.map((selector) => ({ from: 0, to: selectorCount(selector) }));
    const geometry = { chunkDims, elementSize };
    if (this.#compact !== undefined) {
      copyBoxToChunk(selection, geometry, scaled, intervals, source, this.#compact);
      return;
    }
    this.#prepare(source.length);
    const { runs } = selection;
    const size = selectedElementSize(selection);
    visitBox(selection, geometry, scaled, intervals, (at, step, selectedAt, count) => {
      if (size === elementSize && runs.length === 1 && (step === elementSize || count === 1)) {
        this.#put(at, source.subarray(selectedAt, selectedAt + count * size));
        return;
      }
      let from = selectedAt;
      for (let i = 0; i < count; i++) {
        for (const { offset, length } of runs) {
          this.#put(at + i * step + offset, source.subarray(from, from + length));
          from += length;
        }
      }
    });
  }

  /** @param numbers of elements, in C order */
  writeElements(numbers: ArrayLike<number>, source: Uint8Array): void {
    const { elementSize } = this.#setup;
    if (this.#compact === undefined) this.#prepare(source.length);
    for (let i = 0; i < numbers.length; i++) {
      const bytes = source.subarray(i * elementSize, (i + 1) * elementSize);
      const at = (numbers[i] ?? 0) * elementSize;
      if (this.#compact === undefined) this.#put(at, bytes);
      else this.#compact.set(bytes, at);
    }
  }

  /** Gives contiguous data their place in the file. */
  allocate(): void {
    if (this.#compact === undefined && this.#size > 0) this.#prepare(0);
  }

  /** Of contiguous data; `undefined`: they have no place in the file. */
  get address(): number | undefined {
    return this.#address;
  }

  /** Compact data, for the layout message. */
  get compact(): Uint8Array | undefined {
    return this.#compact;
  }

  /** All that was written is in its place; compact data are the caller's to put there. */
  flush(): void {
    if (this.#filled !== undefined) this.#fillTo(this.#size);
  }

  /** Makes sure that `length` bytes may be overwritten. */
  #prepare(length: number): void {
    const { edit } = this.#setup;
    if (this.#address === undefined) {
      this.#address = edit.allocate(this.#size, "raw");
      this.#filled = 0;
      return;
    }
    if (this.#filled !== undefined) return;
    this.#overwritten += length;
    if (this.#overwritten <= Math.max(LARGE, Math.min(MOST_OVERWRITTEN, this.#size / 4))) return;
    const old = this.#address;
    this.#address = edit.allocate(this.#size, "raw");
    for (let at = 0; at < this.#size; at += PIECE) {
      const piece = edit.context.space.read(old + at, Math.min(PIECE, this.#size - at), "contiguous data");
      edit.write(this.#address + at, piece);
    }
    edit.free(old, this.#setup.allocated);
    this.#filled = this.#size;
  }

  #put(at: number, bytes: Uint8Array): void {
    if (this.#filled !== undefined) {
      this.#fillTo(at);
      this.#filled = Math.max(this.#filled, at + bytes.length);
    }
    this.#setup.edit.write((this.#address ?? 0) + at, bytes);
  }

  /** Data are mostly written from their beginning to their end: only what is passed over is filled. */
  #fillTo(end: number): void {
    const { edit, fillValue, elementSize } = this.#setup;
    let at = this.#filled ?? end;
    while (at < end) {
      const piece = new Uint8Array(Math.min(PIECE, end - at));
      fill(piece, 0, piece.length, fillValue, at % elementSize);
      edit.write((this.#address ?? 0) + at, piece);
      at += piece.length;
    }
    if (this.#filled !== undefined) this.#filled = at;
  }
}
