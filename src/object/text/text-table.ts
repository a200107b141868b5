/** Texts that are written again and again, each known by a small number. */
export class TextTable {
  /** The texts one after the other, each in whole words. */
  #words = new Uint32Array(64);
  #wordCount = 0;
  /** Where a text begins, in words, plus one; 0 where there is none yet. */
  readonly #starts: Int32Array;
  readonly #lengths: Int32Array;

  /** Numbers from 0 to `size` - 1. */
  constructor(size: number) {
    this.#starts = new Int32Array(size);
    this.#lengths = new Int32Array(size);
  }

  has(key: number): boolean {
    return (this.#starts[key] ?? 0) > 0;
  }

  set(key: number, text: Uint8Array): void {
    const count = (text.length + 3) >> 2;
    const start = this.#wordCount;
    if (start + count > this.#words.length) {
      const larger = new Uint32Array((start + count) * 2);
      larger.set(this.#words);
      this.#words = larger;
    }
    for (let i = 0; i < text.length; i++) {
      const word = start + (i >> 2);
      this.#words[word] = (this.#words[word] ?? 0) | ((text[i] ?? 0) << (8 * (i & 3)));
    }
    this.#wordCount += count;
    this.#starts[key] = start + 1;
    this.#lengths[key] = text.length;
  }

  /** Writes a text that is there, and up to three bytes after it. Returns the position after the text. */
  put(key: number, out: DataView, to: number): number {
    const words = this.#words;
    let from = (this.#starts[key] ?? 0) - 1;
    const end = to + (this.#lengths[key] ?? 0);
    for (let at = to; at < end; at += 4) out.setUint32(at, words[from++] ?? 0, true);
    return end;
  }
}
