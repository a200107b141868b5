import type { Datatype } from "../format/datatype.ts";
import { encodeText } from "../format/text.ts";
import type { ByteSink } from "../object/text/byte-sink.ts";
import { separator, type Writer, writeList, writeRun } from "../object/text/cell.ts";
import { INTEGER_ROOM, putUnsigned } from "../object/text/integer.ts";
import type { TextStyle } from "../object/text/plain-text.ts";
import type { HeapResolver } from "../object/value-heap.ts";
import { columnsWriter, isOneColumn } from "./columns.ts";
import { csvLayout } from "./csv-layout.ts";
import { type ElementSource, elementCountOf } from "./source.ts";
import type { TextFormat } from "./text-format.ts";

const BETWEEN = separator(",");
const END = separator("\n");
const COMMA = 0x2c;
const QUOTE = 0x22;
const NEWLINE = 0x0a;
const RETURN = 0x0d;

/**
 * RFC 4180 with LF and a header; which columns there are, `csvLayout` says.
 *
 * An empty string is `""`, a null string or reference an empty field (as PostgreSQL and DuckDB have it); where that
 * would be an empty line, which readers skip, it is `""` as well.
 */
export function csvFormat(source: ElementSource): TextFormat {
  const { datatype, heap, name } = source;
  const { elementsPerRow, indexed, columns } = csvLayout(datatype, source.dims ?? [], name);
  const alone = elementsPerRow === 1 && indexed.length === 0 && isOneColumn(datatype);
  const writer = rowWriter(datatype, heap, alone ? ALONE : AMONG_OTHERS);
  const size = datatype.size;

  return {
    elementCount: elementCountOf(source),
    elementsPerRow,
    elementSize: size,
    head(sink) {
      let first = true;
      const column = (text: string): void => {
        if (!first) sink.byte(COMMA);
        first = false;
        const bytes = encodeText(text);
        writeCsvText(sink, bytes, 0, bytes.length);
      };
      for (let d = 0; d < indexed.length; d++) column(`d${d}`);
      for (const leaf of columns()) column(leaf.name);
      sink.byte(NEWLINE);
    },
    elements(first, count, data, sink) {
      if (elementsPerRow === 1 && indexed.length === 0) {
        writeRun(writer, data, 0, size, count, END, sink);
        return;
      }
      for (let done = 0; done < count; ) {
        const column = (first + done) % elementsPerRow;
        if (column === 0 && indexed.length > 0) writeIndexes(sink, (first + done) / elementsPerRow, indexed);
        const n = Math.min(count - done, elementsPerRow - column);
        const after = column + n === elementsPerRow ? END : BETWEEN;
        writeList(writer, data, done * size, size, n, BETWEEN, after, sink);
        done += n;
      }
    },
    tail() {
      // A row ends with its own line break.
    },
  };
}

/** The coordinates of a row, each followed by a comma. */
function writeIndexes(sink: ByteSink, row: number, dims: readonly number[]): void {
  let below = dims.reduce((product, dim) => product * dim, 1);
  let rest = row;
  for (const dim of dims) {
    below /= dim;
    const index = Math.floor(rest / below);
    rest -= index * below;
    const out = sink.room(INTEGER_ROOM);
    sink.length = putUnsigned(out, sink.length, index);
    sink.byte(COMMA);
  }
}

function csvStyle(nothing: string): TextStyle {
  return { put: putCsvText, maxWidth: (length) => 2 * length + 2, text: writeCsvText, null: encodeText(nothing) };
}

const ALONE = csvStyle('""');
const AMONG_OTHERS = csvStyle("");

/** A file's datasets mostly share a few types, whose texts are asked for one after the other when they are listed. */
const writers = new WeakMap<
  Datatype,
  { readonly heap: HeapResolver; readonly style: TextStyle; readonly writer: Writer }
>();

function rowWriter(datatype: Datatype, heap: HeapResolver, style: TextStyle): Writer {
  const kept = writers.get(datatype);
  if (kept?.heap === heap && kept.style === style) return kept.writer;
  const writer = columnsWriter(datatype, heap, style, BETWEEN);
  writers.set(datatype, { heap, style, writer });
  return writer;
}

/** A field: in quotes where it is empty or holds a quote, a comma or a line break. */
export function writeCsvText(sink: ByteSink, bytes: Uint8Array, start: number, end: number): void {
  const out = sink.room(2 * (end - start) + 2);
  sink.length = putCsvText(out, sink.length, bytes, start, end);
}

function putCsvText(out: DataView, to: number, bytes: Uint8Array, start: number, end: number): number {
  let at = to;
  for (let i = start; i < end; i++) {
    const b = bytes[i] ?? 0;
    if (b === COMMA || b === QUOTE || b === NEWLINE || b === RETURN) return putQuoted(out, to, bytes, start, end);
    out.setUint8(at++, b);
  }
  return start === end ? putQuoted(out, to, bytes, start, end) : at;
}

function putQuoted(out: DataView, to: number, bytes: Uint8Array, start: number, end: number): number {
  let at = to;
  out.setUint8(at++, QUOTE);
  for (let i = start; i < end; i++) {
    const b = bytes[i] ?? 0;
    if (b === QUOTE) out.setUint8(at++, QUOTE);
    out.setUint8(at++, b);
  }
  out.setUint8(at++, QUOTE);
  return at;
}
