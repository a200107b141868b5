/** Bytes of memory that are taken at a time, and at most. */
const PIECE = 2 ** 20;
const MOST = 2 ** 27;

/** Elements that were parsed and are to be written later, in the order in which they were added. */
export class StagedRows {
  readonly #pieces: Uint8Array[] = [];
  #size = 0;

  /** @returns where they are from now on; `undefined`: there is no room for them, and they are not kept */
  add(elements: Uint8Array): number | undefined {
    const start = this.#size;
    if (start + elements.length > MOST) return undefined;
    for (let at = 0; at < elements.length; ) {
      const from = this.#size % PIECE;
      if (from === 0) this.#pieces.push(new Uint8Array(PIECE));
      const part = elements.subarray(at, at + PIECE - from);
      this.#pieces.at(-1)?.set(part, from);
      at += part.length;
      this.#size += part.length;
    }
    return start;
  }

  /** What was added at `start` and after it; not to be written to. */
  bytes(start: number, length: number): Uint8Array {
    const first = Math.floor(start / PIECE);
    const piece = this.#pieces[first];
    if (piece !== undefined && start + length <= (first + 1) * PIECE) {
      return piece.subarray(start - first * PIECE, start - first * PIECE + length);
    }
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      const number = Math.floor((start + at) / PIECE);
      const from = start + at - number * PIECE;
      const part = this.#pieces[number]?.subarray(from, from + length - at) ?? bytes.subarray(at);
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }
}
