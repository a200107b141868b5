import { H5Error } from "../errors.ts";
import type { ByteSink } from "../object/text/byte-sink.ts";
import { elementBytes } from "../object/value-bytes.ts";
import { arrowText } from "./arrow.ts";
import { csvFormat } from "./csv.ts";
import { jsonFormat } from "./json.ts";
import type { ElementSource } from "./source.ts";
import { styledCsvFormat } from "./styled-csv.ts";
import { styledJsonFormat } from "./styled-json.ts";
import { styledTxtFormat } from "./styled-txt.ts";
import type { TextFormat } from "./text-format.ts";
import type { TextIndex } from "./text-index.ts";
import { guessTextSize } from "./text-size.ts";
import { txtFormat } from "./txt.ts";
import type { TextViewName } from "./view.ts";

/** Bytes of elements that are read at once. */
const BATCH_SIZE = 1 << 20;

/** Bytes of text, about, after which a rendering looks up from its work. */
const STEP_SIZE = 1 << 15;

/** Elements before the first look: how long their text is, nobody knows. */
const FIRST_STEP = 16;

/** A text by ranges of its elements: each can be rendered without the others, on any thread. */
export interface Text {
  readonly format: TextFormat;
  /** The bytes of `count` elements from `first` on. They may be a view that the next call overwrites. */
  read(first: number, count: number): Uint8Array;
  /** A guess at the bytes of text that one element becomes; at least 1. */
  readonly textPerElement: number;
  /** Where its size and its blocks follow from the metadata. */
  readonly known?: { readonly size: number; index(): TextIndex };
}

/** @throws UnsupportedError where the datatype has no text */
export function textOf(view: TextViewName | "arrow", source: ElementSource): Text {
  if (view === "arrow") return arrowText(source);
  return {
    format: textFormat(view, source),
    read: (first, count) => source.read(first, count),
    textPerElement: guessTextSize(source.datatype),
  };
}

/** A text that is made in one piece, having no elements. */
export function wholeText(write: (sink: ByteSink) => void): Text {
  const nothing = (): void => {
    // All of it is the head.
  };
  return {
    format: { elementCount: 0, elementsPerRow: 1, elementSize: 1, head: write, elements: nothing, tail: nothing },
    read: () => new Uint8Array(0),
    textPerElement: 1,
  };
}

export function textFormat(view: TextViewName, source: ElementSource): TextFormat {
  switch (view) {
    case "csv":
      return source.csvStyle === undefined ? csvFormat(source) : styledCsvFormat(source, source.csvStyle);
    case "txt":
      return source.txtStyle === undefined ? txtFormat(source) : styledTxtFormat(source, source.txtStyle);
    case "json":
      return source.jsonStyle === undefined ? jsonFormat(source) : styledJsonFormat(source, source.jsonStyle);
  }
}

/**
 * Writes the elements `first` to `first + count`, the head before the first of all and the tail after the last of all.
 * After every few kilobytes of text it yields the number of the element that comes next; between two yields the sink may
 * be emptied. It must not flush by itself: where an element cannot be read, it ends with the one before when the
 * exception comes.
 * @throws H5Error
 */
export function* render(text: Text, first: number, count: number, sink: ByteSink): Generator<number, void> {
  const { format } = text;
  const { elementSize, elementCount } = format;
  const end = first + count;
  let batch = Math.max(1, Math.floor(BATCH_SIZE / elementSize));
  let step = FIRST_STEP;
  if (first === 0) format.head(sink);
  for (let at = first; at < end; ) {
    const read = readMost(text, at, Math.min(batch, end - at));
    batch = Math.min(batch, read.failed ? read.count : batch);
    for (let done = 0; done < read.count; ) {
      const data = read.bytes.subarray(done * elementSize);
      const { length } = sink;
      const written = writeMost(format, at + done, Math.min(step, read.count - done), data, sink);
      const fitting = Math.floor((STEP_SIZE * written.count) / Math.max(1, sink.length - length));
      step = written.failed ? written.count : Math.max(1, Math.min(2 * written.count, fitting));
      done += written.count;
      yield at + done;
    }
    at += read.count;
  }
  if (end === elementCount) format.tail(sink);
}

/** Writes all of a text that is short. @throws H5Error where any element cannot be read */
export function renderWhole(text: Text, sink: ByteSink): void {
  const { format } = text;
  const { elementCount } = format;
  format.head(sink);
  if (elementCount > 0) format.elements(0, elementCount, elementBytes(text.read(0, elementCount)), sink);
  format.tail(sink);
}

/** How many elements were done; `failed`: more were tried. */
interface Done {
  readonly count: number;
  readonly failed: boolean;
}

/** Reads `count` elements, or as many of them as half and half again can be read. */
function readMost(text: Text, first: number, count: number): Done & { readonly bytes: Uint8Array } {
  let bytes: Uint8Array = new Uint8Array(0);
  const done = halving(count, (fewer) => {
    bytes = text.read(first, fewer);
  });
  return { ...done, bytes };
}

/** Writes `count` elements, or as many of them as half and half again have a text. */
function writeMost(format: TextFormat, first: number, count: number, data: Uint8Array, sink: ByteSink): Done {
  const { length } = sink;
  try {
    return halving(count, (fewer) => {
      sink.length = length;
      format.elements(first, fewer, elementBytes(data), sink);
    });
  } catch (error) {
    sink.length = length;
    throw error;
  }
}

/** @throws H5Error of the first element, where not even that can be done */
function halving(count: number, attempt: (count: number) => void): Done {
  for (let n = count; ; n >>= 1) {
    try {
      attempt(n);
      return { count: n, failed: n < count };
    } catch (error) {
      if (!(error instanceof H5Error) || n <= 1) throw error;
    }
  }
}
