import { deflateRawSync, inflateRawSync } from "node:zlib";
import { H5Error } from "../errors.ts";
import { elementBytes } from "../object/value-bytes.ts";
import { type ArrowSkeleton, MAX_SKELETON, readArrowSkeleton } from "./arrow-skeleton.ts";
import type { ArrowForm, ArrowRest } from "./arrow-text.ts";

/** How an Arrow file is written that a dataset was made from: all of it but the values, as base64 of raw DEFLATE. Plain data, which JSON keeps. */
export interface ArrowStyle {
  /** The file without the bodies of its record batches. */
  readonly skeleton: string;
  /** The `rest` of its batches: number of the batch, offset, length (32 bits each, little-endian), bytes. */
  readonly rest: string;
}

/** An attribute has no room for more. */
const MAX_TEXT = 60_000;

/** @throws H5Error "argument" where it is too much to be kept */
export function arrowStyleOf({ batches, tail }: ArrowSkeleton): ArrowStyle {
  const style = {
    skeleton: packed([...batches.map(({ before }) => before), tail]),
    rest: packed(batches.flatMap((batch, i) => batch.rest.flatMap((rest) => encodeRest(i, rest)))),
  };
  const length = style.skeleton.length + style.rest.length;
  if (length <= MAX_TEXT) return style;
  const what = `what is in it besides the values of its ${batches.length} record batches`;
  throw new H5Error("argument", `${what} takes ${length} bytes, more than can be kept: write it in larger ones`);
}

function packed(parts: readonly Uint8Array[]): string {
  return deflateRawSync(Buffer.concat(parts), { level: 9 }).toString("base64");
}

/** Others can write what is kept in a file: it may be short, and long when it is unpacked. */
function unpacked(text: string): Uint8Array {
  return inflateRawSync(Buffer.from(text, "base64"), { maxOutputLength: MAX_SKELETON });
}

function encodeRest(batch: number, { offset, bytes }: ArrowRest): readonly Uint8Array[] {
  const head = elementBytes(new Uint8Array(12));
  for (const [i, number] of [batch, offset, bytes.length].entries()) head.view.setUint32(4 * i, number, true);
  return [head.bytes, bytes];
}

/** @returns `undefined`: it is no style */
export function decodeArrowStyle({ skeleton, rest }: ArrowStyle): ArrowSkeleton | undefined {
  try {
    const bytes = unpacked(skeleton);
    const read = (offset: number, length: number): Uint8Array => bytes.subarray(offset, offset + length);
    return withRest(readArrowSkeleton(read, bytes.length, false), unpacked(rest));
  } catch (error) {
    // Somebody else's.
    if (error instanceof H5Error || (error instanceof Error && "code" in error)) return undefined;
    throw error;
  }
}

function withRest(skeleton: ArrowSkeleton, bytes: Uint8Array): ArrowSkeleton | undefined {
  const rests: ArrowRest[][] = skeleton.batches.map(() => []);
  const { view } = elementBytes(bytes);
  for (let at = 0; at < bytes.length; ) {
    if (at + 12 > bytes.length) return undefined;
    const number = view.getUint32(at, true);
    const offset = view.getUint32(at + 4, true);
    const length = view.getUint32(at + 8, true);
    at += 12;
    const { bodyLength = 0 } = skeleton.batches[number] ?? {};
    if (offset + length > bodyLength || at + length > bytes.length) return undefined;
    rests[number]?.push({ offset, bytes: bytes.subarray(at, at + length) });
    at += length;
  }
  const batches = skeleton.batches.map((batch, i) => ({ ...batch, rest: rests[i] ?? [] }));
  return { ...skeleton, batches };
}

/** The file that it was, with whatever values. */
export function styledForm({ batches, tail, size }: ArrowSkeleton): ArrowForm {
  return {
    size,
    batchCount: batches.length,
    batch(number) {
      const batch = batches[number];
      if (batch === undefined) throw new TypeError(`there is no batch ${number}`);
      return batch;
    },
    tail: () => tail,
  };
}
