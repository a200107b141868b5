import { isUtf8 } from "node:buffer";
import { UnsupportedError } from "../errors.ts";
import type { Datatype, StringType } from "../format/datatype.ts";
import { stringEnd } from "../object/text/string-text.ts";
import type { ElementBytes } from "../object/value-bytes.ts";
import { floatFormat, readFloat, toDouble } from "../object/value-float.ts";
import {
  type IntegerLayout,
  integerLayout,
  isWholeInteger,
  readInteger,
  readTimeval,
} from "../object/value-integer.ts";
import { putU64 } from "../storage/little-endian.ts";
import type { ArrowType } from "./arrow-type.ts";
import type { LeafColumn } from "./columns.ts";

/** Some rows of a dataset. */
export interface ArrowRows {
  readonly data: ElementBytes;
  /** Where the first begins in `data`, and bytes from one to the next. */
  readonly at: number;
  readonly step: number;
  readonly first: number;
  readonly count: number;
}

/** Where the buffers of a column's rows are in `out`, after that of which values there are. */
export interface ArrowPlace {
  readonly out: ElementBytes;
  readonly starts: readonly [first: number, second: number];
  /** Bytes that there are in the second. */
  readonly room: number;
}

/** A column as a file of Arrow's has it. */
export interface ArrowColumn {
  readonly name: string;
  readonly type: ArrowType;
  /** Bytes of the longest string. */
  readonly textSize: number;
  /** @throws UnsupportedError for what the column's type does not hold: a string that is no UTF-8 */
  write(rows: ArrowRows, place: ArrowPlace): void;
}

/** The buffers of a column after that of which values there are: their bytes for so many rows, at most. */
export function bufferLengths(type: ArrowType, textSize: number, rows: number): readonly number[] {
  switch (type.kind) {
    case "bool":
      return [Math.ceil(rows / 8)];
    case "utf8":
      return [4 * (rows + 1), textSize * rows];
    case "large-utf8":
      return [8 * (rows + 1), textSize * rows];
    case "fixed-size-binary":
      return [type.size * rows];
    case "int":
    case "float":
      return [(type.bits / 8) * rows];
  }
}

/** A column of a dataset's leaves. @param type as `arrowType` says */
export function leafArrowColumn({ name, type: datatype, offset }: LeafColumn, type: ArrowType): ArrowColumn {
  const put = valuesWriter(datatype, type, name);
  return {
    name: name.toWellFormed(),
    type,
    textSize: datatype.class === "string" ? datatype.size : 0,
    write: ({ data, at, step, first, count }, place) => put({ data, at: at + offset, step, first, count }, place),
  };
}

/** The index of the rows in one of the dimensions before the last. @param below rows from one index to the next */
export function indexArrowColumn(name: string, dim: number, below: number): ArrowColumn {
  return {
    name,
    type: { kind: "int", bits: 64, signed: true },
    textSize: 0,
    write: ({ first, count }, { out, starts: [start] }) => {
      for (let i = 0; i < count; i++) {
        putU64(out.view, start + 8 * i, Math.floor((first + i) / below) % dim);
      }
    },
  };
}

type ValuesWriter = (rows: ArrowRows, place: ArrowPlace) => void;

/** Writes one value. */
type Put = (data: ElementBytes, at: number, out: DataView, to: number) => void;

function valuesWriter(datatype: Datatype, type: ArrowType, name: string): ValuesWriter {
  switch (type.kind) {
    case "bool":
      return booleanWriter(datatype.size);
    case "utf8":
    case "large-utf8":
      if (datatype.class !== "string") throw new TypeError(`${datatype.class} is no string`);
      return stringWriter(datatype, type.kind === "utf8" ? 4 : 8, name);
    case "fixed-size-binary":
      return bytesWriter(type.size);
    case "int":
    case "float": {
      const size = type.bits / 8;
      const stored = storedOrder(datatype);
      if (stored === "little" && datatype.size === size) return bytesWriter(size);
      if (stored === "big" && datatype.size === size) return swappedWriter(size);
      return eachWriter(
        size,
        datatype.class === "float" || type.kind === "float" ? floatPut(datatype, size) : integerPut(datatype, size),
      );
    }
  }
}

/** The order of bytes of what is stored as it is in an Arrow column, but for that; `undefined` for anything else. */
function storedOrder(type: Datatype): "little" | "big" | undefined {
  switch (type.class) {
    case "enum":
      return storedOrder(type.base);
    case "float": {
      const format = floatFormat(type);
      const isStored = format === "binary16" || format === "binary32" || format === "binary64";
      return isStored && type.order !== "vax" ? type.order : undefined;
    }
    case "time":
      if (type.isTimeval) return undefined;
      return orderOf(integerLayout(type));
    case "integer":
    case "bitfield":
      return orderOf(integerLayout(type));
    default:
      return undefined;
  }
}

function orderOf(layout: IntegerLayout): "little" | "big" | undefined {
  if (!isWholeInteger(layout)) return undefined;
  return layout.size === 1 || layout.order === "little" ? "little" : "big";
}

function bytesWriter(size: number): ValuesWriter {
  return ({ data, at, step, count }, { out, starts: [start] }) => {
    if (step === size) {
      out.bytes.set(data.bytes.subarray(at, at + count * size), start);
      return;
    }
    copyEach(data, at, step, out, start, size, count);
  };
}

