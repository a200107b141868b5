import { UnsupportedError } from "../errors.ts";
import type { Datatype } from "../format/datatype.ts";
import { type ArrowColumn, bufferLengths, indexArrowColumn, leafArrowColumn } from "./arrow-column.ts";
import {
  ARROW_MAGIC,
  type ArrowBlock,
  type ArrowBuffer,
  aligned,
  BLOCK_SIZE,
  encodeFooter,
  encodeRecordBatchMessage,
  encodeSchemaMessage,
} from "./arrow-message.ts";
import { decodeArrowStyle, styledForm } from "./arrow-style.ts";
import { type ArrowBatch, type ArrowForm, arrowTextOf } from "./arrow-text.ts";
import { arrowShape, arrowType } from "./arrow-type.ts";
import { csvLayout } from "./csv-layout.ts";
import type { Text } from "./render.ts";
import { type ElementSource, elementCountOf } from "./source.ts";

/** Pandas and pyarrow write so many rows at a time. */
const MAX_ROWS = 2 ** 16;

/** Bytes of a batch, about, and more where it has many columns: each takes 48 bytes of the batch's message. */
const BATCH_SIZE = 2 ** 19;
const COLUMN_SIZE = 2 ** 10;

/** Of more columns a schema takes longer to make, and to read, than anybody would wait. */
const MAX_COLUMNS = 2 ** 12;

/** A batch is made in memory, and there is at least one row in it. */
const MAX_ROW_SIZE = 2 ** 24;

/** Where so many batches are is kept in memory, and in the file's footer. */
const MAX_BATCHES = 2 ** 20;

/** What comes before the first message: the magic, and zeros. */
const START = 8;

/** How the rows of a dataset (those that its CSV text has) are divided up. */
interface Batches {
  readonly elementsPerRow: number;
  readonly rows: number;
  /** Of each batch but the last. */
  readonly batchRows: number;
}

/** Whether a dataset can be shown as an Arrow file whose size is known without its data. */
export function hasArrow(datatype: Datatype, dims: readonly number[]): boolean {
  return batchesOf(datatype, dims) !== undefined;
}

function batchesOf(datatype: Datatype, dims: readonly number[]): Batches | undefined {
  const shape = arrowShape(datatype);
  if (shape === undefined) return undefined;
  const { elementsPerRow, indexed } = csvLayout(datatype, dims, "");
  const columns = elementsPerRow * shape.columns + indexed.length;
  const rowSize = 8 * indexed.length + elementsPerRow * Math.max(shape.rowBytes, datatype.size);
  if (elementsPerRow * shape.columns === 0 || columns > MAX_COLUMNS || rowSize > MAX_ROW_SIZE) return undefined;
  const most = Math.min(MAX_ROWS, (BATCH_SIZE + COLUMN_SIZE * columns) / rowSize);
  const batchRows = 2 ** Math.floor(Math.log2(Math.max(1, most)));
  const rows = elementCountOf({ dims }) / elementsPerRow;
  return rows > MAX_BATCHES * batchRows ? undefined : { elementsPerRow, rows, batchRows };
}

/**
 * A dataset as an Arrow IPC file ("Feather V2"), not compressed: its columns are those of its CSV text. All record batches but
 * the last have as many rows, and all columns a fixed width, so that it is known where each is without any other.
 *
 * A string takes as much as its datatype gives it: what the strings of a batch leave over is behind them, which their offsets
 * (and so every reader) pass over.
 * @throws UnsupportedError where `hasArrow` is false, and where there is no data
 */
export function arrowText(source: ElementSource): Text {
  const { datatype, name, dims } = source;
  const batches = dims === null ? undefined : batchesOf(datatype, dims);
  if (dims === null || batches === undefined)
    throw new UnsupportedError("a dataset of this type and shape has no form in Arrow's files");
  const own = ownText(source);
  if (own !== undefined) return own;
  const columns = arrowColumns(datatype, dims, name);
  return arrowTextOf(source, batches.elementsPerRow, columns, standardForm(columns, batches));
}

