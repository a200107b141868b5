import { H5Error } from "../errors.ts";
import type { ByteSink } from "../object/text/byte-sink.ts";
import { render, type Text } from "./render.ts";

/** A block is meant to have about so many bytes of text. */
const BLOCK_SIZE = 2 ** 18;

/** Where the text is longer than was guessed, a block ends after so many. */
const MAX_BLOCK_SIZE = 2 ** 19;

/** Memory that most blocks fit in. */
export const BLOCK_MEMORY = BLOCK_SIZE + 2 ** 16;

/** Elements whose text is short are not read beyond so many bytes for one block. */
const MAX_READ_SIZE = 2 ** 23;

/** Consecutive elements and their text: with them the head, if they are the first, and the tail, if they are the last. */
export interface TextBlock {
  readonly count: number;
  /** Bytes of the text. */
  readonly length: number;
  /** The text with a buffer of its own, where it was to be kept. */
  readonly bytes: Uint8Array<ArrayBuffer> | undefined;
}

/** What became of a range of elements; with an error, the blocks end with the last element that has a text. */
export interface RenderedBlocks {
  readonly blocks: readonly TextBlock[];
  readonly error: H5Error | undefined;
}

/**
 * How many elements from `first` on make a block: whole rows, where a block has several.
 * @param textPerElement bytes of text, as the guess is or as those before had
 */
export function blockCountFrom({ format }: Text, first: number, textPerElement: number): number {
  const { elementCount, elementSize, elementsPerRow } = format;
  if (elementCount === 0) return 0;
  const most = Math.min(BLOCK_SIZE / Math.max(1, textPerElement), MAX_READ_SIZE / elementSize);
  let count = Math.max(1, Math.floor(most));
  if (count > elementsPerRow) count -= (first + count) % elementsPerRow;
  return Math.min(Math.max(1, count), elementCount - first);
}

/**
 * Renders a range of elements as one block, or as several where their text is longer than was guessed.
 * @param memory to go on in when a block's text is kept and takes the sink's buffer with it
 */
export function renderBlocks(
  text: Text,
  first: number,
  count: number,
  sink: ByteSink,
  keep: boolean,
  memory?: ArrayBuffer,
): RenderedBlocks {
  const blocks: TextBlock[] = [];
  let spare = memory;
  let start = first;
  const cut = (end: number): void => {
    const { length } = sink;
    blocks.push({
      count: end - start,
      length,
      bytes: keep ? sink.give(spare ?? new ArrayBuffer(BLOCK_MEMORY)) : undefined,
    });
    spare = undefined;
    start = end;
    sink.length = 0;
  };
  sink.length = 0;
  let at = first;
  try {
    for (at of render(text, first, count, sink)) if (sink.length >= MAX_BLOCK_SIZE && at < first + count) cut(at);
    cut(first + count);
    return { blocks, error: undefined };
  } catch (error) {
    if (!(error instanceof H5Error)) throw error;
    if (at > start) cut(at);
    return { blocks, error };
  }
}

/** Renders elements that are known to be one block, and keeps its text. */
export function renderBlock(
  text: Text,
  first: number,
  count: number,
  sink: ByteSink,
  memory = new ArrayBuffer(BLOCK_MEMORY),
): RenderedBlocks {
  sink.length = 0;
  try {
    for (const _ of render(text, first, count, sink));
    const { length } = sink;
    return { blocks: [{ count, length, bytes: sink.give(memory) }], error: undefined };
  } catch (error) {
    if (!(error instanceof H5Error)) throw error;
    return { blocks: [], error };
  }
}
