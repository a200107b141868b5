import type { BlockPlace } from "../src/view/text-index.ts";

/** A READ of a text that waits for blocks: their bytes are gathered as they come. */
export class TextReader {
  readonly unique: number;
  readonly offset: number;
  readonly #bytes: Buffer;
  readonly #got = new Set<number>();
  #end: number;
  #filled = 0;

  constructor(unique: number, offset: number, size: number) {
    this.unique = unique;
    this.offset = offset;
    this.#end = offset + size;
    this.#bytes = Buffer.allocUnsafeSlow(size);
  }

  /** The offset after the last byte wanted. */
  get end(): number {
    return this.#end;
  }

  /** All that it waited for; `undefined` while some is missing. */
  get bytes(): Uint8Array | undefined {
    return this.#filled === this.#end - this.offset ? this.#bytes.subarray(0, this.#filled) : undefined;
  }

  has(block: BlockPlace): boolean {
    return this.#got.has(block.start);
  }

  /** Takes what it wants of a block's bytes. */
  put(block: BlockPlace, bytes: Uint8Array): void {
    const from = Math.max(this.offset, block.start);
    const to = Math.min(this.#end, block.start + block.length);
    if (from >= to || this.has(block)) return;
    this.#bytes.set(bytes.subarray(from - block.start, to - block.start), from - this.offset);
    this.#got.add(block.start);
    this.#filled += to - from;
  }

  /** There is nothing from `end` on, or it cannot be had: what comes before is all that is waited for. */
  endAt(end: number): void {
    this.#end = Math.max(this.offset, Math.min(this.#end, end));
  }
}