/** In the form of the file that it was made from; `undefined`: there is none, or it is of other columns or rows. */
function ownText(source: ElementSource): Text | undefined {
  const { datatype, dims, arrowStyle } = source;
  const skeleton = arrowStyle && decodeArrowStyle(arrowStyle);
  if (skeleton === undefined || dims?.length !== 1 || dims[0] !== skeleton.rows) return undefined;
  if (datatype.class !== "compound" || datatype.members.length !== skeleton.fields.length) return undefined;
  const columns: ArrowColumn[] = [];
  for (const [i, member] of datatype.members.entries()) {
    const field = skeleton.fields[i];
    const type = arrowType(member.type);
    if (field?.name !== member.name || type === undefined) return undefined;
    const isLarge = field.type.kind === "large-utf8" && type.kind === "utf8";
    if (!isLarge && JSON.stringify(field.type) !== JSON.stringify(type)) return undefined;
    columns.push(leafArrowColumn(member, field.type));
  }
  return arrowTextOf(source, 1, columns, styledForm(skeleton));
}

/** The columns of the CSV text. @throws UnsupportedError where one has no Arrow type */
function arrowColumns(datatype: Datatype, dims: readonly number[], name: string): ArrowColumn[] {
  const { indexed, columns } = csvLayout(datatype, dims, name);
  const indexes = indexed.map((dim, d) => {
    const below = indexed.slice(d + 1).reduce((product, inner) => product * inner, 1);
    return indexArrowColumn(`d${d}`, dim, below);
  });
  const leaves = [...columns()].map((leaf) => {
    const type = arrowType(leaf.type);
    if (type === undefined) throw new UnsupportedError(`${leaf.name} has no type in Arrow's files`);
    return leafArrowColumn(leaf, type);
  });
  return [...indexes, ...leaves];
}

function standardForm(columns: readonly ArrowColumn[], { rows, batchRows }: Batches): ArrowForm {
  const batchCount = Math.ceil(rows / batchRows);
  const schema = encodeSchemaMessage(columns, START);
  const head = new Uint8Array(START + schema.length);
  head.set(ARROW_MAGIC);
  head.set(schema, START);
  const full = batchOf(columns, batchRows);
  const last = batchOf(columns, rows - Math.max(0, batchCount - 1) * batchRows);
  const sized = (number: number): Omit<ArrowBatch, "firstRow"> => (number < batchCount - 1 ? full : last);
  const sizeOf = ({ before, bodyLength }: Omit<ArrowBatch, "firstRow">): number => before.length + bodyLength;
  const bodies = batchCount === 0 ? 0 : (batchCount - 1) * sizeOf(full) + sizeOf(last);
  return {
    size: head.length + bodies + encodeFooter(columns, []).length + batchCount * BLOCK_SIZE,
    batchCount,
    batch(number) {
      const batch = sized(number);
      const before = number === 0 ? Buffer.concat([head, batch.before]) : batch.before;
      return { ...batch, before, firstRow: number * batchRows };
    },
    tail() {
      const blocks: ArrowBlock[] = [];
      for (let i = 0, offset = head.length; i < batchCount; i++) {
        const { before, bodyLength } = sized(i);
        blocks.push({ offset, metadataLength: before.length, bodyLength });
        offset += before.length + bodyLength;
      }
      const footer = encodeFooter(columns, blocks);
      return batchCount === 0 ? Buffer.concat([head, footer]) : footer;
    },
  };
}

function batchOf(columns: readonly ArrowColumn[], rows: number): Omit<ArrowBatch, "firstRow"> {
  let bodyLength = 0;
  const buffers = columns.map(({ type, textSize }) =>
    // All values are there, of which no list is needed.
    [0, ...bufferLengths(type, textSize, rows)].map((length): ArrowBuffer => {
      const offset = bodyLength;
      bodyLength += aligned(length);
      return { offset, length };
    }),
  );
  const before = encodeRecordBatchMessage(rows, columns.length, buffers.flat(), bodyLength);
  return { rows, before, bodyLength, rest: [], buffers };
}