function copyEach(
  { bytes, view }: ElementBytes,
  at: number,
  step: number,
  out: ElementBytes,
  start: number,
  size: number,
  count: number,
): void {
  let from = at;
  let to = start;
  switch (size) {
    case 1:
      for (let i = 0; i < count; i++, from += step) out.bytes[to++] = bytes[from] ?? 0;
      return;
    case 2:
      for (let i = 0; i < count; i++, from += step, to += 2) out.view.setUint16(to, view.getUint16(from));
      return;
    case 4:
      for (let i = 0; i < count; i++, from += step, to += 4) out.view.setUint32(to, view.getUint32(from));
      return;
    case 8:
      for (let i = 0; i < count; i++, from += step, to += 8) {
        out.view.setUint32(to, view.getUint32(from));
        out.view.setUint32(to + 4, view.getUint32(from + 4));
      }
      return;
    default:
      for (let i = 0; i < count; i++, from += step, to += size) out.bytes.set(bytes.subarray(from, from + size), to);
  }
}

function swappedWriter(size: number): ValuesWriter {
  return ({ data: { view }, at, step, count }, { out, starts: [start] }) => {
    for (let i = 0, from = at, to = start; i < count; i++, from += step, to += size) {
      if (size === 2) {
        out.view.setUint16(to, view.getUint16(from), true);
      } else if (size === 4) {
        out.view.setUint32(to, view.getUint32(from), true);
      } else {
        out.view.setUint32(to, view.getUint32(from + 4), true);
        out.view.setUint32(to + 4, view.getUint32(from), true);
      }
    }
  };
}

function eachWriter(size: number, put: Put): ValuesWriter {
  return ({ data, at, step, count }, { out, starts: [start] }) => {
    for (let i = 0; i < count; i++) put(data, at + i * step, out.view, start + i * size);
  };
}

/** Integers of any layout. */
function integerPut(type: Datatype, size: number): Put {
  if (type.class === "enum") return integerPut(type.base, size);
  if (type.class !== "integer" && type.class !== "bitfield" && type.class !== "time") {
    throw new TypeError(`${type.class} is no integer`);
  }
  const layout = integerLayout(type);
  return ({ bytes }, at, out, to) => {
    const value = readInteger(bytes, at, layout);
    if (size === 8) out.setBigInt64(to, BigInt.asIntN(64, value), true);
    else if (size === 4) out.setInt32(to, Number(value), true);
    else if (size === 2) out.setInt16(to, Number(value), true);
    else out.setInt8(to, Number(value));
  };
}

/** Floats of any layout that has an `arrowType`. */
function floatPut(type: Datatype, size: number): Put {
  if (type.class === "enum") return floatPut(type.base, size);
  if (type.class === "time") {
    return ({ view }, at, out, to) => out.setFloat64(to, readTimeval(view, at, type.order === "little") / 1e6, true);
  }
  if (type.class !== "float") throw new TypeError(`${type.class} is no float`);
  return ({ bytes }, at, out, to) => {
    const value = toDouble(readFloat(bytes, at, type));
    if (size === 4) out.setFloat32(to, value, true);
    else out.setFloat64(to, value, true);
  };
}

/** Arrow's "Bool": one bit each, the least significant first. As for h5py and NumPy, what is not zero is true. */
function booleanWriter(size: number): ValuesWriter {
  return ({ data: { bytes }, at, step, count }, { out, starts: [start] }) => {
    for (let i = 0; i < count; i++) {
      const from = at + i * step;
      let any = 0;
      for (let k = 0; k < size; k++) any |= bytes[from + k] ?? 0;
      const bit = 1 << (i & 7);
      const others = (out.bytes[start + (i >> 3)] ?? 0) & ~bit;
      out.bytes[start + (i >> 3)] = any === 0 ? others : others | bit;
    }
  };
}

/** Arrow's "Variable-size Binary Layout": where each string begins, and the strings without their padding, one after the other. */
function stringWriter({ size, padding }: StringType, offsetSize: 4 | 8, name: string): ValuesWriter {
  return ({ data: { bytes }, at, step, first, count }, { out, starts: [offsets, texts], room }) => {
    const write = (start: number, end: number, to: number): void => {
      if (end - start > 32) out.bytes.set(bytes.subarray(start, end), to);
      else for (let i = start, k = to; i < end; i++, k++) out.bytes[k] = bytes[i] ?? 0;
    };
    const putOffset = (i: number, offset: number): void => {
      if (offsetSize === 8) putU64(out.view, offsets + i * 8, offset);
      else out.view.setUint32(offsets + i * 4, offset, true);
    };
    let length = 0;
    let isText = true;
    putOffset(0, 0);
    for (let i = 0; i < count; i++) {
      const from = at + i * step;
      const end = stringEnd(bytes, from, from + size, padding);
      if (length + end - from > room)
        throw new UnsupportedError(
          `column ${name}: another program has made its strings longer than its Arrow file has room for; csv and npy have them`,
        );
      write(from, end, texts + length);
      // All of them together may be text where one ends within a character and the next goes on with it.
      if (end > from && ((bytes[from] ?? 0) & 0xc0) === 0x80) isText = false;
      length += end - from;
      putOffset(i + 1, length);
    }
    if (isText && isUtf8(out.bytes.subarray(texts, texts + length))) return;
    for (let i = 0; i < count; i++) {
      const from = at + i * step;
      if (isUtf8(bytes.slice(from, stringEnd(bytes, from, from + size, padding)))) continue;
      throw new UnsupportedError(
        `column ${name}, row ${first + i}: is no UTF-8, which Arrow's strings are; csv has it`,
      );
    }
  };
}
