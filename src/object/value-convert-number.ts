import type { H5Error } from "../errors.ts";
import type { BitfieldType, Datatype, FloatType, IntegerType } from "../format/datatype.ts";
import { datatypeName } from "./datatype-name.ts";
import { refused, within } from "./storable.ts";
import type { ElementBytes } from "./value-bytes.ts";
import { checkFloat, floatFormat, readFloat } from "./value-float.ts";
import { type ExactNumber, exactFloat, exactInteger, FloatEncoder } from "./value-float-encode.ts";
import {
  integerLayout,
  integerRange,
  isWholeInteger,
  type NumberReader,
  paddingOf,
  readInteger,
  smallIntegerReader,
  writeInteger,
} from "./value-integer.ts";

type NumberType = IntegerType | BitfieldType | FloatType;
type Convert = (from: ElementBytes, at: number, out: ElementBytes, to: number) => void;

/** The converter of numbers; `undefined` where not both are numbers. Bitfields are converted among themselves only. */
export function numberConverter(from: Datatype, to: Datatype): Convert | undefined {
  if (!isNumber(from) || !isNumber(to) || (from.class === "bitfield") !== (to.class === "bitfield")) return undefined;
  return fastConverter(from, to) ?? exactConverter(from, to);
}

function isNumber(type: Datatype): type is NumberType {
  return type.class === "integer" || type.class === "bitfield" || type.class === "float";
}

function outside(value: number | bigint | string, to: Datatype): H5Error {
  return refused(`${value} does not fit into ${datatypeName(to)}`);
}

/** Numbers that a double holds, to types that the processor has. */
function fastConverter(from: NumberType, to: NumberType): Convert | undefined {
  const read = doubleReader(from) ?? longReader(from, to);
  const write = doubleWriter(to);
  if (read === undefined || write === undefined) return undefined;
  return (source, at, out, start) => write(read(source, at), out.view, start);
}

/** Integers of at most four bytes, float32 and float64. */
function doubleReader(type: NumberType): NumberReader | undefined {
  if (type.class !== "float") return smallIntegerReader(integerLayout(type));
  const little = type.order === "little";
  switch (floatFormat(type)) {
    case "binary32":
      return ({ view }, at) => view.getFloat32(at, little);
    case "binary64":
      return ({ view }, at) => view.getFloat64(at, little);
    default:
      return undefined;
  }
}

/** Integers of eight bytes as the nearest double: where that is wanted, or where those that are not exact do not fit anyway. */
function longReader(from: NumberType, to: NumberType): NumberReader | undefined {
  const isDouble = to.class === "float" && floatFormat(to) === "binary64";
  if (from.class === "float" || !(isDouble || (to.class !== "float" && to.size <= 4))) return undefined;
  const layout = integerLayout(from);
  if (!isWholeInteger(layout) || layout.size !== 8) return undefined;
  const little = layout.order === "little";
  return layout.signed
    ? ({ view }, at) => Number(view.getBigInt64(at, little))
    : ({ view }, at) => Number(view.getBigUint64(at, little));
}

type WriteDouble = (value: number, view: DataView, at: number) => void;

function doubleWriter(type: NumberType): WriteDouble | undefined {
  const little = type.order === "little";
  if (type.class === "float") {
    switch (floatFormat(type)) {
      case "binary64":
        return (value, view, at) => view.setFloat64(at, value, little);
      case "binary32":
        return (value, view, at) => {
          if (Math.abs(value) > MAX_SINGLE && !Number.isFinite(Math.fround(value)) && Number.isFinite(value)) {
            throw outside(value, type);
          }
          view.setFloat32(at, value, little);
        };
      default:
        return undefined;
    }
  }
  const layout = integerLayout(type);
  if (!isWholeInteger(layout)) return undefined;
  const [least, greatest] = integerRange(layout).map(Number);
  if (least === undefined || greatest === undefined) return undefined;
  if (layout.size === 8) return longWriter(type, little, layout.signed);
  const { size } = layout;
  return (value, view, at) => {
    const whole = Math.trunc(value);
    // NaN is in no range.
    if (!(whole >= least && whole <= greatest)) throw outside(value, type);
    if (size === 4) view.setUint32(at, whole, little);
    else if (size === 2) view.setUint16(at, whole, little);
    else view.setUint8(at, whole);
  };
}

const MAX_SINGLE = 3.4028234663852886e38;

function longWriter(type: NumberType, little: boolean, signed: boolean): WriteDouble {
  const least = signed ? -(2 ** 63) : 0;
  const above = signed ? 2 ** 63 : 2 ** 64;
  return (value, view, at) => {
    const whole = Math.trunc(value);
    if (!(whole >= least && whole < above)) throw outside(value, type);
    view.setBigInt64(at, BigInt.asIntN(64, BigInt(whole)), little);
  };
}

/** Any layouts, without rounding between them. */
function exactConverter(from: NumberType, to: NumberType): Convert {
  const read = exactReader(from);
  const write = exactWriter(to);
  return (source, at, out, start) => write(read(source.bytes, at), out.bytes, start);
}

function exactReader(type: NumberType): (bytes: Uint8Array, at: number) => ExactNumber {
  if (type.class === "float") {
    checkFloat(type);
    return (bytes, at) => exactFloat(readFloat(bytes, at, type));
  }
  const layout = integerLayout(type);
  return (bytes, at) => exactInteger(readInteger(bytes, at, layout));
}

function exactWriter(type: NumberType): (value: ExactNumber, bytes: Uint8Array, at: number) => void {
  if (type.class === "float") {
    const encoder = new FloatEncoder(type);
    return (value, bytes, at) => {
      try {
        encoder.write(bytes, at, value);
      } catch (error) {
        throw within(textOf(value), error);
      }
    };
  }
  const layout = integerLayout(type);
  const padding = paddingOf(type);
  const [least, greatest] = integerRange(layout);
  return (value, bytes, at) => {
    if (value.kind !== "finite") throw outside(textOf(value), type);
    const size = value.numerator / value.denominator;
    const whole = value.negative ? -size : size;
    if (whole < least || whole > greatest) throw outside(whole, type);
    writeInteger(bytes, at, layout, padding, whole);
  };
}

function textOf(value: ExactNumber): string {
  if (value.kind === "nan") return "NaN";
  const sign = value.negative ? "-" : "";
  if (value.kind === "infinity") return `${sign}Infinity`;
  return `${sign}${value.denominator === 1n ? value.numerator : Number(value.numerator) / Number(value.denominator)}`;
}
