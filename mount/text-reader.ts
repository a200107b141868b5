import type { BlockPlace } from "../src/view/text-index.ts";
import type { KeptText } from "./text-memory.ts";

/** A READ of a text that waits for blocks: it holds those it has got. */
export class TextReader {
  readonly unique: number;
  readonly offset: number;
  #end: number;
  /** By where they start in the text. */
  readonly #held = new Map<number, KeptText>();
  #filled = 0;

  constructor(unique: number, offset: number, size: number) {
    this.unique = unique;
    this.offset = offset;
    this.#end = offset + size;
  }

  /** The offset after the last byte wanted. */
  get end(): number {
    return this.#end;
  }

  get held(): Iterable<KeptText> {
    return this.#held.values();
  }

  /** Whether it has got all that it waited for. */
  get isComplete(): boolean {
    return this.#filled === this.#end - this.offset;
  }

  has(block: BlockPlace): boolean {
    return this.#held.has(block.start);
  }

  /** True where it wanted any of the block's bytes, and now holds them. */
  take(block: BlockPlace, text: KeptText): boolean {
    const wanted = Math.min(this.#end, block.start + block.length) - Math.max(this.offset, block.start);
    if (wanted <= 0 || this.has(block)) return false;
    this.#held.set(block.start, text);
    this.#filled += wanted;
    return true;
  }

  /** There is nothing from `end` on, or it cannot be had: what comes before is all that is waited for. */
  endAt(end: number): void {
    this.#end = Math.max(this.offset, Math.min(this.#end, end));
  }

  /** What was asked for, in order. */
  parts(): Uint8Array[] {
    return [...this.#held]
      .sort(([a], [b]) => a - b)
      .map(([start, { bytes }]) =>
        bytes.subarray(Math.max(0, this.offset - start), Math.min(bytes.length, this.#end - start)),
      );
  }
}
