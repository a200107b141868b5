import { H5Error } from "../errors.ts";
import { elementBytes } from "../object/value-bytes.ts";
import { bufferLengths } from "./arrow-column.ts";
import {
  ARROW_MAGIC,
  type ArrowBuffer,
  type ArrowField,
  BLOCK_SIZE,
  CONTINUATION,
  HEADER,
  TYPE,
} from "./arrow-message.ts";
import type { ArrowBatch } from "./arrow-text.ts";
import type { ArrowType } from "./arrow-type.ts";
import { FlatTable } from "./flat-table.ts";

/** What an Arrow file says of itself: all of its bytes but the bodies of its record batches, and where these were. */
export interface ArrowSkeleton {
  readonly fields: readonly ArrowField[];
  readonly batches: readonly ArrowBatch[];
  /** What comes after the last body. */
  readonly tail: Uint8Array;
  /** Bytes of the file. */
  readonly size: number;
  readonly rows: number;
}

/** A batch is made, and read, in one piece. */
const MAX_BODY = 2 ** 25;

/** The longest of all that is not a body. */
export const MAX_SKELETON = 2 ** 24;

/** Reads as many bytes as asked for, from `offset` on; never behind the end. */
type Read = (offset: number, length: number) => Uint8Array;

/**
 * Reads an Arrow file but for its values, as others do: by its footer. What else is in it (some programs repeat the schema at its
 * beginning, others do not) is kept as it is.
 * @param hasBodies whether the bodies are in what is read, or were left out
 * @throws H5Error "argument" where it is none, or one that is shown otherwise than h5fs shows datasets: with nulls, compressed...
 */
export function readArrowSkeleton(read: Read, size: number, hasBodies: boolean): ArrowSkeleton {
  const end = size - ARROW_MAGIC.length - 4;
  if (end < 8 || !isMagic(read(0, ARROW_MAGIC.length)) || !isMagic(read(end + 4, ARROW_MAGIC.length))) {
    throw refused("it does not begin and end as an Arrow file does");
  }
  const length = elementBytes(read(end, 4)).view.getInt32(0, true);
  if (length < 4 || length > end - 8 || length > MAX_SKELETON) throw refused("its footer is damaged");
  const footer = FlatTable.root(read(end - length, length).slice());
  if (footer.count(2) > 0) throw refused("it has dictionaries, which are not kept");
  const fields = fieldsOf(footer.table(1));
  const batches: ArrowBatch[] = [];
  let rows = 0;
  let kept = 0;
  /** Where what is not read yet begins; bytes of bodies before it that were left out. */
  let at = 0;
  let leftOut = 0;
  for (const [offset = 0, metadata = 0, bodyLength = -1] of footer.sizes(3, BLOCK_SIZE)) {
    const start = offset - leftOut;
    // Of its 64 bits the upper ones are padding.
    const body = start + (metadata % 2 ** 32);
    if (start < at || body < start || bodyLength < 0 || body + (hasBodies ? bodyLength : 0) > end - length) {
      throw refused("its footer does not tell where its record batches are");
    }
    if (bodyLength > MAX_BODY) {
      throw refused(`a record batch has ${bodyLength} bytes, more than ${MAX_BODY}: write it in smaller ones`);
    }
    kept += body - at;
    if (kept > MAX_SKELETON) throw refused(`it has more than ${MAX_SKELETON} bytes besides its values`);
    const before = read(at, body - at).slice();
    const batch = batchOf(headerOf(before.subarray(start - at), bodyLength), fields, {
      firstRow: rows,
      before,
      bodyLength,
    });
    batches.push(batch);
    rows += batch.rows;
    at = body + (hasBodies ? bodyLength : 0);
    if (!hasBodies) leftOut += bodyLength;
  }
  if (kept + size - at > MAX_SKELETON) throw refused(`it has more than ${MAX_SKELETON} bytes besides its values`);
  return { fields, batches, tail: read(at, size - at).slice(), size: size + leftOut, rows };
}

function isMagic(bytes: Uint8Array): boolean {
  return Buffer.compare(bytes, ARROW_MAGIC) === 0;
}

