import { UnsupportedError } from "../../errors.ts";
import type { BitfieldType, EnumType, FloatType, IntegerType, TimeType } from "../../format/datatype.ts";
import { encodeText } from "../../format/text.ts";
import { checkFloat, floatFormat } from "../value-float.ts";
import {
  type IntegerLayout,
  integerLayout,
  isWholeInteger,
  readInteger,
  smallIntegerReader,
} from "../value-integer.ts";
import type { ByteSink } from "./byte-sink.ts";
import { type Run, runOf, SEPARATOR_ROOM, writeSeparator } from "./cell.ts";
import { exactFloatText, type NonFiniteText, nonFiniteText } from "./float-text.ts";
import { putFloat32 } from "./float32.ts";
import { FLOAT_ROOM, Float64Text } from "./float64.ts";
import { INTEGER_ROOM, putAscii, putBigInt, putInteger, putSigned64, putUnsigned64 } from "./integer.ts";
import { TextTable } from "./text-table.ts";

/** Integers in decimal; floats in the fewest digits that read back, see digits.ts. */
export function numberRun(type: IntegerType | TimeType | FloatType, nonFinite: NonFiniteText): Run {
  return type.class === "float" ? floatRun(type, nonFinite) : integerRun(integerLayout(type));
}

function integerRun(layout: IntegerLayout): Run {
  if (!isWholeInteger(layout)) {
    return runOf((data, at, sink) => writeBigInt(sink, readInteger(data.bytes, at, layout)));
  }
  return layout.size === 8 ? longIntegerRun(layout) : smallIntegerRun(layout);
}

/** At most four bytes. The kind of integer is asked for at each, which costs less than a call. */
function smallIntegerRun(layout: IntegerLayout): Run {
  const little = layout.order === "little";
  const kind = layout.signed ? -layout.size : layout.size;
  return ({ view }, at, stride, count, after, sink) => {
    const { word, size } = after;
    for (let from = at, left = count; left > 0; ) {
      const n = sink.roomFor(left, INTEGER_ROOM + SEPARATOR_ROOM);
      const out = sink.view;
      let to = sink.length;
      for (let i = 0; i < n; i++, from += stride) {
        let value: number;
        if (kind === -4) value = view.getInt32(from, little);
        else if (kind === 4) value = view.getUint32(from, little);
        else if (kind === -2) value = view.getInt16(from, little);
        else if (kind === 2) value = view.getUint16(from, little);
        else if (kind === -1) value = view.getInt8(from);
        else value = view.getUint8(from);
        to = putInteger(out, to, value);
        out.setUint32(to, word, true);
        to += size;
      }
      sink.length = to;
      left -= n;
    }
  };
}

function longIntegerRun({ order, signed }: IntegerLayout): Run {
  const little = order === "little";
  const highAt = little ? 4 : 0;
  const lowAt = 4 - highAt;
  return ({ view }, at, stride, count, after, sink) => {
    const { word, size } = after;
    for (let from = at, left = count; left > 0; ) {
      const n = sink.roomFor(left, INTEGER_ROOM + SEPARATOR_ROOM);
      const out = sink.view;
      let to = sink.length;
      for (let i = 0; i < n; i++, from += stride) {
        const low = view.getUint32(from + lowAt, little);
        to = signed
          ? putSigned64(out, to, view.getInt32(from + highAt, little), low)
          : putUnsigned64(out, to, view.getUint32(from + highAt, little), low);
        out.setUint32(to, word, true);
        to += size;
      }
      sink.length = to;
      left -= n;
    }
  };
}

function writeBigInt(sink: ByteSink, value: bigint): void {
  // 64 bytes are 155 digits.
  const out = sink.room(160);
  sink.length = putBigInt(out, sink.length, value);
}

function floatRun(type: FloatType, nonFinite: NonFiniteText): Run {
  const little = type.order === "little";
  switch (floatFormat(type)) {
    case "binary64":
      return float64Run(little, nonFinite);
    case "binary32":
      return float32Run(little, nonFinite);
    default: {
      checkFloat(type);
      const text = exactFloatText(type, nonFinite);
      // Two bytes have few values: each is formatted once.
      return type.size <= 2 ? tableRun(type.size, text) : runOf(({ bytes }, at, sink) => sink.write(text(bytes, at)));
    }
  }
}

