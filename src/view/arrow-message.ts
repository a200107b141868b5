import { Builder } from "flatbuffers";
import type { ArrowType } from "./arrow-type.ts";

/** Arrow's columnar format, "IPC File Format" and "Encapsulated message format". */
export const ARROW_MAGIC = Uint8Array.from(Buffer.from("ARROW1"));

/** Parts of a file begin at a multiple of this, so that columns can be mapped. */
export const ARROW_ALIGNMENT = 64;

/** Schema.fbs, "MetadataVersion". */
const V5 = 4;

/** Message.fbs, "MessageHeader". */
export const HEADER = { schema: 1, recordBatch: 3 } as const;

/** Schema.fbs, "Type". */
export const TYPE = { int: 2, float: 3, utf8: 5, bool: 6, "fixed-size-binary": 15, "large-utf8": 20 } as const;

/** Bytes of an `ArrowBlock` in the footer. */
export const BLOCK_SIZE = 24;

/** What stands before every message, and for one at their end. */
export const CONTINUATION = 0xffffffff;

export interface ArrowField {
  readonly name: string;
  readonly type: ArrowType;
}

/** Bytes from `offset` of a batch's body on. */
export interface ArrowBuffer {
  readonly offset: number;
  readonly length: number;
}

/** Where a record batch is in its file: its message, and after that its body (File.fbs, "Block"). */
export interface ArrowBlock {
  readonly offset: number;
  readonly metadataLength: number;
  readonly bodyLength: number;
}

export function aligned(length: number): number {
  return Math.ceil(length / ARROW_ALIGNMENT) * ARROW_ALIGNMENT;
}

/** @param start where it is in the file */
export function encodeSchemaMessage(fields: readonly ArrowField[], start: number): Uint8Array {
  const builder = new Builder(1024);
  return encodeMessage(builder, HEADER.schema, putSchema(builder, fields), 0, start);
}

/** @param rows of each column, none of which has nulls @param buffers those of all columns */
export function encodeRecordBatchMessage(
  rows: number,
  columns: number,
  buffers: readonly ArrowBuffer[],
  bodyLength: number,
): Uint8Array {
  const builder = new Builder(1024);
  builder.startVector(16, buffers.length, 8);
  for (const { offset, length } of buffers.toReversed()) putPair(builder, offset, length);
  const bufferVector = builder.endVector();
  builder.startVector(16, columns, 8);
  for (let i = 0; i < columns; i++) putPair(builder, rows, 0);
  const nodes = builder.endVector();
  builder.startObject(5);
  builder.addFieldInt64(0, BigInt(rows), 0n);
  builder.addFieldOffset(1, nodes, 0);
  builder.addFieldOffset(2, bufferVector, 0);
  return encodeMessage(builder, HEADER.recordBatch, builder.endObject(), bodyLength, 0);
}

/** The file's end: that of the messages, the footer, its length and the magic. */
export function encodeFooter(fields: readonly ArrowField[], blocks: readonly ArrowBlock[]): Uint8Array {
  const builder = new Builder(1024);
  const schema = putSchema(builder, fields);
  builder.startVector(BLOCK_SIZE, blocks.length, 8);
  for (const { offset, metadataLength, bodyLength } of blocks.toReversed()) {
    builder.prep(8, BLOCK_SIZE);
    builder.writeInt64(BigInt(bodyLength));
    builder.pad(4);
    builder.writeInt32(metadataLength);
    builder.writeInt64(BigInt(offset));
  }
  const batches = builder.endVector();
  builder.startVector(BLOCK_SIZE, 0, 8);
  const dictionaries = builder.endVector();
  builder.startObject(5);
  builder.addFieldInt16(0, V5, 0);
  builder.addFieldOffset(1, schema, 0);
  builder.addFieldOffset(2, dictionaries, 0);
  builder.addFieldOffset(3, batches, 0);
  builder.finish(builder.endObject());
  const footer = builder.asUint8Array();
  const out = new Uint8Array(8 + footer.length + 4 + ARROW_MAGIC.length);
  const view = new DataView(out.buffer);
  view.setUint32(0, CONTINUATION, true);
  out.set(footer, 8);
  view.setUint32(8 + footer.length, footer.length, true);
  out.set(ARROW_MAGIC, 12 + footer.length);
  return out;
}

function encodeMessage(builder: Builder, kind: number, header: number, bodyLength: number, start: number): Uint8Array {
  builder.startObject(5);
  builder.addFieldInt16(0, V5, 0);
  builder.addFieldInt8(1, kind, 0);
  builder.addFieldOffset(2, header, 0);
  builder.addFieldInt64(3, BigInt(bodyLength), 0n);
  builder.finish(builder.endObject());
  const message = builder.asUint8Array();
  const end = aligned(start + 8 + message.length);
  const out = new Uint8Array(end - start);
  const view = new DataView(out.buffer);
  view.setUint32(0, CONTINUATION, true);
  view.setUint32(4, out.length - 8, true);
  out.set(message, 8);
  return out;
}

function putPair(builder: Builder, first: number, second: number): void {
  builder.prep(8, 16);
  builder.writeInt64(BigInt(second));
  builder.writeInt64(BigInt(first));
}

function putSchema(builder: Builder, fields: readonly ArrowField[]): number {
  builder.startVector(4, 0, 4);
  const noChildren = builder.endVector();
  const offsets = fields.map((field) => putField(builder, field, noChildren));
  builder.startVector(4, offsets.length, 4);
  for (const offset of offsets.toReversed()) builder.addOffset(offset);
  const vector = builder.endVector();
  builder.startObject(4);
  builder.addFieldOffset(1, vector, 0);
  return builder.endObject();
}

function putField(builder: Builder, { name, type }: ArrowField, noChildren: number): number {
  const text = builder.createString(name);
  const typeOffset = putType(builder, type);
  builder.startObject(7);
  builder.addFieldOffset(0, text, 0);
  // As other programs write columns, which never say that theirs has no nulls.
  builder.addFieldInt8(1, 1, 0);
  builder.addFieldInt8(2, TYPE[type.kind], 0);
  builder.addFieldOffset(3, typeOffset, 0);
  builder.addFieldOffset(5, noChildren, 0);
  return builder.endObject();
}

function putType(builder: Builder, type: ArrowType): number {
  builder.startObject(2);
  switch (type.kind) {
    case "int":
      builder.addFieldInt32(0, type.bits, 0);
      builder.addFieldInt8(1, type.signed ? 1 : 0, 0);
      break;
    case "float":
      builder.addFieldInt16(0, type.bits === 16 ? 0 : type.bits === 32 ? 1 : 2, 0);
      break;
    case "fixed-size-binary":
      builder.addFieldInt32(0, type.size, 0);
      break;
  }
  return builder.endObject();
}
