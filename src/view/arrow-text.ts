import type { ArrowColumn } from "./arrow-column.ts";
import type { ArrowBuffer } from "./arrow-message.ts";
import type { Text } from "./render.ts";
import type { ElementSource } from "./source.ts";
import { TextIndex } from "./text-index.ts";

/** A record batch but for its values. */
export interface ArrowBatch {
  readonly firstRow: number;
  readonly rows: number;
  /** With all that stands before the body. */
  readonly message: Uint8Array;
  readonly bodyLength: number;
  /** Of each column: which values there are, then the values; see `bufferLengths`. */
  readonly buffers: readonly (readonly ArrowBuffer[])[];
}

/** An Arrow file but for the values in it. */
export interface ArrowForm {
  /** Bytes. */
  readonly size: number;
  readonly head: Uint8Array;
  readonly batchCount: number;
  batch(number: number): ArrowBatch;
  /** All after the last batch. */
  tail(): Uint8Array;
}

/** Batches are of any size: one is read at a time. */
const ONE_AT_A_TIME = 2 ** 20;

const NOTHING: ArrowBuffer = { offset: 0, length: 0 };

/**
 * A dataset in a form of which it is known where everything is. An element of this text is a record batch.
 * @param source its rows are of `elementsPerRow` elements each
 */
export function arrowTextOf(
  source: ElementSource,
  elementsPerRow: number,
  columns: readonly ArrowColumn[],
  form: ArrowForm,
): Text {
  const { batchCount } = form;
  const step = elementsPerRow * source.datatype.size;
  return {
    format: {
      elementCount: batchCount,
      elementsPerRow: 1,
      elementSize: ONE_AT_A_TIME,
      head: (sink) => sink.write(form.head),
      elements(first, count, data, sink) {
        const { firstRow } = form.batch(first);
        for (let i = first; i < first + count; i++) {
          const batch = form.batch(i);
          sink.write(batch.message);
          sink.room(batch.bodyLength);
          const body = sink.length;
          sink.bytes.fill(0, body, body + batch.bodyLength);
          sink.length += batch.bodyLength;
          const rows = { data, at: (batch.firstRow - firstRow) * step, step, first: batch.firstRow, count: batch.rows };
          for (const [c, column] of columns.entries()) {
            const [present = NOTHING, values = NOTHING, texts = NOTHING] = batch.buffers[c] ?? [];
            if (present.length > 0) setBits(sink.bytes, body + present.offset, batch.rows);
            column.write(rows, {
              out: sink,
              starts: [body + values.offset, body + texts.offset],
              room: texts.length,
            });
          }
        }
      },
      tail: (sink) => sink.write(form.tail()),
    },
    read(first, count) {
      const from = form.batch(first).firstRow;
      const last = form.batch(first + count - 1);
      return source.read(from * elementsPerRow, (last.firstRow + last.rows - from) * elementsPerRow);
    },
    textPerElement: ONE_AT_A_TIME,
    known: { size: form.size, index: () => indexOf(form) },
  };
}

function setBits(bytes: Uint8Array, start: number, count: number): void {
  bytes.fill(0xff, start, start + (count >> 3));
  if ((count & 7) !== 0) bytes[start + (count >> 3)] = (1 << (count & 7)) - 1;
}

/** A block for each batch. */
function indexOf(form: ArrowForm): TextIndex {
  const { batchCount, size, head } = form;
  const index = new TextIndex(batchCount);
  if (batchCount === 0) index.append(0, size);
  for (let i = 0; i < batchCount; i++) {
    const { message, bodyLength } = form.batch(i);
    const length = (i === 0 ? head.length : 0) + message.length + bodyLength;
    index.append(1, i === batchCount - 1 ? size - index.length : length);
  }
  return index;
}
