import { Reader, type Sizes } from "../../src/format/reader.ts";

export const SIZES_8: Sizes = { sizeOfOffsets: 8, sizeOfLengths: 8 };

/** Bytes of an unsigned integer, little-endian. */
export function le(value: number, size: number): number[] {
  return Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** i) % 256);
}

/** Bytes of a text, padded with NULs to `size`. */
export function text(value: string, size = value.length): number[] {
  return [...Buffer.from(value.padEnd(size, "\0"), "latin1")];
}

export const UNDEFINED_8: readonly number[] = new Array<number>(8).fill(0xff);

export function readerOf(bytes: readonly number[], sizes: Sizes = SIZES_8): Reader {
  return new Reader(Uint8Array.from(bytes), 0x100, "test", sizes);
}