/** The header of a record batch's message ("Encapsulated message format"; before Arrow 0.15 without a mark of continuation). */
function headerOf(message: Uint8Array, bodyLength: number): FlatTable | undefined {
  if (message.length < 8) throw refused("a record batch is damaged");
  const isMarked = elementBytes(message).view.getUint32(0, true) === CONTINUATION;
  const table = FlatTable.root(message.subarray(isMarked ? 8 : 4));
  if (table.int8(1) !== HEADER.recordBatch || table.size(3) !== bodyLength) throw refused("a record batch is damaged");
  return table.table(2);
}

function fieldsOf(table: FlatTable | undefined): readonly ArrowField[] {
  if (table === undefined) throw refused("it has no schema");
  if (table.int16(0) !== 0) throw refused("its numbers are big-endian");
  return [...table.tables(1)].map((field) => {
    const name = field.text(0);
    if (field.has(4)) throw refused(`column ${name}: has a dictionary, which is not kept`);
    return { name, type: typeOf(field, name) };
  });
}

/** How messages call what there is no datatype for (Schema.fbs, "Type"). */
const OTHERS: Readonly<Record<number, string>> = {
  1: "nulls",
  4: "binary values of any length",
  7: "decimals",
  8: "dates",
  9: "times",
  10: "timestamps",
  11: "intervals",
  12: "lists",
  13: "structures",
  14: "unions",
  16: "lists of fixed size",
  17: "maps",
  18: "durations",
  19: "binary values of any length",
  21: "lists",
  22: "run-end encoded values",
  23: "binary views",
  24: "string views",
};

const FLOAT_BITS = [16, 32, 64] as const;

function typeOf(field: FlatTable, name: string): ArrowType {
  const kind = field.int8(2);
  const type = field.table(3);
  switch (kind) {
    case TYPE.int: {
      const bits = type?.int32(0);
      if (bits === 8 || bits === 16 || bits === 32 || bits === 64) {
        return { kind: "int", bits, signed: type?.int8(1) === 1 };
      }
      break;
    }
    case TYPE.float: {
      const bits = FLOAT_BITS[type?.int16(0) ?? 0];
      if (bits !== undefined) return { kind: "float", bits };
      break;
    }
    case TYPE.bool:
      return { kind: "bool" };
    case TYPE.utf8:
      return { kind: "utf8" };
    case TYPE["large-utf8"]:
      return { kind: "large-utf8" };
    case TYPE["fixed-size-binary"]: {
      const size = type?.int32(0) ?? 0;
      if (size > 0) return { kind: "fixed-size-binary", size };
      break;
    }
  }
  throw refused(`column ${name}: ${OTHERS[kind] ?? "values of its type"} have no datatype here`);
}

function batchOf(
  table: FlatTable | undefined,
  fields: readonly ArrowField[],
  place: Pick<ArrowBatch, "firstRow" | "before" | "bodyLength">,
): ArrowBatch {
  const { bodyLength } = place;
  if (table?.has(3)) throw refused("it is compressed: h5fs keeps files that are not, and compresses by HDF5's filters");
  const rows = table?.size(0) ?? -1;
  const nodes = table?.sizes(1, 16) ?? [];
  const all = (table?.sizes(2, 16) ?? []).map(([offset = 0, length = 0]): ArrowBuffer => ({ offset, length }));
  if (rows < 0 || nodes.length !== fields.length) throw refused("a record batch is damaged");
  let next = 0;
  const buffers = fields.map(({ name, type }, i) => {
    const [length, nulls] = nodes[i] ?? [];
    if (length !== rows) throw refused("a record batch is damaged");
    if (nulls !== 0) throw refused(`column ${name}: has nulls, which are not kept`);
    const values = bufferLengths(type, 0, rows);
    const own = all.slice(next, next + 1 + values.length);
    next += own.length;
    const [present, ...others] = own;
    const hasRoom =
      present !== undefined &&
      (present.length === 0 || present.length >= Math.ceil(rows / 8)) &&
      values.every((need, k) => rows === 0 || (others[k]?.length ?? -1) >= need) &&
      own.every((each) => each.offset >= 0 && each.length >= 0 && each.offset + each.length <= bodyLength);
    if (!hasRoom || own.length !== 1 + values.length) throw refused(`column ${name}: a buffer is too short`);
    return own;
  });
  if (next !== all.length) throw refused("a record batch is damaged");
  return { ...place, rows, rest: [], buffers };
}

function refused(message: string): H5Error {
  return new H5Error("argument", message);
}
