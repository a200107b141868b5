import type { ElementBytes } from "../object/value-bytes.ts";

/** A row of a text view: [from, to) of `bytes`, with its line end where it has one. It is valid until the next is asked for. */
export interface TextRow {
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly to: number;
  /** Where it begins in the text. */
  readonly offset: number;
}

/** Where some rows of a text begin: the number of the first, and the line that it is on, counted from 1. */
export interface RowPart {
  readonly row: number;
  readonly line: number;
}

/** Reads a text view row by row: each can be parsed, or left as it is. */
export interface RowReader {
  /** Elements of a row. */
  readonly elementsPerRow: number;
  /**
   * @param part the text is some rows of one: without a header, and without the brackets of a list
   * @throws H5Error "argument" where it is no such text
   */
  rows(blocks: Iterable<Uint8Array>, part?: RowPart): Generator<TextRow>;
  /** Writes the elements of the row that was given last to `at`, where all bytes are zero. @throws H5Error "argument" that says where it is wrong */
  parse(out: ElementBytes, at: number): void;
}
