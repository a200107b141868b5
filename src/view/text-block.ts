import { H5Error } from "../errors.ts";
import type { ByteSink } from "../object/text/byte-sink.ts";
import { render, type Text } from "./render.ts";

/** A block is meant to have about so many bytes of text. */
const BLOCK_SIZE = 2 ** 18;

/** Where the text is longer than was guessed, a block ends after so many. */
const MAX_BLOCK_SIZE = 2 ** 19;

/** Elements whose text is short are not read beyond so many bytes for one block. */
const MAX_READ_SIZE = 2 ** 23;

/** Consecutive elements and their text: with them the head, if they are the first, and the tail, if they are the last. */
export interface TextBlock {
  readonly count: number;
  /** Bytes of the text. */
  readonly length: number;
  /** The text, where it was to be kept. */
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
  const most = Math.min(BLOCK_SIZE / Math.max(1, textPerElement), MAX_READ_SIZE / elementSize);
  let count = Math.max(1, Math.floor(most));
  if (count > elementsPerRow) count -= (first + count) % elementsPerRow;
  return Math.min(Math.max(1, count), elementCount - first);
}

/** Renders a range of elements as one block, or as several where their text is longer than was guessed. */
export function renderBlocks(text: Text, first: number, count: number, sink: ByteSink, keep: boolean): RenderedBlocks {
  const blocks: TextBlock[] = [];
  let start = first;
  const cut = (end: number): void => {
    blocks.push({ count: end - start, length: sink.length, bytes: keep ? sink.take() : undefined });
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

/** Renders one block that is known to be one. */
export function renderBlock(text: Text, first: number, count: number, sink: ByteSink): RenderedBlocks {
  sink.length = 0;
  try {
    for (const _ of render(text, first, count, sink));
    return { blocks: [{ count, length: sink.length, bytes: sink.take() }], error: undefined };
  } catch (error) {
    if (!(error instanceof H5Error)) throw error;
    return { blocks: [], error };
  }
}
