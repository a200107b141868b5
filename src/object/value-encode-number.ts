import { type H5Error, UnsupportedError } from "../errors.ts";
import type { Datatype, EnumType, FloatType } from "../format/datatype.ts";
import { datatypeName } from "./datatype-name.ts";
import { type ElementEncoder, refused, type Storable, shown, shownNames, within, wrongKind } from "./storable.ts";
import type { ElementBytes } from "./value-bytes.ts";
import { floatFormat } from "./value-float.ts";
import { exactDouble, exactInteger, FloatEncoder } from "./value-float-encode.ts";
import {
  type IntegerLayout,
  integerLayout,
  integerRange,
  isWholeInteger,
  paddingOf,
  writeInteger,
  writeTimeval,
} from "./value-integer.ts";
import { isBoolean } from "./value-meaning.ts";

function integerOf(value: Storable): bigint {
  if (typeof value === "bigint") return value;
  if (typeof value === "number" && Number.isInteger(value)) return BigInt(value);
  throw wrongKind(value, "an integer");
}

export function integerEncoder(type: Datatype, layout: IntegerLayout, padding: bigint): ElementEncoder {
  const [least, greatest] = integerRange(layout);
  const outside = (value: Storable): H5Error =>
    refused(`${shown(value)} does not fit into ${datatypeName(type)}, ${least} to ${greatest}`);
  const exactly: ElementEncoder = (value, { bytes }, at) => {
    const exact = integerOf(value);
    if (exact < least || exact > greatest) throw outside(value);
    writeInteger(bytes, at, layout, padding, exact);
  };
  const put = isWholeInteger(layout) ? smallPut(layout) : undefined;
  if (put === undefined) return exactly;
  const [low, high] = [Number(least), Number(greatest)];
  return (value, out, at) => {
    if (typeof value !== "number" || !Number.isInteger(value)) {
      exactly(value, out, at);
      return;
    }
    if (value < low || value > high) throw outside(value);
    put(out.view, at, value);
  };
}

/** Writes an integer that fits. */
export type PutInteger = (view: DataView, at: number, value: number) => void;

/** For whole integers of at most 4 bytes. */
export function smallPut({ size, order }: IntegerLayout): PutInteger | undefined {
  const little = order === "little";
  switch (size) {
    case 1:
      return (view, at, value) => view.setUint8(at, value);
    case 2:
      return (view, at, value) => view.setUint16(at, value, little);
    case 4:
      return (view, at, value) => view.setUint32(at, value, little);
    default:
      return undefined;
  }
}

/** Seconds of 32 bits, with their microseconds. */
export function timevalEncoder(little: boolean): ElementEncoder {
  return (value, { view }, at) => {
    if (typeof value !== "number" || !Number.isFinite(value)) throw wrongKind(value, "a number of seconds");
    const time = Math.round(value * 1_000_000);
    const seconds = Math.trunc(time / 1_000_000);
    if (seconds !== (seconds | 0)) throw refused(`${value} does not fit into the 32 bits of seconds of a time`);
    writeTimeval(view, at, little, time);
  };
}

export function floatEncoder(type: FloatType): ElementEncoder {
  const encoder = new FloatEncoder(type);
  const little = type.order === "little";
  const format = floatFormat(type);
  const put = (number: number, out: ElementBytes, at: number): void => {
    if (format === "binary64") out.view.setFloat64(at, number, little);
    else if (format === "binary32" && (!Number.isFinite(number) || Number.isFinite(Math.fround(number)))) {
      out.view.setFloat32(at, number, little);
    } else {
      encoder.write(out.bytes, at, exactDouble(number));
    }
  };
  return (value, out, at) => {
    if (typeof value !== "number" && typeof value !== "bigint") throw wrongKind(value, "a number");
    try {
      if (typeof value === "number") put(value, out, at);
      else encoder.write(out.bytes, at, exactInteger(value));
    } catch (error) {
      throw within(`${value}`, error);
    }
  };
}

/** By name, by number, and booleans as such. */
export function enumEncoder(type: EnumType): ElementEncoder {
  const names = new Map(type.members.map(({ name, value }) => [name, value]));
  const boolean = isBoolean(type);
  if (type.base.class !== "integer") {
    throw new UnsupportedError(`an enumeration of the class ${type.base.class} is not supported`);
  }
  const number = integerEncoder(type.base, integerLayout(type.base), paddingOf(type.base));
  return (value, out, at) => {
    const name = boolean && typeof value === "boolean" ? (value ? "TRUE" : "FALSE") : value;
    if (typeof name !== "string") {
      number(name, out, at);
      return;
    }
    const stored = names.get(name);
    if (stored === undefined) {
      throw refused(`${shown(name)} is none of the names of the enumeration: ${shownNames([...names.keys()])}`);
    }
    out.bytes.set(stored, at);
  };
}
