import { RAW } from "../object/text/plain-cell.ts";
import { compileColumns } from "./columns.ts";
import { type ElementSource, elementCountOf } from "./source.ts";
import type { TextFormat } from "./text-format.ts";

const SPACE = 0x20;
const NEWLINE = 0x0a;

/**
 * Plain lines. Strings: each as it is, then a line break. Numbers: no header; one dimension has a number on each line,
 * more have a row on each, separated by spaces, and a blank line between planes (`numpy.loadtxt` skips it, gnuplot
 * draws by it). A complex number is its two parts.
 */
export function txtFormat(source: ElementSource): TextFormat {
  const dims = source.dims ?? [];
  const cell = compileColumns(source.datatype, source.heap, RAW, SPACE);
  const size = source.datatype.size;
  const elementCount = elementCountOf(source);
  const elementsPerRow = dims.length < 2 ? 1 : (dims.at(-1) ?? 1);
  const rowsPerPlane = dims.length < 3 ? Number.POSITIVE_INFINITY : (dims.at(-2) ?? 1);
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
        if (column > 0) sink.byte(SPACE);
        cell(data, i * size, sink);
        if (++column < elementsPerRow) continue;
        column = 0;
        sink.byte(NEWLINE);
        const end = first + i + 1;
        if (end < elementCount && (end / elementsPerRow) % rowsPerPlane === 0) sink.byte(NEWLINE);
      }
    },
    tail() {
      // A row ends with its own line break.
    },
  };
}
