import type { ByteSink } from "../object/text/byte-sink.ts";
import type { ElementBytes } from "../object/value-bytes.ts";

/** Elements on a line of a text that has a row on each: those along the last dimension; of a list, one. */
export function elementsOnLine(dims: readonly number[]): number {
  return dims.length < 2 ? 1 : (dims.at(-1) ?? 1);
}

/** Lines after which a plain text has an empty one. */
export function linesOfPlane(dims: readonly number[]): number {
  return dims.length < 3 ? Number.POSITIVE_INFINITY : (dims.at(-2) ?? 1);
}

/**
 * A dataset's text, in parts that do not depend on each other: what stands between two elements is known from their
 * numbers. So a row index can begin in the middle, and rows that are longer than memory can be written piece by piece.
 * The text is `head`, then the elements 0 to `elementCount`, then `tail`.
 */
export interface TextFormat {
  readonly elementCount: number;
  /** A line of the text has this many elements; row r begins with element r * elementsPerRow. */
  readonly elementsPerRow: number;
  readonly elementSize: number;
  head(sink: ByteSink): void;
  /** The elements `first` to `first + count`, whose bytes `data` begins with. */
  elements(first: number, count: number, data: ElementBytes, sink: ByteSink): void;
  tail(sink: ByteSink): void;
}
