import { FormatError, UnsupportedError } from "../src/errors.ts";
import type { Codec } from "./codec.ts";
import { PackedBits } from "./packed-bits.ts";

/** What the filter's client data say (H5Zscaleoffset.c). */
interface ScaleOffset {
  /** `undefined`: of integers. */
  readonly decimals: number | undefined;
  readonly elements: number;
  /** Bytes of an element. */
  readonly size: number;
  readonly littleEndian: boolean;
  /** The fill value's bytes, the lowest first; `undefined`: there is none, and no value stands for it. */
  readonly fill: Uint8Array | undefined;
}

/** The number of bits, its own size, the least value, and bytes that nobody uses. */
const HEADER_SIZE = 21;
const LEAST_VALUE_AT = 5;
const CLIENT_DATA_VALUES = 20;

function damaged(message: string): FormatError {
  return new FormatError(message, { structure: "scaleoffset data" });
}

function scaleOffsetOf(clientData: readonly number[]): ScaleOffset | undefined {
  const [scaleType, factor = 0, elements = 0, kind, size = 0, , order, hasFill] = clientData;
  if (clientData.length < CLIENT_DATA_VALUES || scaleType === undefined) {
    throw damaged(`the filter has ${clientData.length} values, expected ${CLIENT_DATA_VALUES}`);
  }
  if (scaleType === 1) throw new UnsupportedError("scaleoffset: the E-scaling method, which libhdf5 never had");
  const ofFloats = kind === 1;
  const isKnown = ofFloats ? size === 4 || size === 8 : kind === 0 && [1, 2, 4, 8].includes(size);
  if (!isKnown) throw damaged(`class ${kind} with elements of ${size} bytes`);
  if ((scaleType === 0) !== ofFloats) throw damaged(`scale type ${scaleType} of class ${kind}`);
  // All bits are asked for: libhdf5 leaves the data as they are, without a header.
  if (!ofFloats && (factor | 0) === size * 8) return undefined;
  if (!ofFloats && (factor | 0) > size * 8) throw damaged(`${factor} bits for elements of ${size} bytes`);
  const fill = new Uint8Array(8);
  const view = new DataView(fill.buffer);
  view.setUint32(0, clientData[8] ?? 0, true);
  view.setUint32(4, clientData[9] ?? 0, true);
  return {
    decimals: ofFloats ? factor | 0 : undefined,
    elements,
    size,
    littleEndian: order === 0,
    fill: hasFill === 1 ? fill : undefined,
  };
}

function decodeNarrow(packed: PackedBits, bits: number, least: DataView, settings: ScaleOffset, view: DataView): void {
  const { size, elements, fill, littleEndian } = settings;
  const base = least.getUint32(0, true);
  const mark = fill === undefined ? -1 : 2 ** bits - 1;
  const filled = fill === undefined ? 0 : new DataView(fill.buffer).getUint32(0, true);
  for (let i = 0; i < elements; i++) {
    const stored = packed.readLong(bits);
    // Only the lowest bytes count, whatever the sign.
    const value = stored === mark ? filled : (stored + base) | 0;
    if (size === 4) view.setUint32(i * 4, value, littleEndian);
    else if (size === 2) view.setUint16(i * 2, value & 0xffff, littleEndian);
    else view.setUint8(i, value & 0xff);
  }
}

function decodeWide(packed: PackedBits, bits: number, least: DataView, settings: ScaleOffset, view: DataView): void {
  const { elements, fill, littleEndian } = settings;
  const base = least.getBigUint64(0, true);
  const mark = fill === undefined ? -1n : (1n << BigInt(bits)) - 1n;
  const filled = fill === undefined ? 0n : new DataView(fill.buffer).getBigUint64(0, true);
  for (let i = 0; i < elements; i++) {
    const high = packed.readLong(Math.max(bits - 32, 0));
    const stored = (BigInt(high) << 32n) | BigInt(packed.readLong(Math.min(bits, 32)));
    view.setBigUint64(i * 8, BigInt.asUintN(64, stored === mark ? filled : stored + base), littleEndian);
  }
}

/** In the precision of the type at each step, as libhdf5 has it. */
function decodeFloats(packed: PackedBits, bits: number, least: DataView, settings: ScaleOffset, view: DataView): void {
  const { elements, size, decimals = 0, fill, littleEndian } = settings;
  const rounded = size === 4 ? Math.fround : (value: number) => value;
  const base = size === 4 ? least.getFloat32(0, true) : least.getFloat64(0, true);
  const scale = rounded(Number(`1e${decimals}`));
  const fillView = fill === undefined ? undefined : new DataView(fill.buffer);
  const [markHigh, markLow] = [2 ** Math.max(bits - 32, 0) - 1, 2 ** Math.min(bits, 32) - 1];
  for (let i = 0; i < elements; i++) {
    const high = packed.readLong(Math.max(bits - 32, 0));
    const low = packed.readLong(Math.min(bits, 32));
    const at = i * size;
    if (fillView !== undefined && high === markHigh && low === markLow) {
      // As bits, for a NaN may have any.
      if (size === 4) view.setUint32(at, fillView.getUint32(0, true), littleEndian);
      else view.setBigUint64(at, fillView.getBigUint64(0, true), littleEndian);
      continue;
    }
    const value = rounded(rounded(rounded(high * 2 ** 32 + low) / scale) + base);
    if (size === 4) view.setFloat32(at, value, littleEndian);
    else view.setFloat64(at, value, littleEndian);
  }
}

function decodeScaleOffset(input: Uint8Array, settings: ScaleOffset, output: Uint8Array): Uint8Array {
  const { elements, size, littleEndian } = settings;
  const length = elements * size;
  if (length > output.length) throw damaged(`decodes to ${length} bytes, expected at most ${output.length}`);
  if (input.length < HEADER_SIZE) throw damaged(`${input.length} bytes, its header alone takes ${HEADER_SIZE}`);
  const header = new DataView(input.buffer, input.byteOffset, HEADER_SIZE);
  const bits = header.getUint32(0, true);
  if (bits > size * 8) throw damaged(`${bits} bits for elements of ${size} bytes`);
  if (HEADER_SIZE + Math.ceil((elements * bits) / 8) > input.length) {
    throw damaged(`${elements} elements of ${bits} bits in ${input.length} bytes`);
  }
  const view = new DataView(output.buffer, output.byteOffset, length);
  const result = output.subarray(0, length);
  if (bits === size * 8) {
    result.set(input.subarray(HEADER_SIZE, HEADER_SIZE + length));
    if (!littleEndian) reverseElements(result, size);
    return result;
  }
  const least = new Uint8Array(8);
  const leastSize = Math.min(header.getUint8(4), 8);
  least.set(input.subarray(LEAST_VALUE_AT, LEAST_VALUE_AT + leastSize));
  const decode = settings.decimals !== undefined ? decodeFloats : size === 8 ? decodeWide : decodeNarrow;
  decode(new PackedBits(input, HEADER_SIZE), bits, new DataView(least.buffer), settings, view);
  return result;
}

function reverseElements(bytes: Uint8Array, size: number): void {
  for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
}

/**
 * Filter 6, scaleoffset: elements less the least of the chunk, in as many bits as the largest of them needs; floats are
 * first multiplied by a power of ten. The highest of these numbers stands for the fill value, where there is one.
 */
export const scaleoffsetCodec: Codec = {
  id: 6,
  name: "scaleoffset",
  implementation: "TypeScript",
  decode({ input, clientData, output }) {
    const settings = scaleOffsetOf(clientData);
    return settings === undefined ? input : decodeScaleOffset(input, settings, output);
  },
};
