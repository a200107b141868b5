import type { EditContext } from "../format/edit-context.ts";

/** Bytes that are gathered before they are written. */
const BLOCK = 2 ** 20;

interface Piece {
  readonly bytes: Uint8Array;
  readonly placed: (address: number) => void;
}

/**
 * Puts pieces of raw data into the file, small ones one behind the other: together they are large enough to be written
 * into the file at once, instead of being kept in memory for the log.
 */
export class RawPacker {
  readonly #edit: EditContext;
  #pieces: Piece[] = [];
  #size = 0;

  constructor(edit: EditContext) {
    this.#edit = edit;
  }

  /** @param placed is called with the piece's address, at the latest by the next `flush` */
  add(bytes: Uint8Array, placed: Piece["placed"]): void {
    this.#pieces.push({ bytes, placed });
    this.#size += bytes.length;
    if (this.#size >= BLOCK) this.flush();
  }

  flush(): void {
    if (this.#size === 0) return;
    const start = this.#edit.allocate(this.#size, "raw");
    const [first] = this.#pieces;
    const isOne = this.#pieces.length === 1 && first !== undefined;
    const block = isOne ? first.bytes : new Uint8Array(this.#size);
    let at = 0;
    for (const { bytes, placed } of this.#pieces) {
      if (!isOne) block.set(bytes, at);
      placed(start + at);
      at += bytes.length;
    }
    this.#edit.write(start, block);
    this.#pieces = [];
    this.#size = 0;
  }
}
