/** Blocks that follow each other are stored together, cut at multiples of this: what a large file's chunks have. */
export const PIECE = 2 ** 20;

/** So many pieces that are not used are kept: to get new ones costs as much as to fill them. */
const MAX_FREE = 8;
const free: Uint8Array[] = [];

/**
 * Where the blocks of one buffer lie: side by side those that are asked for one after the other, in pieces of memory each of which is
 * as large as all before it, and at most as far as a piece of the file goes.
 */
export class BlockMemory {
  /** Of PIECE bytes each. */
  readonly #whole: Uint8Array[] = [];
  #piece: Uint8Array = new Uint8Array(0);
  #taken = 0;
  #all = 0;

  /** Memory with whatever there was before in it. @param offset of the bytes in the file */
  take(length: number, offset: number): Uint8Array {
    if (this.#taken + length > this.#piece.length) {
      this.#piece = this.#next(Math.max(length, Math.min(PIECE - (offset % PIECE), this.#all)));
      this.#all += this.#piece.length;
      this.#taken = 0;
    }
    this.#taken += length;
    return this.#piece.subarray(this.#taken - length, this.#taken);
  }

  /** Nobody uses it any more. */
  release(): void {
    for (const piece of this.#whole.splice(0)) if (free.length < MAX_FREE) free.push(piece);
    this.#piece = new Uint8Array(0);
    this.#taken = 0;
    this.#all = 0;
  }

  #next(length: number): Uint8Array {
    if (length !== PIECE) return Buffer.allocUnsafeSlow(length);
    const piece = free.pop() ?? new Uint8Array(new ArrayBuffer(PIECE));
    this.#whole.push(piece);
    return piece;
  }
}
