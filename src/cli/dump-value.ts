import { H5Error, UnsupportedError } from "../errors.ts";
import type { CompoundType, Datatype, FloatType, ReferenceType, VlenType } from "../format/datatype.ts";
import { decodeText, encodeText } from "../format/text.ts";
import { ByteSink } from "../object/text/byte-sink.ts";
import { type Cell, cellOf } from "../object/text/cell.ts";
import { JSON_STRINGS } from "../object/text/float-text.ts";
import { writeJsonArray } from "../object/text/json-array.ts";
import { numberWriter } from "../object/text/number-text.ts";
import { jsonText, stringEnd, writeJsonString } from "../object/text/string-text.ts";
import { elementBytes } from "../object/value-bytes.ts";
import { checkFloat, readFloat, toDouble } from "../object/value-float.ts";
import type { HeapResolver } from "../object/value-heap.ts";
import { integerLayout, readInteger } from "../object/value-integer.ts";

/** Elements may share one heap object, and it others: a small file can stand for endless text. */
const MAX_TEXT = 1 << 26;

const NULL = encodeText("null");
const REFERENCE = encodeText('"ref"');
const OPEN = 0x5b;
const CLOSE = 0x5d;
const COMMA = encodeText(", ");

/**
 * Elements as the canonical JSON of `h5fs dump`, nested as `dims` says (a scalar is not nested): integers, enumerations
 * and bitfields as integers; floats as the double they are, those that are no number as strings; complex numbers
 * ({r, i}) as {"r", "i"}; strings and opaque bytes as text, bytes that are no UTF-8 as lone surrogates; compounds as
 * objects; arrays and sequences as lists; references as "ref", null ones as null.
 * @throws UnsupportedError for references of HDF5 1.12 and later; H5Error "limit" for more than 64 MiB of text
 */
export function valuesText(type: Datatype, dims: readonly number[], bytes: Uint8Array, heap: HeapResolver): string {
  const sink = new ByteSink();
  const cell = bounded(compile(type, heap));
  const data = elementBytes(bytes);
  if (dims.length === 0) cell(data, 0, sink);
  else writeJsonArray(cell, dims, type.size, data, sink);
  return decodeText(sink.take());
}

function bounded(cell: Cell): Cell {
  return (data, at, sink) => {
    cell(data, at, sink);
    if (sink.length > MAX_TEXT) throw new H5Error("limit", `the values are more than ${MAX_TEXT} bytes of JSON`);
  };
}

function compile(type: Datatype, heap: HeapResolver): Cell {
  switch (type.class) {
    case "integer":
    case "time":
      return cellOf(numberWriter(type, JSON_STRINGS));
    case "enum":
      return compile(type.base, heap);
    case "bitfield": {
      const layout = integerLayout(type);
      return ({ bytes }, at, sink) => sink.write(encodeText(`${readInteger(bytes, at, layout)}`));
    }
    case "float":
      return compileFloat(type);
    case "opaque":
      return ({ bytes }, at, sink) => writeJsonString(sink, bytes, at, at + type.size);
    case "string":
      return ({ bytes }, at, sink) => {
        const end = stringEnd(bytes, at, at + type.size, type.padding);
        writeJsonString(sink, bytes, at, stringEnd(bytes, at, end, "null-padded"));
      };
    case "reference":
      return compileReference(type);
    case "compound":
      return compileCompound(type, heap);
    case "array": {
      const cell = bounded(compile(type.base, heap));
      return (data, at, sink) => {
        const { bytes } = data;
        const own = elementBytes(bytes.subarray(at, at + type.size));
        writeJsonArray(cell, type.dims, type.base.size, own, sink);
      };
    }
    case "vlen":
      return compileVlen(type, heap);
  }
}

function compileFloat(type: FloatType): Cell {
  checkFloat(type);
  return ({ bytes }, at, sink) => {
    const value = toDouble(readFloat(bytes, at, type));
    sink.write(encodeText(Number.isFinite(value) ? doubleText(value) : `"${value}"`));
  };
}

function doubleText(value: number): string {
  return Object.is(value, -0) ? "-0.0" : `${value}`;
}

/** A reference of zeros only is null (h5py's truth of a reference). */
function compileReference(type: ReferenceType): Cell {
  if (type.kind !== "object" && type.kind !== "region") {
    throw new UnsupportedError(`references of the kind H5R_ref_t (${type.kind}) are not supported`);
  }
  return ({ bytes }, at, sink) => {
    const isNull = bytes.subarray(at, at + type.size).every((byte) => byte === 0);
    sink.write(isNull ? NULL : REFERENCE);
  };
}

function compileCompound(type: CompoundType, heap: HeapResolver): Cell {
  const members = type.members.map((member, i) => ({
    key: encodeText(`${i === 0 ? "{" : ", "}${JSON.stringify(member.name)}: `),
    offset: member.offset,
    cell: bounded(compile(member.type, heap)),
  }));
  const end = encodeText("}");
  return (data, at, sink) => {
    for (const { key, offset, cell } of members) {
      sink.write(key);
      cell(data, at + offset, sink);
    }
    sink.write(end);
  };
}

function compileVlen(type: VlenType, heap: HeapResolver): Cell {
  if (type.kind === "string") {
    return ({ bytes }, at, sink) => {
      const text = heap.vlen(bytes.subarray(at, at + type.size), type);
      if (text === undefined) sink.write(jsonText(""));
      else writeJsonString(sink, text, 0, stringEnd(text, 0, text.length, "null-terminated"));
    };
  }
  const cell = bounded(compile(type.base, heap));
  return ({ bytes }, at, sink) => {
    const values = heap.vlen(bytes.subarray(at, at + type.size), type) ?? new Uint8Array(0);
    const data = elementBytes(values);
    const count = Math.floor(values.length / type.base.size);
    sink.byte(OPEN);
    for (let i = 0; i < count; i++) {
      if (i > 0) sink.write(COMMA);
      cell(data, i * type.base.size, sink);
    }
    sink.byte(CLOSE);
  };
}
