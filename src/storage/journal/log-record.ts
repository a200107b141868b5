import { crc32 } from "node:zlib";
import { getU64 } from "../little-endian.ts";

/** The records of a log (docs/writing.md, section 2). Offsets are in the file, not relative to a base address. */
export type LogRecord =
  | {
      readonly type: "write";
      readonly offset: number;
      /** So many bytes from `offset` on lay before the end of allocation at the last checkpoint, and `replaced` is their CRC-32. */
      readonly replacedLength: number;
      readonly replaced: number;
      readonly bytes: Uint8Array;
    }
  /** Bytes that were written into the file itself. */
  | { readonly type: "extent"; readonly offset: number; readonly length: number; readonly checksum: number }
  /** Ends a transaction. `end` is the end of allocation after it. */
  | { readonly type: "publish"; readonly transaction: number; readonly end: number }
  /** All up to `transaction` is durable. */
  | { readonly type: "sync"; readonly transaction: number };

/** The first field of a record. */
export const TYPE = { write: 1, extent: 2, publish: 3, sync: 4 } as const;

/** Bytes of a record before its payload: type, payload length, checksum, zero, 32 bits each. */
export const HEAD = 16;
/** Bytes of a Write record's payload before the new bytes. */
export const WRITE_HEAD = 16;

/** The records from byte `start` on: up to the first that is torn, or belongs to another generation. */
export function* decodeRecords(
  bytes: Uint8Array,
  start: number,
  chain: number,
): Generator<{ readonly record: LogRecord; readonly end: number; readonly chain: number }> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let last = chain;
  for (let at = start; at + HEAD <= bytes.length; ) {
    const size = view.getUint32(at + 4, true);
    const end = at + HEAD + align(size);
    if (end > bytes.length) return;
    const stored = view.getUint32(at + 8, true);
    const whole = bytes.slice(at, end);
    whole.fill(0, 8, 12);
    const computed = crc32(whole, last);
    const record =
      computed === stored ? decodePayload(view.getUint32(at, true), whole.subarray(HEAD), size) : undefined;
    if (record === undefined) return;
    last = computed;
    at = end;
    yield { record, end, chain: last };
  }
}

/** Records begin at multiples of 8. */
export function align(size: number): number {
  return Math.ceil(size / 8) * 8;
}

function decodePayload(type: number, payload: Uint8Array, size: number): LogRecord | undefined {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  switch (type) {
    case TYPE.write:
      return {
        type: "write",
        offset: getU64(view, 0),
        replacedLength: view.getUint32(8, true),
        replaced: view.getUint32(12, true),
        bytes: payload.subarray(WRITE_HEAD, size),
      };
    case TYPE.extent:
      return {
        type: "extent",
        offset: getU64(view, 0),
        length: getU64(view, 8),
        checksum: view.getUint32(16, true),
      };
    case TYPE.publish:
      return { type: "publish", transaction: getU64(view, 0), end: getU64(view, 8) };
    case TYPE.sync:
      return { type: "sync", transaction: getU64(view, 0) };
    default:
      return undefined;
  }
}
