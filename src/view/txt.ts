import { type Separator, separator, writeList, writeRun } from "../object/text/cell.ts";
import { RAW } from "../object/text/plain-text.ts";
import { columnsWriter } from "./columns.ts";
import { type ElementSource, elementCountOf } from "./source.ts";
import { elementsOnLine, linesOfPlane, type TextFormat } from "./text-format.ts";

const BETWEEN = separator(" ");
const END = separator("\n");
const END_OF_PLANE = separator("\n\n");

/**
 * Plain lines. Strings: each as it is, then a line break. Numbers: no header; one dimension has a number on each line,
 * more have a row on each, separated by spaces, and a blank line between planes (`numpy.loadtxt` skips it, gnuplot
 * draws by it). A complex number is its two parts.
 */
export function txtFormat(source: ElementSource): TextFormat {
  const dims = source.dims ?? [];
  const writer = columnsWriter(source.datatype, source.heap, RAW, BETWEEN);
  const size = source.datatype.size;
  const elementCount = elementCountOf(source);
  const elementsPerRow = elementsOnLine(dims);
  const rowsPerPlane = linesOfPlane(dims);
  /** `end` elements are there when the row ends. */
  const endOfRow = (end: number): Separator =>
    end < elementCount && (end / elementsPerRow) % rowsPerPlane === 0 ? END_OF_PLANE : END;
  return {
    elementCount,
    elementsPerRow,
    elementSize: size,
    head() {
      // There is no header.
    },
    elements(first, count, data, sink) {
      if (elementsPerRow === 1 && dims.length < 3) {
        writeRun(writer, data, 0, size, count, END, sink);
        return;
      }
      for (let done = 0; done < count; ) {
        const column = (first + done) % elementsPerRow;
        const n = Math.min(count - done, elementsPerRow - column);
        const after = column + n === elementsPerRow ? endOfRow(first + done + n) : BETWEEN;
        writeList(writer, data, done * size, size, n, BETWEEN, after, sink);
        done += n;
      }
    },
    tail() {
      // A row ends with its own line break.
    },
  };
}
