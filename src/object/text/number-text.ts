import { UnsupportedError } from "../../errors.ts";
import type { BitfieldType, EnumType, FloatType, IntegerType, TimeType } from "../../format/datatype.ts";
import { encodeText } from "../../format/text.ts";
import { checkFloat, floatFormat } from "../value-float.ts";
import {
  type IntegerLayout,
  integerLayout,
  isWholeInteger,
  readInteger,
  readTimeval,
  smallIntegerReader,
} from "../value-integer.ts";
import { bounded, cellOf, open, type Put, type Writer } from "./cell.ts";
import { exactFloatText, FLOAT_TEXT_SIZE, type NonFiniteText, nonFiniteText } from "./float-text.ts";
import { putFloat32 } from "./float32.ts";
import { FLOAT_ROOM, Float64Text } from "./float64.ts";
import { INTEGER_ROOM, putAscii, putBigInt, putSigned32, putSigned64, putUnsigned, putUnsigned64 } from "./integer.ts";
import { TextTable } from "./text-table.ts";

/** Integers in decimal; floats in the fewest digits that read back, see digits.ts. */
export function numberWriter(type: IntegerType | TimeType | FloatType, nonFinite: NonFiniteText): Writer {
  if (type.class === "float") return floatWriter(type, nonFinite);
  return type.class === "time" && type.isTimeval ? timevalWriter(type) : integerWriter(integerLayout(type));
}

/** Seconds, with as many decimals of the microseconds as there are, at least one: a column of them is one of floats. */
function timevalWriter({ order }: TimeType): Writer {
  const little = order === "little";
  return bounded(INTEGER_ROOM, ({ view }, at, out, start) => {
    const time = readTimeval(view, at, little);
    const size = Math.abs(time);
    const seconds = Math.floor(size / 1_000_000);
    let to = start;
    if (time < 0) out.setUint8(to++, MINUS);
    to = putUnsigned(out, to, seconds);
    let rest = size - seconds * 1_000_000;
    out.setUint8(to++, POINT);
    do {
      const digit = Math.floor(rest / 100_000);
      out.setUint8(to++, ZERO + digit);
      rest = (rest - digit * 100_000) * 10;
    } while (rest > 0);
    return to;
  });
}

const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;

/** 64 bytes are 155 digits. */
const BIG_INTEGER_ROOM = 160;

function integerWriter(layout: IntegerLayout): Writer {
  if (!isWholeInteger(layout)) {
    return bounded(BIG_INTEGER_ROOM, ({ bytes }, at, out, to) => putBigInt(out, to, readInteger(bytes, at, layout)));
  }
  return bounded(INTEGER_ROOM, layout.size === 8 ? putLong(layout) : putSmall(layout));
}

/** At most four bytes. */
function putSmall({ size, signed, order }: IntegerLayout): Put {
  const little = order === "little";
  switch (signed ? -size : size) {
    case 1:
      return ({ bytes }, at, out, to) => putSigned32(out, to, bytes[at] ?? 0);
    case -1:
      return ({ view }, at, out, to) => putSigned32(out, to, view.getInt8(at));
    case 2:
      return ({ view }, at, out, to) => putSigned32(out, to, view.getUint16(at, little));
    case -2:
      return ({ view }, at, out, to) => putSigned32(out, to, view.getInt16(at, little));
    case 4:
      return ({ view }, at, out, to) => putUnsigned(out, to, view.getUint32(at, little));
    default:
      return ({ view }, at, out, to) => putSigned32(out, to, view.getInt32(at, little));
  }
}

function putLong({ order, signed }: IntegerLayout): Put {
  const little = order === "little";
  const highAt = little ? 4 : 0;
  const lowAt = 4 - highAt;
  return signed
    ? ({ view }, at, out, to) =>
        putSigned64(out, to, view.getInt32(at + highAt, little), view.getInt32(at + lowAt, little))
    : ({ view }, at, out, to) =>
        putUnsigned64(out, to, view.getInt32(at + highAt, little), view.getInt32(at + lowAt, little));
}

