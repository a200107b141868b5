import { UnsupportedError } from "../errors.ts";
import type { BitfieldType, ByteOrder, IntegerType, TimeType } from "../format/datatype.ts";
import type { ElementBytes } from "./value-bytes.ts";

/** Where the bits of an integer are in its element. */
export interface IntegerLayout {
  readonly size: number;
  readonly order: ByteOrder;
  readonly bitOffset: number;
  readonly precision: number;
  readonly signed: boolean;
}

/** Larger ones are refused: reading them is work that grows with the square of the size. */
const MAX_SIZE = 64;

/** @throws UnsupportedError for an element of more than 64 bytes */
export function integerLayout(type: IntegerType | BitfieldType | TimeType): IntegerLayout {
  if (type.size > MAX_SIZE) {
    throw new UnsupportedError(`a ${type.class} of ${type.size} bytes is not supported, at most ${MAX_SIZE}`);
  }
  switch (type.class) {
    case "integer":
      return type;
    case "bitfield":
      return { ...type, signed: false };
    case "time":
      // Seconds since 1970 may lie before it: PyTables' time32 and time64 are signed.
      return { size: type.size, order: type.order, bitOffset: 0, precision: type.precision, signed: true };
  }
}

/** True if every bit of the element counts and the processor knows the size: 1, 2, 4 or 8 bytes. */
export function isWholeInteger({ size, order, bitOffset, precision }: IntegerLayout): boolean {
  return (
    (size === 1 || size === 2 || size === 4 || size === 8) &&
    (order !== "vax" || size === 1) &&
    bitOffset === 0 &&
    precision === size * 8
  );
}

type NumberReader = (data: ElementBytes, at: number) => number;

/** Integers that fit a double: whole ones of at most 4 bytes. `undefined` for every other layout. */
export function smallIntegerReader(layout: IntegerLayout): NumberReader | undefined {
  if (!isWholeInteger(layout)) return undefined;
  const little = layout.order === "little";
  switch (layout.signed ? -layout.size : layout.size) {
    case 1:
      return ({ bytes }, at) => bytes[at] ?? 0;
    case -1:
      return ({ view }, at) => view.getInt8(at);
    case 2:
      return ({ view }, at) => view.getUint16(at, little);
    case -2:
      return ({ view }, at) => view.getInt16(at, little);
    case 4:
      return ({ view }, at) => view.getUint32(at, little);
    case -4:
      return ({ view }, at) => view.getInt32(at, little);
    default:
      return undefined;
  }
}

/** The element's `size` bytes as one unsigned number, whatever their order. */
export function readBits(bytes: Uint8Array, at: number, size: number, order: ByteOrder): bigint {
  let value = 0n;
  for (let i = 0; i < size; i++) value = (value << 8n) | BigInt(bytes[at + byteOfSignificance(i, size, order)] ?? 0);
  return value;
}

/** Which byte of the element is the `i`-th most significant. */
function byteOfSignificance(i: number, size: number, order: ByteOrder): number {
  if (order === "little") return size - 1 - i;
  if (order === "big") return i;
  // VAX: 16-bit words, the most significant first, each with its low byte first. (Odd sizes have no such order.)
  return size % 2 === 0 ? i ^ 1 : size - 1 - i;
}

/** Any integer of any layout, exactly. */
export function readInteger(bytes: Uint8Array, at: number, layout: IntegerLayout): bigint {
  const bits = readBits(bytes, at, layout.size, layout.order) >> BigInt(layout.bitOffset);
  return layout.signed ? BigInt.asIntN(layout.precision, bits) : BigInt.asUintN(layout.precision, bits);
}

/** The counterpart of `readBits`. */
export function writeBits(bytes: Uint8Array, at: number, size: number, order: ByteOrder, bits: bigint): void {
  let rest = bits;
  for (let i = size - 1; i >= 0; i--) {
    bytes[at + byteOfSignificance(i, size, order)] = Number(rest & 0xffn);
    rest >>= 8n;
  }
}

/** The least and the greatest value of integers of that layout. */
export function integerRange({ signed, precision }: IntegerLayout): readonly [least: bigint, greatest: bigint] {
  const top = 1n << BigInt(signed ? precision - 1 : precision);
  return [signed ? -top : 0n, top - 1n];
}

/** The bits of an element that are padding, and stored as ones. */
export function paddingOf({
  size,
  bitOffset,
  precision,
  lowPadding,
  highPadding,
}: Pick<IntegerType, "size" | "bitOffset" | "precision" | "lowPadding" | "highPadding">): bigint {
  const low = lowPadding === "one" ? (1n << BigInt(bitOffset)) - 1n : 0n;
  const top = BigInt(bitOffset + precision);
  const high = highPadding === "one" ? ((1n << BigInt(8 * size)) - 1n) & ~((1n << top) - 1n) : 0n;
  return low | high;
}

/** The counterpart of `readInteger`, for a value within `integerRange`. @param padding see `paddingOf` */
export function writeInteger(
  bytes: Uint8Array,
  at: number,
  { size, order, bitOffset, precision }: IntegerLayout,
  padding: bigint,
  value: bigint,
): void {
  writeBits(bytes, at, size, order, padding | (BigInt.asUintN(precision, value) << BigInt(bitOffset)));
}

/** Microseconds of a time of that kind (`isTimeval`), exact. */
export function readTimeval(view: DataView, at: number, little: boolean): number {
  const seconds = view.getInt32(at + (little ? 4 : 0), little);
  const microseconds = view.getInt32(at + (little ? 0 : 4), little);
  return seconds * 1_000_000 + microseconds;
}

/** The counterpart of `readTimeval`: seconds and microseconds have the same sign, as PyTables writes them. */
export function writeTimeval(view: DataView, at: number, little: boolean, time: number): void {
  const seconds = Math.trunc(time / 1_000_000);
  view.setInt32(at + (little ? 4 : 0), seconds, little);
  view.setInt32(at + (little ? 0 : 4), time - seconds * 1_000_000, little);
}
