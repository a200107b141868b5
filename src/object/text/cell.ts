import type { ElementBytes } from "../value-bytes.ts";
import type { ByteSink } from "./byte-sink.ts";

/** Writes the text of the element whose bytes begin at `at`. Made once for a datatype. */
export type Cell = (data: ElementBytes, at: number, sink: ByteSink) => void;

/** What stands after an element: at most four bytes, the first the lowest of `word`. */
export interface Separator {
  readonly word: number;
  readonly size: number;
}

/** A writer of a run has this much room left after an element's text, for the separator is stored as four bytes. */
export const SEPARATOR_ROOM = 4;

export function separator(text: string): Separator {
  const bytes = Buffer.from(text, "latin1");
  return { word: bytes.reduceRight((word, byte) => word * 256 + byte, 0), size: bytes.length };
}

export const NOTHING = separator("");

/**
 * Writes the text of `count` elements, each followed by `after`. The first begins at `at`, each further one `stride` bytes on. Made once
 * for a datatype; a loop over elements of one kind is many times faster inside of one than around it.
 */
export type Run = (
  data: ElementBytes,
  at: number,
  stride: number,
  count: number,
  after: Separator,
  sink: ByteSink,
) => void;

export function writeSeparator(sink: ByteSink, { word, size }: Separator): void {
  sink.room(SEPARATOR_ROOM).setUint32(sink.length, word, true);
  sink.length += size;
}

/** For datatypes whose elements are work enough each. */
export function runOf(cell: Cell): Run {
  return (data, at, stride, count, after, sink) => {
    for (let i = 0; i < count; i++) {
      cell(data, at + i * stride, sink);
      writeSeparator(sink, after);
    }
  };
}

export function cellOf(run: Run): Cell {
  return (data, at, sink) => run(data, at, 0, 1, NOTHING, sink);
}
