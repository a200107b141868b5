import { bufferLengths } from "./arrow-column.ts";
import type { ArrowField } from "./arrow-message.ts";
import type { ArrowBatch, ArrowRest } from "./arrow-text.ts";
import type { ArrowType } from "./arrow-type.ts";

/** Shorter runs of zeros between other bytes are kept with them. */
const MIN_ZEROS = 16;

/**
 * What a body has besides its values and zeros. (A program that writes some rows of many rounds their buffers up to a multiple of 64
 * bytes: there are values of the next rows then.)
 */
export function restOf(
  { rows, buffers, bodyLength }: ArrowBatch,
  fields: readonly ArrowField[],
  body: Uint8Array,
): ArrowRest[] {
  const used: (readonly [from: number, to: number])[] = [];
  const bits: number[] = [];
  for (const [c, { type }] of fields.entries()) {
    for (const [k, { offset, length }] of (buffers[c] ?? []).entries()) {
      if (length === 0 || rows === 0) continue;
      used.push([offset, offset + usedBytes(type, k, rows, body, buffers[c]?.[1]?.offset ?? 0)]);
      const isBitmap = k === 0 || type.kind === "bool";
      if (isBitmap && (rows & 7) !== 0) bits.push(offset + (rows >> 3));
    }
  }
  const rest = bits.flatMap((at): ArrowRest[] => {
    const byte = (body[at] ?? 0) & ~((1 << (rows & 7)) - 1);
    return byte === 0 ? [] : [{ offset: at, bytes: Uint8Array.of(byte) }];
  });
  let at = 0;
  for (const [from, to] of [...used.toSorted(([a], [b]) => a - b), [bodyLength, bodyLength] as const]) {
    rest.push(...runsOf(body, at, from));
    at = Math.max(at, to);
  }
  return rest;
}

/** @param k which of the column's buffers @param offsets where those of its strings are */
function usedBytes(type: ArrowType, k: number, rows: number, body: Uint8Array, offsets: number): number {
  if (k === 0) return Math.ceil(rows / 8);
  // Of 64 bits the upper ones are zeros: no body is so long.
  const last = offsets + (type.kind === "large-utf8" ? 8 : 4) * rows;
  if (k === 2) return new DataView(body.buffer, body.byteOffset).getUint32(last, true);
  return bufferLengths(type, 0, rows)[k - 1] ?? 0;
}

/** The bytes of [from, to) that are no zeros, in runs. */
function* runsOf(body: Uint8Array, from: number, to: number): Generator<ArrowRest> {
  let start = -1;
  let end = -1;
  for (let i = from; i < to; i++) {
    if (body[i] === 0) continue;
    if (start >= 0 && i - end >= MIN_ZEROS) {
      yield { offset: start, bytes: body.slice(start, end) };
      start = -1;
    }
    if (start < 0) start = i;
    end = i + 1;
  }
  if (start >= 0) yield { offset: start, bytes: body.slice(start, end) };
}