function float64Run(little: boolean, nonFinite: NonFiniteText): Run {
  const text = new Float64Text();
  return ({ view }, at, stride, count, after, sink) => {
    const { word, size } = after;
    for (let from = at, left = count; left > 0; ) {
      const n = sink.roomFor(left, FLOAT_ROOM + SEPARATOR_ROOM);
      const out = sink.view;
      let to = sink.length;
      for (let i = 0; i < n; i++, from += stride) {
        const value = view.getFloat64(from, little);
        to = value - value === 0 ? text.put(out, to, value) : putAscii(out, to, nonFiniteText(value, nonFinite));
        out.setUint32(to, word, true);
        to += size;
      }
      sink.length = to;
      left -= n;
    }
  };
}

function float32Run(little: boolean, nonFinite: NonFiniteText): Run {
  return ({ view }, at, stride, count, after, sink) => {
    const { word, size } = after;
    for (let from = at, left = count; left > 0; ) {
      const n = sink.roomFor(left, FLOAT_ROOM + SEPARATOR_ROOM);
      const out = sink.view;
      let to = sink.length;
      for (let i = 0; i < n; i++, from += stride) {
        const value = view.getFloat32(from, little);
        to = value - value === 0 ? putFloat32(out, to, value) : putAscii(out, to, nonFiniteText(value, nonFinite));
        out.setUint32(to, word, true);
        to += size;
      }
      sink.length = to;
      left -= n;
    }
  };
}

/** Elements of one or two bytes, whose texts are kept. */
function tableRun(elementSize: number, text: (bytes: Uint8Array, at: number) => Uint8Array): Run {
  const table = new TextTable(1 << (8 * elementSize));
  return ({ bytes }, at, stride, count, after, sink) => {
    for (let i = 0, from = at; i < count; i++, from += stride) {
      const first = bytes[from] ?? 0;
      const key = elementSize === 1 ? first : first * 256 + (bytes[from + 1] ?? 0);
      if (!table.has(key)) table.set(key, text(bytes, from));
      table.write(key, sink);
      sink.view.setUint32(sink.length, after.word, true);
      sink.length += after.size;
    }
  };
}

/** A bitfield's bits as one number: `0x` and all its hexadecimal digits, the most significant first. */
export function bitfieldRun(type: BitfieldType, quote: "" | '"'): Run {
  const layout = integerLayout(type);
  const digits = Math.ceil(layout.precision / 4);
  const text = (bytes: Uint8Array, at: number): Uint8Array =>
    encodeText(`${quote}0x${readInteger(bytes, at, layout).toString(16).padStart(digits, "0")}${quote}`);
  return type.size <= 2 ? tableRun(type.size, text) : runOf(({ bytes }, at, sink) => sink.write(text(bytes, at)));
}

/**
 * Enumerations by name; a value without a name as the number it is.
 * @param nameText a name as it is to be written
 */
export function enumRun(type: EnumType, nameText: (name: string) => Uint8Array): Run {
  if (type.base.class !== "integer") {
    throw new UnsupportedError(`an enumeration of the class ${type.base.class} is not supported`);
  }
  const layout = integerLayout(type.base);
  const names = new Map<bigint, Uint8Array>();
  for (const { name, value } of type.members) {
    const exact = readInteger(value, 0, layout);
    if (!names.has(exact)) names.set(exact, nameText(name));
  }
  if (type.size <= 2) {
    return tableRun(type.size, (bytes, at) => {
      const value = readInteger(bytes, at, layout);
      return names.get(value) ?? encodeText(`${value}`);
    });
  }
  return wideEnumRun(layout, names);
}

function wideEnumRun(layout: IntegerLayout, names: ReadonlyMap<bigint, Uint8Array>): Run {
  const table = new TextTable(names.size);
  const keys = new Map<number | bigint, number>();
  const read = smallIntegerReader(layout);
  for (const [value, text] of names) {
    keys.set(read === undefined ? value : Number(value), keys.size);
    table.set(keys.size - 1, text);
  }
  const number = integerRun(layout);
  return (data, at, stride, count, after, sink) => {
    for (let i = 0, from = at; i < count; i++, from += stride) {
      const key = keys.get(read === undefined ? readInteger(data.bytes, from, layout) : read(data, from));
      if (key === undefined) {
        number(data, from, 0, 1, after, sink);
      } else {
        table.write(key, sink);
        writeSeparator(sink, after);
      }
    }
  };
}
