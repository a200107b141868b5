import { UnsupportedError } from "../../errors.ts";
import type { BitfieldType, EnumType, FloatType, IntegerType, TimeType } from "../../format/datatype.ts";
import type { ElementBytes } from "../value-bytes.ts";
import { checkFloat, type DecodedFloat, floatFormat, readFloat } from "../value-float.ts";
import {
  type IntegerLayout,
  integerLayout,
  isWholeInteger,
  type NumberReader,
  readInteger,
  smallIntegerReader,
} from "../value-integer.ts";
import type { ByteSink } from "./byte-sink.ts";
import type { Cell } from "./cell.ts";
import { FLOAT_TEXT_SIZE, Float64Text, putExact, putFloat32 } from "./float.ts";
import { putAscii, putBigInt, putInteger } from "./integer.ts";

/** How numbers without digits are written. */
export interface NonFiniteText {
  readonly nan: string;
  readonly infinity: string;
  readonly negativeInfinity: string;
}

/** What NumPy, pandas, R and C read; the same as `putFloat32` and `Float64Text` write. */
export const PLAIN: NonFiniteText = { nan: "nan", infinity: "inf", negativeInfinity: "-inf" };

/** JSON has no such numbers: strings, which JavaScript's `Number` and Python's `float` take. */
export const JSON_STRINGS: NonFiniteText = {
  nan: '"NaN"',
  infinity: '"Infinity"',
  negativeInfinity: '"-Infinity"',
};

/** Integers in decimal; floats in the fewest digits that read back, see `putDigits`. */
export function compileNumber(type: IntegerType | TimeType | FloatType, nonFinite: NonFiniteText): Cell {
  return type.class === "float" ? compileFloat(type, nonFinite) : compileInteger(integerLayout(type));
}

function compileInteger(layout: IntegerLayout): Cell {
  const read = smallIntegerReader(layout);
  if (read !== undefined) return smallInteger(read);
  if (isWholeInteger(layout)) return longInteger(layout);
  return (data, at, sink) => writeBigInt(sink, readInteger(data.bytes, at, layout));
}

function smallInteger(read: NumberReader): Cell {
  return (data, at, sink) => {
    const out = sink.room(24);
    sink.length = putInteger(out, sink.length, read(data, at));
  };
}

/** Eight bytes: a double is exact below 2^53, which most are. */
function longInteger(layout: IntegerLayout): Cell {
  const little = layout.order === "little";
  const highAt = little ? 4 : 0;
  const lowAt = 4 - highAt;
  return (data, at, sink) => {
    const { view } = data;
    const high = layout.signed ? view.getInt32(at + highAt, little) : view.getUint32(at + highAt, little);
    if (high >= -0x200000 && high < 0x200000) {
      const value = high * 0x100000000 + view.getUint32(at + lowAt, little);
      const out = sink.room(24);
      sink.length = putInteger(out, sink.length, value);
    } else {
      writeBigInt(sink, layout.signed ? view.getBigInt64(at, little) : view.getBigUint64(at, little));
    }
  };
}

function writeBigInt(sink: ByteSink, value: bigint): void {
  // 64 bytes are 155 digits.
  const out = sink.room(160);
  sink.length = putBigInt(out, sink.length, value);
}

function compileFloat(type: FloatType, nonFinite: NonFiniteText): Cell {
  const format = floatFormat(type);
  const little = type.order === "little";
  if (format === "binary64") {
    const text = new Float64Text();
    return (data, at, sink) => {
      const value = data.view.getFloat64(at, little);
      if (value - value !== 0) return writeAscii(sink, nonFiniteText(value, nonFinite));
      const out = sink.room(FLOAT_TEXT_SIZE);
      sink.length = text.put(out, sink.length, value);
    };
  }
  if (format === "binary32") {
    return (data, at, sink) => {
      const value = data.view.getFloat32(at, little);
      if (value - value !== 0) return writeAscii(sink, nonFiniteText(value, nonFinite));
      const out = sink.room(FLOAT_TEXT_SIZE);
      sink.length = putFloat32(out, sink.length, value);
    };
  }
  checkFloat(type);
  // Two bytes have few values: each is formatted once.
  return type.size <= 2
    ? remembering(type, nonFinite)
    : (data, at, sink) => writeFloat(type, data, at, sink, nonFinite);
}

function remembering(type: FloatType, nonFinite: NonFiniteText): Cell {
  const texts = new Array<Uint8Array | undefined>(1 << (8 * type.size));
  return (data, at, sink) => {
    const { bytes } = data;
    const key = type.size === 1 ? (bytes[at] ?? 0) : ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    let text = texts[key];
    if (text === undefined) {
      text = texts[key] = floatText(readFloat(bytes, at, type), nonFinite);
    }
    sink.write(text);
  };
}

function writeFloat(type: FloatType, data: ElementBytes, at: number, sink: ByteSink, nonFinite: NonFiniteText): void {
  sink.write(floatText(readFloat(data.bytes, at, type), nonFinite));
}

function floatText(value: DecodedFloat, nonFinite: NonFiniteText): Uint8Array {
  // 255 bits of mantissa are 77 digits.
  const out = new Uint8Array(128);
  if (value.kind === "nan") return out.slice(0, putAscii(out, 0, nonFinite.nan));
  if (value.kind === "infinity") {
    return out.slice(0, putAscii(out, 0, value.negative ? nonFinite.negativeInfinity : nonFinite.infinity));
  }
  const at = value.negative ? putAscii(out, 0, "-") : 0;
  return out.slice(0, value.mantissa === 0n ? putAscii(out, at, "0.0") : putExact(out, at, value));
}

function nonFiniteText(value: number, text: NonFiniteText): string {
  return Number.isNaN(value) ? text.nan : value > 0 ? text.infinity : text.negativeInfinity;
}

export function writeAscii(sink: ByteSink, text: string): void {
  const out = sink.room(text.length);
  sink.length = putAscii(out, sink.length, text);
}

/** A bitfield's bits as one number: `0x` and all its hexadecimal digits, the most significant first. */
export function compileBitfield(type: BitfieldType, quote: "" | '"'): Cell {
  const layout = integerLayout(type);
  const digits = Math.ceil(layout.precision / 4);
  return ({ bytes }, at, sink) =>
    writeAscii(sink, `${quote}0x${readInteger(bytes, at, layout).toString(16).padStart(digits, "0")}${quote}`);
}

/**
 * Enumerations by name; a value without a name as the number it is.
 * @param nameText a name as it is to be written
 */
export function compileEnum(type: EnumType, nameText: (name: string) => Uint8Array): Cell {
  if (type.base.class !== "integer") {
    throw new UnsupportedError(`an enumeration of the class ${type.base.class} is not supported`);
  }
  const layout = integerLayout(type.base);
  const number = compileInteger(layout);
  const names = new Map<number | bigint, Uint8Array>();
  const read = smallIntegerReader(layout);
  for (const { name, value } of type.members) {
    const exact = readInteger(value, 0, layout);
    const key = read === undefined ? exact : Number(exact);
    if (!names.has(key)) names.set(key, nameText(name));
  }
  return (data, at, sink) => {
    const name = names.get(read === undefined ? readInteger(data.bytes, at, layout) : read(data, at));
    if (name === undefined) number(data, at, sink);
    else sink.write(name);
  };
}
