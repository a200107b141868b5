import type { ArrayType, CompoundType, Datatype, VlenType } from "../../format/datatype.ts";
import { encodeText } from "../../format/text.ts";
import { elementBytes } from "../value-bytes.ts";
import type { HeapResolver } from "../value-heap.ts";
import { complexPart, isBoolean } from "../value-meaning.ts";
import type { Cell } from "./cell.ts";
import { compileBitfield, compileEnum, compileNumber, JSON_STRINGS } from "./number-cell.ts";
import { jsonText, stringEnd, writeHex, writeJsonString } from "./string-text.ts";

const QUOTE = 0x22;
const TRUE = encodeText("true");
const FALSE = encodeText("false");
const NULL = encodeText("null");
const COMMA = encodeText(", ");

/**
 * Elements as JSON: compounds as objects in the order of their members, complex numbers as {"r", "i"}, array types and
 * variable-length sequences as arrays, enumerations as their names, bitfields and opaque data as hexadecimal strings,
 * references as paths, null strings and null references as `null`, floats that are no number as strings.
 */
export function compileJson(type: Datatype, heap: HeapResolver): Cell {
  switch (type.class) {
    case "integer":
    case "time":
    case "float":
      return compileNumber(type, JSON_STRINGS);
    case "enum":
      return compileEnum(type, isBoolean(type) ? (name) => (name === "TRUE" ? TRUE : FALSE) : jsonText);
    case "bitfield":
      return compileBitfield(type, '"');
    case "opaque":
      return ({ bytes }, at, sink) => {
        sink.byte(QUOTE);
        writeHex(sink, bytes, at, at + type.size);
        sink.byte(QUOTE);
      };
    case "string":
      return ({ bytes }, at, sink) =>
        writeJsonString(sink, bytes, at, stringEnd(bytes, at, at + type.size, type.padding));
    case "reference":
      return ({ bytes }, at, sink) => {
        const path = heap.path(bytes.subarray(at, at + type.size), type);
        sink.write(path === undefined ? NULL : jsonText(path));
      };
    case "compound":
      return compileCompound(type, heap);
    case "array":
      return compileArray(type, heap);
    case "vlen":
      return type.kind === "string" ? compileVlenString(type, heap) : compileSequence(type, heap);
  }
}

function compileCompound(type: CompoundType, heap: HeapResolver): Cell {
  const complex = complexPart(type) !== undefined;
  const members = type.members.map(({ name, offset, type }, i) => ({
    offset,
    cell: compileJson(type, heap),
    key: encodeText(`${i === 0 ? "{" : ", "}${JSON.stringify(complex ? (i === 0 ? "r" : "i") : name)}: `),
  }));
  const end = encodeText(members.length === 0 ? "{}" : "}");
  return (data, at, sink) => {
    for (const { key, cell, offset } of members) {
      sink.write(key);
      cell(data, at + offset, sink);
    }
    sink.write(end);
  };
}

function compileArray(type: ArrayType, heap: HeapResolver): Cell {
  const { base, dims } = type;
  let cell = compileJson(base, heap);
  let size = base.size;
  for (const dim of dims.toReversed()) {
    cell = list(cell, dim, size);
    size *= dim;
  }
  return cell;
}

/** `count` elements, one after the other. */
function list(cell: Cell, count: number, size: number): Cell {
  return (data, at, sink) => {
    sink.byte(0x5b);
    for (let i = 0; i < count; i++) {
      if (i > 0) sink.write(COMMA);
      cell(data, at + i * size, sink);
    }
    sink.byte(0x5d);
  };
}

/** libhdf5 hands out a C string: it ends at the first NUL, whatever the datatype's padding. */
function compileVlenString(type: VlenType, heap: HeapResolver): Cell {
  return ({ bytes }, at, sink) => {
    const text = heap.vlen(bytes.subarray(at, at + type.size), type);
    if (text === undefined) sink.write(NULL);
    else writeJsonString(sink, text, 0, stringEnd(text, 0, text.length, "null-terminated"));
  };
}

function compileSequence(type: VlenType, heap: HeapResolver): Cell {
  const cell = compileJson(type.base, heap);
  return ({ bytes }, at, sink) => {
    const values = heap.vlen(bytes.subarray(at, at + type.size), type) ?? new Uint8Array(0);
    list(cell, Math.floor(values.length / Math.max(type.base.size, 1)), type.base.size)(elementBytes(values), 0, sink);
  };
}
