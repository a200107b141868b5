/** Blocks that follow each other are stored together, cut at multiples of this: what a large file's chunks have. */
export const PIECE = 2 ** 20;

/** What most programs write at random places is this or several of it: then nothing around it need be read, or stored. */
export const BLOCK = 2 ** 12;

/** So many pieces, of each length, that are not used are kept: to get new ones costs as much as to fill them. */
const MAX_FREE = 8;
const free = new Map<number, Uint8Array[]>([
  [BLOCK, []],
  [PIECE, []],
]);

/**
 * Where the blocks of one buffer lie: side by side those that are asked for one after the other, in pieces of memory each of which is
 * as large as all before it, and at most as far as a piece of the file goes.
 */
export class BlockMemory {
  /** Those that others can use. */
  readonly #kept: Uint8Array[] = [];
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
    for (const piece of this.#kept.splice(0)) {
      const others = free.get(piece.length);
      if (others !== undefined && others.length < MAX_FREE) others.push(piece);
    }
    this.#piece = new Uint8Array(0);
    this.#taken = 0;
    this.#all = 0;
  }

  #next(length: number): Uint8Array {
    // No Buffer, whose slice() is no copy: the memory is used again.
    const piece = free.get(length)?.pop() ?? new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
    if (free.has(length)) this.#kept.push(piece);
    return piece;
  }
}
