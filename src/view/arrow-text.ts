import type { ArrowColumn } from "./arrow-column.ts";
import type { ArrowBuffer } from "./arrow-message.ts";
import type { Text } from "./render.ts";
import type { ElementSource } from "./source.ts";
import { TextIndex } from "./text-index.ts";

/** Bytes that are no value's, from `offset` of a body on: what a program has left between its columns. */
export interface ArrowRest {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** A record batch but for its values. */
export interface ArrowBatch {
  readonly firstRow: number;
  readonly rows: number;
  /** All between the body and what comes before it: the batch's message; before the first, the head of the file, too. */
  readonly before: Uint8Array;
  readonly bodyLength: number;
  /** What is in the body besides values and zeros. */
  readonly rest: readonly ArrowRest[];
  /** Of each column: which values there are, then the values; see `bufferLengths`. */
  readonly buffers: readonly (readonly ArrowBuffer[])[];
}

/** An Arrow file but for the values in it. */
export interface ArrowForm {
  /** Bytes. */
  readonly size: number;
  readonly batchCount: number;
  batch(number: number): ArrowBatch;
  /** All after the last batch; all, where there is none. */
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
      head() {
        // It stands before the first batch.
      },
      elements(first, count, data, sink) {
        const { firstRow } = form.batch(first);
        for (let i = first; i < first + count; i++) {
          const batch = form.batch(i);
          sink.write(batch.before);
          sink.room(batch.bodyLength);
          const body = sink.length;
          sink.bytes.fill(0, body, body + batch.bodyLength);
          for (const { offset, bytes } of batch.rest) sink.bytes.set(bytes, body + offset);
          sink.length += batch.bodyLength;
          const rows = { data, at: (batch.firstRow - firstRow) * step, step, first: batch.firstRow, count: batch.rows };
          for (const [c, column] of batch.rows === 0 ? [] : columns.entries()) {
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
  const last = start + (count >> 3);
  if ((count & 7) !== 0) bytes[last] = (bytes[last] ?? 0) | ((1 << (count & 7)) - 1);
}

/** A block for each batch. */
function indexOf(form: ArrowForm): TextIndex {
  const { batchCount, size } = form;
  const index = new TextIndex(batchCount);
  if (batchCount === 0) index.append(0, size);
  for (let i = 0; i < batchCount; i++) {
    const { before, bodyLength } = form.batch(i);
    index.append(1, i === batchCount - 1 ? size - index.length : before.length + bodyLength);
  }
  return index;
}
