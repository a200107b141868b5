import { H5Error } from "../src/errors.ts";
import type { TextDescription } from "../src/tree/open-text.ts";
import type { Text } from "../src/view/render.ts";
import { blockCountFrom } from "../src/view/text-block.ts";
import { type BlockPlace, TextIndex } from "../src/view/text-index.ts";
import type { ElementRange, Rendered } from "./job.ts";
import type { TextMemory } from "./text-memory.ts";
import { TextReader } from "./text-reader.ts";

/** Who waits for a text, answered. */
export interface TextAnswers {
  size(unique: number, size: number): void;
  /** The parts are their receiver's only until it returns. */
  data(unique: number, parts: readonly Uint8Array[]): void;
  failure(unique: number, error: H5Error): void;
}

/**
 * One text that is measured and rendered block by block: its index, who waits for what, and which elements a worker is to
 * render next. It goes no further than somebody waits for; what is measured stays so.
 */
export class TextProgress {
  readonly key: string;
  /** How a worker finds the text; another one that leads to the same text may take its place. */
  description: TextDescription;
  readonly #text: Text;
  readonly #memory: TextMemory;
  readonly #answers: TextAnswers;
  #index: TextIndex;
  readonly #sizeWaiters = new Set<number>();
  readonly #readers = new Map<number, TextReader>();
  /** Blocks of the index whose text is wanted, and those a worker has, by first element. */
  readonly #wanted = new Map<number, BlockPlace>();
  readonly #rendering = new Map<number, BlockPlace>();
  /** The elements before this one are measured, or a worker has them. */
  #scheduled = 0;
  readonly #measuring = new Set<number>();
  /** Results that came before those of earlier elements, by first element. */
  readonly #early = new Map<number, Rendered>();
  /** Raised at a failure: measurements that were begun before it are void. */
  #attempt = 0;
  /** Up to this offset the text is wanted although nobody waits for it yet. */
  #ahead = 0;
  #failure: H5Error | undefined;

  constructor(key: string, description: TextDescription, text: Text, memory: TextMemory, answers: TextAnswers) {
    this.key = key;
    this.description = description;
    this.#text = text;
    this.#memory = memory;
    this.#answers = answers;
    this.#index = text.known?.index() ?? new TextIndex(text.format.elementCount);
  }

  get index(): TextIndex {
    return this.#index;
  }

  /** Takes over a complete index that was made before. */
  restore(index: TextIndex): void {
    this.#index = index;
  }

  /** Bytes; `undefined` as long as it is not known. */
  get size(): number | undefined {
    return this.#index.isComplete ? this.#index.length : undefined;
  }

  /** Why the last attempt to go on failed. */
  get failure(): H5Error | undefined {
    return this.#failure;
  }

  get isSizeAwaited(): boolean {
    return this.#sizeWaiters.size > 0;
  }

  get isRead(): boolean {
    return this.#readers.size > 0;
  }

  /** Nobody waits for anything, and no worker has a piece. */
  get isIdle(): boolean {
    return !this.isRead && !this.isSizeAwaited && this.#rendering.size === 0 && this.#measuring.size === 0;
  }

