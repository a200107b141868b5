import { FormatError } from "../src/errors.ts";

/** The length of the chunk in 8 bytes and that of a block in 4, both big-endian; before each block, its stored length in 4. */
const HEADER_SIZE = 12;

/** A chunk that is stored as blocks, each by itself: so do the filters lz4 and bitshuffle. */
export class FramedBlocks {
  /** Bytes of the chunk, and of its blocks but the last, when they are decoded. */
  readonly length: number;
  readonly blockSize: number;
  readonly #input: Uint8Array;
  readonly #view: DataView;
  readonly #structure: string;
  #from = HEADER_SIZE;

  /** @param most bytes that the chunk may have @throws FormatError, which names the structure */
  constructor(input: Uint8Array, most: number, structure: string) {
    this.#input = input;
    this.#view = new DataView(input.buffer, input.byteOffset, input.length);
    this.#structure = structure;
    if (input.length < HEADER_SIZE) throw this.damaged(`${input.length} bytes, its header alone takes ${HEADER_SIZE}`);
    this.length = this.#view.getUint32(0) * 2 ** 32 + this.#view.getUint32(4);
    this.blockSize = this.#view.getUint32(8);
    if (this.length > most) throw this.damaged(`decodes to ${this.length} bytes, expected at most ${most}`);
  }

  /** The stored bytes of the next block. */
  next(): Uint8Array {
    if (this.#from + 4 > this.#input.length) throw this.damaged(`ends before its block at ${this.#from}`);
    const stored = this.#view.getUint32(this.#from);
    return this.take(stored, this.#from + 4);
  }

  /** So many bytes as they are. */
  take(count: number, from = this.#from): Uint8Array {
    if (from + count > this.#input.length) throw this.damaged(`${count} bytes at ${from} lie behind its end`);
    this.#from = from + count;
    return this.#input.subarray(from, this.#from);
  }

  damaged(message: string): FormatError {
    return new FormatError(message, { structure: this.#structure });
  }
}
