import { UnsupportedError } from "../errors.ts";
import type { Datatype } from "../format/datatype.ts";
import { encodeText } from "../format/text.ts";
import type { ByteSink } from "../object/text/byte-sink.ts";
import { bounded, type Cell, cellOf, open, separator, type Writer, writeSeparator } from "../object/text/cell.ts";
import type { NonFiniteText } from "../object/text/float-text.ts";
import { enumWriter } from "../object/text/number-text.ts";
import { plainWriter, type TextStyle } from "../object/text/plain-text.ts";
import type { HeapResolver } from "../object/value-heap.ts";
import { isBoolean } from "../object/value-meaning.ts";
import { csvLayout } from "./csv-layout.ts";
import { type ColumnStyle, type CsvStyle, delimiterByte, PYTHON_EXPONENT, type QuotedFields } from "./csv-style.ts";
import { type ElementSource, elementCountOf } from "./source.ts";
import { isFloat64, styledFloatWriter } from "./styled-float.ts";
import type { TextFormat } from "./text-format.ts";

const QUOTE = 0x22;
const NEWLINE = 0x0a;
const RETURN = 0x0d;

/**
 * The CSV text of a one-dimensional dataset as `style` says: what `csvFormat` is for a dataset that was made from a text.
 * @throws UnsupportedError for more dimensions, and for a style that has other columns than the dataset
 */
export function styledCsvFormat(source: ElementSource, style: CsvStyle): TextFormat {
  const { datatype, heap, name } = source;
  if (source.dims === null || source.dims.length > 1) throw new UnsupportedError("a CSV style is for one dimension");
  const leaves = [...csvLayout(datatype, source.dims, name).columns()];
  if (leaves.length !== style.columns.length) {
    throw new UnsupportedError(`a CSV style has ${style.columns.length} columns, the dataset ${leaves.length}`);
  }
  const delimiter = delimiterByte(style.delimiter);
  const cells = leaves.map(({ offset, type }, i) => {
    const column = style.columns[i] ?? { quoted: "needed" };
    return { offset, cell: columnCell(type, heap, column, delimiter) };
  });
  const between = separator(style.delimiter);
  const end = separator(style.lineEnd);
  const elementCount = elementCountOf(source);
  const size = datatype.size;
  return {
    elementCount,
    elementsPerRow: 1,
    elementSize: size,
    head(sink) {
      if (style.byteOrderMark) sink.write(encodeText("\ufeff"));
      if (style.header === undefined) return;
      const { quoted, texts } = style.header;
      const put = textStyle(quoted, delimiter, true, "").text;
      for (const [i, text] of texts.entries()) {
        if (i > 0) writeSeparator(sink, between);
        const bytes = encodeText(text);
        put(sink, bytes, 0, bytes.length);
      }
      if (elementCount > 0 || style.endsWithLine) writeSeparator(sink, end);
    },
    elements(first, count, data, sink) {
      for (let i = 0; i < count; i++) {
        let isFirst = true;
        for (const { offset, cell } of cells) {
          if (!isFirst) writeSeparator(sink, between);
          isFirst = false;
          cell(data, i * size + offset, sink);
        }
        if (style.endsWithLine || first + i + 1 < elementCount) writeSeparator(sink, end);
      }
    },
    tail() {
      // The last row has its own line end, if any.
    },
  };
}

function columnCell(type: Datatype, heap: HeapResolver, column: ColumnStyle, delimiter: number): Cell {
  if (type.class === "string" || type.class === "vlen" || type.class === "reference" || type.class === "enum") {
    const text = textStyle(column.quoted, delimiter, column.bareEmpty === true, column.missing ?? "");
    if (column.booleans !== undefined && isBoolean(type)) {
      const [no, yes] = column.booleans.map(encodeText);
      const named = enumWriter(type, (name) => (name === "TRUE" ? yes : no) ?? encodeText(name));
      return cellOf(column.quoted === "always" ? inQuotes(named) : named);
    }
    return cellOf(plainWriter(type, heap, text));
  }
  return cellOf(numberColumn(type, heap, column));
}

function numberColumn(type: Datatype, heap: HeapResolver, column: ColumnStyle): Writer {
  const { quoted, missing = "nan", infinity = "inf" } = column;
  const isQuoted = quoted !== "needed";
  if (!isFloat64(type)) {
    const writer = plainWriter(type, heap, textStyle("needed", 0, true, ""));
    return isQuoted ? inQuotes(writer) : writer;
  }
  const nonFinite: NonFiniteText = { nan: missing, infinity, negativeInfinity: `-${infinity}` };
  const writer = styledFloatWriter(type, column.float ?? { whole: "point", exponent: PYTHON_EXPONENT }, nonFinite);
  const inside = inQuotes(writer);
  if (!isQuoted || inside.kind === "open" || writer.kind === "open") return writer;
  // What is missing has the quotes that it has.
  const little = type.order === "little";
  return bounded(inside.width, (data, at, out, to) =>
    (Number.isNaN(data.view.getFloat64(at, little)) ? writer : inside).put(data, at, out, to),
  );
}

function inQuotes(writer: Writer): Writer {
  if (writer.kind === "open") {
    return open((data, at, sink) => {
      sink.byte(QUOTE);
      writer.cell(data, at, sink);
      sink.byte(QUOTE);
    });
  }
  const { width, put } = writer;
  return bounded(width + 2, (data, at, out, to) => {
    out.setUint8(to, QUOTE);
    const end = put(data, at, out, to + 1);
    out.setUint8(end, QUOTE);
    return end + 1;
  });
}

/** @param bareEmpty whether an empty text is nothing at all, where quotes are not needed otherwise */
function textStyle(quoted: QuotedFields, delimiter: number, bareEmpty: boolean, missing: string): TextStyle {
  const isBare = (bytes: Uint8Array, start: number, end: number): boolean => {
    if (start === end) return quoted === "needed" ? bareEmpty : quoted === "present";
    if (quoted !== "needed") return false;
    for (let i = start; i < end; i++) {
      const byte = bytes[i];
      if (byte === delimiter || byte === QUOTE || byte === NEWLINE || byte === RETURN) return false;
    }
    return true;
  };
  const put: TextStyle["put"] = (out, to, bytes, start, end) => {
    const bare = isBare(bytes, start, end);
    let at = to;
    if (!bare) out.setUint8(at++, QUOTE);
    for (let i = start; i < end; i++) {
      const byte = bytes[i] ?? 0;
      if (byte === QUOTE && !bare) out.setUint8(at++, QUOTE);
      out.setUint8(at++, byte);
    }
    if (!bare) out.setUint8(at++, QUOTE);
    return at;
  };
  return {
    put,
    maxWidth: (length) => 2 * length + 2,
    text: (sink: ByteSink, bytes, start, end) => {
      const out = sink.room(2 * (end - start) + 2);
      sink.length = put(out, sink.length, bytes, start, end);
    },
    null: encodeText(missing),
  };
}
