import type { ElementBytes } from "../value-bytes.ts";
import type { ByteSink } from "./byte-sink.ts";

/** Writes the text of the element whose bytes begin at `at`. Made once for a datatype. */
export type Cell = (data: ElementBytes, at: number, sink: ByteSink) => void;

/**
 * Writes the text of the element whose bytes begin at `at` to `out` from `to` on, and returns the position after. It may
 * touch bytes after that, and needs `width` bytes free.
 */
export type Put = (data: ElementBytes, at: number, out: DataView, to: number) => number;

/** How elements of a datatype are written: where the text has a bound, without asking for room at each. */
export type Writer =
  | { readonly kind: "bounded"; readonly width: number; readonly put: Put }
  | { readonly kind: "open"; readonly cell: Cell };

/** Wider texts count as open, so that a row of many does not ask for the sum of their widths. */
export const MAX_WIDTH = 4096;

export function bounded(width: number, put: Put): Writer {
  if (width <= MAX_WIDTH) return { kind: "bounded", width, put };
  return open((data, at, sink) => {
    const out = sink.room(width);
    sink.length = put(data, at, out, sink.length);
  });
}

export function open(cell: Cell): Writer {
  return { kind: "open", cell };
}

export function cellOf(writer: Writer): Cell {
  if (writer.kind === "open") return writer.cell;
  const { put, width } = writer;
  return (data, at, sink) => {
    const out = sink.room(width);
    sink.length = put(data, at, out, sink.length);
  };
}

/** What stands after an element: at most four bytes, the first the lowest of `word`. It is stored as four. */
export interface Separator {
  readonly word: number;
  readonly size: number;
}

export const SEPARATOR_ROOM = 4;

export function separator(text: string): Separator {
  const bytes = Buffer.from(text, "latin1");
  return { word: bytes.reduceRight((word, byte) => word * 256 + byte, 0), size: bytes.length };
}

export const NOTHING = separator("");

/** `count` elements, each followed by `after`; the first begins at `at`, each further one `stride` bytes on. */
export function writeRun(
  writer: Writer,
  data: ElementBytes,
  at: number,
  stride: number,
  count: number,
  after: Separator,
  sink: ByteSink,
): void {
  if (writer.kind === "open") {
    for (let i = 0; i < count; i++) {
      writer.cell(data, at + i * stride, sink);
      writeSeparator(sink, after);
    }
    return;
  }
  const { put, width } = writer;
  const { word, size } = after;
  for (let from = at, left = count; left > 0; ) {
    const n = sink.roomFor(left, width + SEPARATOR_ROOM);
    const out = sink.view;
    let to = sink.length;
    for (let i = 0; i < n; i++, from += stride) {
      to = put(data, from, out, to);
      out.setUint32(to, word, true);
      to += size;
    }
    sink.length = to;
    left -= n;
  }
}

/** As `writeRun`, with `between` between the elements and `after` after the last. */
export function writeList(
  writer: Writer,
  data: ElementBytes,
  at: number,
  stride: number,
  count: number,
  between: Separator,
  after: Separator,
  sink: ByteSink,
): void {
  if (count === 0) return;
  writeRun(writer, data, at, stride, count - 1, between, sink);
  writeRun(writer, data, at + (count - 1) * stride, 0, 1, after, sink);
}

export function writeSeparator(sink: ByteSink, { word, size }: Separator): void {
  sink.room(SEPARATOR_ROOM).setUint32(sink.length, word, true);
  sink.length += size;
}
