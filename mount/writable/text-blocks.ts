import { TextIndex } from "../../src/view/text-index.ts";

/** Bytes of a text between two entries of its index, about. */
const BLOCK = 2 ** 18;

/** Where the blocks of a text will be, that is looked through row by row. */
export class TextBlocks {
  readonly #blocks: { count: number; length: number }[] = [];

  /** @param index of the text before these rows @param head bytes before the first row, where there is none */
  constructor(index: TextIndex | undefined, head: number) {
    for (let i = 0; i < (index?.blockCount ?? 0); i++) {
      const { count, length } = index?.block(i) ?? { count: 0, length: 0 };
      this.#blocks.push({ count, length });
    }
    if (index === undefined) this.#blocks.push({ count: 0, length: head });
  }

  /** The next row. @param count its elements @param length its bytes */
  add(count: number, length: number): void {
    const last = this.#blocks.at(-1);
    // What stands before the first row is in the block that begins with it.
    if (last !== undefined && (last.count === 0 || last.length + length <= BLOCK)) {
      last.count += count;
      last.length += length;
    } else this.#blocks.push({ count, length });
  }

  /** Of the whole text. */
  index(): TextIndex {
    const index = new TextIndex(this.#blocks.reduce((sum, { count }) => sum + count, 0));
    for (const { count, length } of this.#blocks) index.append(count, length);
    return index;
  }
}