  /** Rows measured, and rows in all. */
  get rows(): { readonly done: number; readonly total: number } {
    const { elementCount, elementsPerRow } = this.#text.format;
    const perRow = Math.max(1, elementsPerRow);
    return { done: Math.floor(this.#index.frontier / perRow), total: Math.ceil(elementCount / perRow) };
  }

  awaitSize(unique: number): void {
    this.#sizeWaiters.add(unique);
  }

  /**
   * The bytes, all being at hand; else `undefined`, and `answers` will be told them. They are fewer than `size` only at the
   * end of the text, and before an element that cannot be read.
   */
  read(unique: number, offset: number, size: number): readonly Uint8Array[] | undefined {
    const reader = new TextReader(unique, offset, size);
    this.#gather(reader);
    if (!reader.isComplete) {
      this.#readers.set(unique, reader);
      return undefined;
    }
    this.#dismiss(reader);
    return reader.parts();
  }

  /** Has the text of [from, end) made before it is asked for. */
  readAhead(from: number, end: number): void {
    this.#ahead = Math.max(this.#ahead, end);
    for (const block of this.#blocks(from, end)) {
      if (this.#memory.get(this.#nameOf(block)) === undefined) this.#want(block);
    }
  }

  /** Nobody waits for the answer to this request any more. */
  cancel(unique: number): void {
    this.#sizeWaiters.delete(unique);
    const reader = this.#readers.get(unique);
    if (reader !== undefined) this.#dismiss(reader);
    if (this.#readers.size === 0) this.#wanted.clear();
  }

  /** The elements to be rendered next; `undefined`: nothing more is wanted, or a worker has all that is. */
  next(): ElementRange | undefined {
    for (const [first, block] of this.#wanted) {
      this.#wanted.delete(first);
      this.#rendering.set(first, block);
      return { first, count: block.count, isBlock: true, keep: true, attempt: this.#attempt };
    }
    if (this.#index.isComplete || this.#isAllScheduled()) return undefined;
    const textPerElement = this.#textPerElement();
    const offset = this.#index.length + (this.#scheduled - this.#index.frontier) * textPerElement;
    const readGoal = this.#readGoal();
    if (offset >= readGoal && !this.isSizeAwaited) return undefined;
    const first = this.#scheduled;
    const count = blockCountFrom(this.#text, first, textPerElement);
    this.#scheduled += count;
    this.#measuring.add(first);
    // What is measured is often read next, from its beginning.
    const keep = offset < Math.max(this.#memory.capacity / 2, readGoal);
    return { first, count, isBlock: false, keep, attempt: this.#attempt };
  }

  /** A worker is done with a range that `next` gave. */
  accept(result: Rendered): void {
    if (result.range.isBlock) this.#acceptBlock(result);
    else if (result.range.attempt === this.#attempt) this.#acceptMeasured(result);
  }

  #acceptBlock({ range, blocks: [rendered], error }: Rendered): void {
    const block = this.#rendering.get(range.first);
    this.#rendering.delete(range.first);
    if (block === undefined) return;
    if (error === undefined && rendered?.bytes !== undefined && rendered.length === block.length) {
      this.#keep(block, rendered.bytes);
    } else {
      const why = new H5Error(
        error?.kind ?? "io",
        error?.message ?? `${this.description.object.path}: its text is not what it was when it was measured`,
      );
      this.#failure = why;
      this.#failReaders(why, (reader) => reader.offset < block.start + block.length && block.start < reader.end);
    }
    this.#settle();
  }

  #acceptMeasured(result: Rendered): void {
    this.#measuring.delete(result.range.first);
    this.#early.set(result.range.first, result);
    for (;;) {
      const next = this.#early.get(this.#index.frontier);
      if (next === undefined) break;
      this.#early.delete(next.range.first);
      for (const { count, length, bytes } of next.blocks) {
        const block = { first: this.#index.frontier, count, start: this.#index.length, length };
        this.#index.append(count, length);
        if (bytes !== undefined) this.#keep(block, bytes);
        this.#failure = undefined;
      }
      if (next.error !== undefined) this.#fail(new H5Error(next.error.kind, next.error.message));
    }
    this.#settle();
  }

  /** The elements at the frontier have no text: whoever waits for more than what is before them is told so. */
  #fail(error: H5Error): void {
    this.#failure = error;
    this.#attempt++;
    this.#scheduled = this.#index.frontier;
    this.#ahead = 0;
    this.#measuring.clear();
    this.#early.clear();
    for (const unique of this.#sizeWaiters) this.#answers.failure(unique, error);
    this.#sizeWaiters.clear();
    const measured = this.#index.length;
    // A short answer makes the reader ask for what follows, and that fails.
    for (const reader of this.#readers.values()) if (reader.offset < measured) reader.endAt(measured);
    this.#failReaders(error, (reader) => reader.end > measured);
  }

  #failReaders(error: H5Error, isHit: (reader: TextReader) => boolean): void {
    for (const reader of this.#readers.values()) {
      if (!isHit(reader)) continue;
      this.#dismiss(reader);
      this.#answers.failure(reader.unique, error);
    }
  }

  #keep(block: BlockPlace, bytes: Uint8Array<ArrayBuffer>): void {
    const text = this.#memory.keep(this.#nameOf(block), bytes);
    for (const reader of this.#readers.values()) if (reader.take(block, text)) this.#memory.hold(text);
  }

  /** Answers those who have what they waited for. */
  #settle(): void {
    const { size } = this;
    if (size !== undefined) {
      for (const unique of this.#sizeWaiters) this.#answers.size(unique, size);
      this.#sizeWaiters.clear();
    }
    for (const reader of this.#readers.values()) {
      this.#gather(reader);
      if (!reader.isComplete) continue;
      this.#answers.data(reader.unique, reader.parts());
      this.#dismiss(reader);
    }
  }

  /** Gives the reader what is at hand, and has a worker make the rest of what is measured. */
  #gather(reader: TextReader): void {
    if (this.size !== undefined) reader.endAt(this.size);
    for (const block of this.#blocks(reader.offset, reader.end)) {
      if (reader.has(block)) continue;
      const text = this.#memory.get(this.#nameOf(block));
      if (text === undefined) this.#want(block);
      else if (reader.take(block, text)) this.#memory.hold(text);
    }
  }

  #dismiss(reader: TextReader): void {
    this.#readers.delete(reader.unique);
    for (const text of reader.held) this.#memory.release(text);
  }

  #nameOf(block: BlockPlace): string {
    return `${this.key}/${block.first}`;
  }

  /** The measured blocks with any of the bytes [from, end). */
  *#blocks(from: number, end: number): Generator<BlockPlace> {
    const to = Math.min(end, this.#index.length);
    if (from >= to) return;
    for (let i = this.#index.blockAt(from); i < this.#index.blockCount; i++) {
      const block = this.#index.block(i);
      if (block.start >= to) return;
      yield block;
    }
  }

  #want(block: BlockPlace): void {
    if (!this.#rendering.has(block.first)) this.#wanted.set(block.first, block);
  }

  #isAllScheduled(): boolean {
    const { elementCount } = this.#text.format;
    return this.#scheduled >= elementCount && (elementCount > 0 || this.#measuring.size > 0);
  }

  #readGoal(): number {
    let goal = this.#ahead;
    for (const reader of this.#readers.values()) goal = Math.max(goal, reader.end);
    return goal;
  }

  /** As the measured elements have it, or as guessed. */
  #textPerElement(): number {
    const { frontier, length } = this.#index;
    return frontier === 0 ? this.#text.textPerElement : length / frontier;
  }
}
