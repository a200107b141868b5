import { H5Error } from "../errors.ts";
import type { Datatype } from "../format/datatype.ts";
import { BOOLEAN, compoundType, floatType, integerType, stringType } from "../object/datatypes.ts";
import { type ElementBytes, elementBytes } from "../object/value-bytes.ts";
import { getI64 } from "../storage/little-endian.ts";
import type { ArrowBuffer } from "./arrow-message.ts";
import { restOf } from "./arrow-rest.ts";
import { type ArrowSkeleton, readArrowSkeleton } from "./arrow-skeleton.ts";
import type { ArrowBatch } from "./arrow-text.ts";
import type { ArrowType } from "./arrow-type.ts";
import type { ParsedElements } from "./parsed-rows.ts";
import { textType } from "./text-type.ts";

/** A file's bytes. */
interface FileBytes {
  readonly size: number;
  read(offset: number, length: number): Uint8Array;
}

/** An Arrow file as a table. */
export interface ArrowTable {
  /** A compound, with a member for each column. */
  readonly datatype: Datatype;
  readonly rows: number;
  readonly skeleton: ArrowSkeleton;
  /** The rows as elements of the datatype. */
  elements(): Generator<ParsedElements>;
}

/** Bytes of elements that are handed over at a time, about. */
const STEP = 2 ** 20;

/**
 * Reads an Arrow IPC file, with pauses.
 * @throws H5Error "argument" that says why it is none, or has columns without a datatype: nulls, dictionaries, lists...
 */
export function* parseArrowSteps(file: FileBytes): Generator<undefined, ArrowTable> {
  const skeleton = readArrowSkeleton((offset, length) => file.read(offset, length), file.size, true);
  const { fields, rows } = skeleton;
  const batches: ArrowBatch[] = [];
  const names = fields.map(({ name }) => name);
  if (names.length === 0) throw new H5Error("argument", "it has no columns");
  const isName = (name: string): boolean => name !== "" && !name.includes("\0");
  if (new Set(names).size < names.length || !names.every(isName)) {
    throw new H5Error("argument", "not all of its columns have a name of their own");
  }
  const sizes = fields.map(() => ({ count: rows, mostBytes: 0, textBytes: 0 }));
  const bodies = [...placesOf(skeleton)];
  for (const { batch, start } of bodies) {
    const body = elementBytes(file.read(start, batch.bodyLength));
    for (const [c, { name, type }] of fields.entries()) {
      const [, offsets, texts] = batch.buffers[c] ?? [];
      const known = sizes[c];
      const isText = type.kind === "utf8" || type.kind === "large-utf8";
      if (!isText || offsets === undefined || texts === undefined || known === undefined || batch.rows === 0) continue;
      const width = offsetSize(type);
      let before = offsetAt(body.view, offsets.offset, width);
      for (let i = 1; i <= batch.rows; i++) {
        const end = offsetAt(body.view, offsets.offset + i * width, width);
        if (before < 0 || end < before || end > texts.length) {
          throw new H5Error("argument", `column ${name}: its strings are damaged`);
        }
        known.mostBytes = Math.max(known.mostBytes, end - before);
        known.textBytes += end - before;
        before = end;
      }
    }
    batches.push({ ...batch, rest: restOf(batch, fields, body.bytes) });
    yield;
  }
  const datatype = compoundType(
    fields.map(({ name, type }, c) => [
      name,
      datatypeOf(type, name, sizes[c] ?? { count: 0, mostBytes: 0, textBytes: 0 }),
    ]),
  );
  return {
    datatype,
    rows,
    skeleton: { ...skeleton, batches },
    *elements() {
      for (const { batch, start } of bodies) {
        const body = elementBytes(file.read(start, batch.bodyLength));
        const step = Math.max(1, Math.floor(STEP / datatype.size));
        for (let row = 0; row < batch.rows; row += step) {
          const count = Math.min(step, batch.rows - row);
          const bytes = new Uint8Array(count * datatype.size);
          for (const [c, { offset, type }] of datatype.members.entries()) {
            const column = { type: fields[c]?.type ?? { kind: "bool" }, buffers: batch.buffers[c] ?? [] };
            readColumn(column, body, row, count, bytes, offset, datatype.size, type.size);
          }
          yield { first: batch.firstRow + row, count, bytes };
        }
      }
    },
  };
}

/** Where the bodies are in the file. */
function* placesOf({ batches }: ArrowSkeleton): Generator<{ readonly batch: ArrowBatch; readonly start: number }> {
  let at = 0;
  for (const batch of batches) {
    yield { batch, start: at + batch.before.length };
    at += batch.before.length + batch.bodyLength;
  }
}

function datatypeOf(type: ArrowType, name: string, sizes: Parameters<typeof textType>[0]): Datatype {
  switch (type.kind) {
    case "int":
      return integerType(type.bits / 8, type.signed);
    case "float":
      return type.bits === 16 ? floatType(2) : type.bits === 32 ? floatType(4) : floatType(8);
    case "bool":
      return BOOLEAN;
    case "fixed-size-binary":
      return { class: "opaque", size: type.size, tag: "" };
    case "utf8":
    case "large-utf8":
      if (textType(sizes, 8).class !== "string") {
        throw new H5Error(
          "argument",
          `column ${name}: its strings are of too different lengths for strings of fixed length`,
        );
      }
      return stringType(Math.max(1, sizes.mostBytes));
  }
}

function offsetSize({ kind }: ArrowType): 4 | 8 {
  return kind === "large-utf8" ? 8 : 4;
}

function offsetAt(view: DataView, at: number, size: 4 | 8): number {
  return size === 4 ? view.getInt32(at, true) : getI64(view, at);
}

/** Puts some of a column's values where they are in the rows' elements. @param size of one there */
function readColumn(
  { type, buffers: [, values, texts] }: { readonly type: ArrowType; readonly buffers: readonly ArrowBuffer[] },
  { bytes, view }: ElementBytes,
  row: number,
  count: number,
  out: Uint8Array,
  at: number,
  step: number,
  size: number,
): void {
  const start = values?.offset ?? 0;
  switch (type.kind) {
    case "bool":
      for (let i = 0; i < count; i++) {
        out[at + i * step] = ((bytes[start + ((row + i) >> 3)] ?? 0) >> ((row + i) & 7)) & 1;
      }
      return;
    case "utf8":
    case "large-utf8": {
      const width = offsetSize(type);
      const first = texts?.offset ?? 0;
      for (let i = 0; i < count; i++) {
        const from = first + offsetAt(view, start + (row + i) * width, width);
        const to = first + offsetAt(view, start + (row + i + 1) * width, width);
        for (let k = from, place = at + i * step; k < to; k++) out[place++] = bytes[k] ?? 0;
      }
      return;
    }
    default:
      for (let i = 0; i < count; i++) {
        const from = start + (row + i) * size;
        for (let k = 0, place = at + i * step; k < size; k++) out[place++] = bytes[from + k] ?? 0;
      }
  }
}
