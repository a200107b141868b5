import { encodeText } from "../format/text.ts";
import { type Cell, cellOf, separator, writeSeparator } from "../object/text/cell.ts";
import { PLAIN } from "../object/text/float-text.ts";
import { RAW } from "../object/text/plain-text.ts";
import { columnsWriter } from "./columns.ts";
import { type ElementSource, elementCountOf } from "./source.ts";
import { isFloat64, styledFloatWriter } from "./styled-float.ts";
import { elementsOnLine, linesOfPlane, type TextFormat } from "./text-format.ts";
import type { TxtStyle } from "./txt-style.ts";

/** The plain text of a dataset as `style` says: what `txtFormat` is for a dataset that was made from a text. */
export function styledTxtFormat(source: ElementSource, style: TxtStyle): TextFormat {
  const dims = source.dims ?? [];
  const { size } = source.datatype;
  const between = separator(style.delimiter);
  const cells = columnCells(source, style);
  const elementCount = elementCountOf(source);
  const elementsPerRow = elementsOnLine(dims);
  const rowsPerPlane = linesOfPlane(dims);
  const endOfRow = encodeText(style.lineEnd);
  const endOfPlane = encodeText(style.lineEnd.repeat(2));
  return {
    elementCount,
    elementsPerRow,
    elementSize: size,
    head() {
      // There is no header.
    },
    elements(first, count, data, sink) {
      let column = first % elementsPerRow;
      for (let i = 0; i < count; i++) {
        cells[Math.min(column, cells.length - 1)]?.(data, i * size, sink);
        if (++column < elementsPerRow) {
          writeSeparator(sink, between);
          continue;
        }
        column = 0;
        const end = first + i + 1;
        if (end < elementCount) sink.write((end / elementsPerRow) % rowsPerPlane === 0 ? endOfPlane : endOfRow);
        else if (style.endsWithLine) sink.write(endOfRow);
      }
    },
    tail() {
      // The last row has its own line break, if any.
    },
  };
}

/** The last is that of all further columns. */
function columnCells({ datatype, heap }: ElementSource, { delimiter, floats = [] }: TxtStyle): readonly Cell[] {
  const cell = cellOf(columnsWriter(datatype, heap, RAW, separator(delimiter)));
  if (!isFloat64(datatype) || floats.length === 0) return [cell];
  return floats.map((float) => cellOf(styledFloatWriter(datatype, float, PLAIN)));
}