function floatWriter(type: FloatType, nonFinite: NonFiniteText): Writer {
  const little = type.order === "little";
  switch (floatFormat(type)) {
    case "binary64": {
      const text = new Float64Text();
      return bounded(FLOAT_ROOM, ({ view }, at, out, to) => {
        const value = view.getFloat64(at, little);
        return value - value === 0
          ? text.put(view, at, little, out, to)
          : putAscii(out, to, nonFiniteText(value, nonFinite));
      });
    }
    case "binary32":
      return bounded(FLOAT_ROOM, ({ view }, at, out, to) => {
        const value = view.getFloat32(at, little);
        return value - value === 0
          ? putFloat32(view, at, little, out, to)
          : putAscii(out, to, nonFiniteText(value, nonFinite));
      });
    default: {
      checkFloat(type);
      const text = exactFloatText(type, nonFinite);
      // Two bytes have few values: each is formatted once.
      return type.size <= 2
        ? tableWriter(type.size, FLOAT_TEXT_SIZE, text)
        : open(({ bytes }, at, sink) => sink.write(text(bytes, at)));
    }
  }
}

/** Elements of one or two bytes, whose texts are kept. */
function tableWriter(size: number, width: number, text: (bytes: Uint8Array, at: number) => Uint8Array): Writer {
  const table = new TextTable(1 << (8 * size));
  return bounded(width + 4, ({ bytes }, at, out, to) => {
    const first = bytes[at] ?? 0;
    const key = size === 1 ? first : first * 256 + (bytes[at + 1] ?? 0);
    if (!table.has(key)) table.set(key, text(bytes, at));
    return table.put(key, out, to);
  });
}

/** A bitfield's bits as one number: `0x` and all its hexadecimal digits, the most significant first. */
export function bitfieldWriter(type: BitfieldType, quote: "" | '"'): Writer {
  const layout = integerLayout(type);
  const digits = Math.ceil(layout.precision / 4);
  const text = (bytes: Uint8Array, at: number): Uint8Array =>
    encodeText(`${quote}0x${readInteger(bytes, at, layout).toString(16).padStart(digits, "0")}${quote}`);
  return type.size <= 2
    ? tableWriter(type.size, digits + 4, text)
    : open(({ bytes }, at, sink) => sink.write(text(bytes, at)));
}

/**
 * Enumerations by name; a value without a name as the number it is.
 * @param nameText a name as it is to be written
 */
export function enumWriter(type: EnumType, nameText: (name: string) => Uint8Array): Writer {
  if (type.base.class !== "integer") {
    throw new UnsupportedError(`an enumeration of the class ${type.base.class} is not supported`);
  }
  const layout = integerLayout(type.base);
  const names = new Map<bigint, Uint8Array>();
  let width = INTEGER_ROOM;
  for (const { name, value } of type.members) {
    const exact = readInteger(value, 0, layout);
    if (names.has(exact)) continue;
    const text = nameText(name);
    names.set(exact, text);
    width = Math.max(width, text.length + 4);
  }
  if (type.size <= 2) {
    return tableWriter(type.size, width, (bytes, at) => {
      const value = readInteger(bytes, at, layout);
      return names.get(value) ?? encodeText(`${value}`);
    });
  }
  return wideEnumWriter(layout, names, width);
}

function wideEnumWriter(layout: IntegerLayout, names: ReadonlyMap<bigint, Uint8Array>, width: number): Writer {
  const number = integerWriter(layout);
  const read = smallIntegerReader(layout);
  if (read === undefined || number.kind === "open") {
    const numberCell = cellOf(number);
    return open((data, at, sink) => {
      const name = names.get(readInteger(data.bytes, at, layout));
      if (name === undefined) numberCell(data, at, sink);
      else sink.write(name);
    });
  }
  const table = new TextTable(names.size);
  const keys = new Map<number, number>();
  for (const [value, text] of names) {
    table.set(keys.size, text);
    keys.set(Number(value), keys.size);
  }
  return bounded(Math.max(width, number.width), (data, at, out, to) => {
    const key = keys.get(read(data, at));
    return key === undefined ? number.put(data, at, out, to) : table.put(key, out, to);
  });
}
