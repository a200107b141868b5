import type { ArrayType, CompoundType, Datatype, VlenType } from "../../format/datatype.ts";
import { encodeText } from "../../format/text.ts";
import { elementBytes } from "../value-bytes.ts";
import type { HeapResolver } from "../value-heap.ts";
import { complexPart, isBoolean } from "../value-meaning.ts";
import { bounded, type Cell, cellOf, MAX_WIDTH, NOTHING, open, separator, type Writer, writeList } from "./cell.ts";
import { JSON_STRINGS } from "./float-text.ts";
import { bitfieldWriter, enumWriter, numberWriter } from "./number-text.ts";
import { jsonText, putHex, stringEnd, writeJsonString } from "./string-text.ts";
import { TextTable } from "./text-table.ts";

const QUOTE = 0x22;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const TRUE = encodeText("true");
const FALSE = encodeText("false");
const NULL = encodeText("null");
const COMMA = separator(", ");

/**
 * Elements as JSON: compounds as objects in the order of their members, complex numbers as {"r", "i"}, array types and
 * variable-length sequences as arrays, enumerations as their names, bitfields and opaque data as hexadecimal strings,
 * references as paths, null strings and null references as `null`, floats that are no number as strings.
 */
export function compileJson(type: Datatype, heap: HeapResolver): Cell {
  return cellOf(jsonWriter(type, heap));
}

export function jsonWriter(type: Datatype, heap: HeapResolver): Writer {
  switch (type.class) {
    case "integer":
    case "time":
    case "float":
      return numberWriter(type, JSON_STRINGS);
    case "enum":
      return enumWriter(type, isBoolean(type) ? (name) => (name === "TRUE" ? TRUE : FALSE) : jsonText);
    case "bitfield":
      return bitfieldWriter(type, '"');
    case "opaque":
      return bounded(2 * type.size + 4, ({ bytes }, at, out, start) => {
        out.setUint8(start, QUOTE);
        const to = putHex(out, start + 1, bytes, at, at + type.size);
        out.setUint8(to, QUOTE);
        return to + 1;
      });
    case "string":
      return open(({ bytes }, at, sink) =>
        writeJsonString(sink, bytes, at, stringEnd(bytes, at, at + type.size, type.padding)),
      );
    case "reference":
      return open(({ bytes }, at, sink) => {
        const path = heap.path(bytes.subarray(at, at + type.size), type);
        sink.write(path === undefined ? NULL : jsonText(path));
      });
    case "compound":
      return compoundWriter(type, heap);
    case "array":
      return arrayWriter(type, heap);
    case "vlen":
      return open(type.kind === "string" ? vlenString(type, heap) : sequence(type, heap));
  }
}

function compoundWriter(type: CompoundType, heap: HeapResolver): Writer {
  const complex = complexPart(type) !== undefined;
  const members = type.members.map(({ name, offset, type }, i) => ({
    offset,
    writer: jsonWriter(type, heap),
    key: encodeText(`${i === 0 ? "{" : ", "}${JSON.stringify(complex ? (i === 0 ? "r" : "i") : name)}: `),
  }));
  const end = encodeText(members.length === 0 ? "{}" : "}");

  const keys = new TextTable(members.length + 1);
  const puts: { readonly offset: number; readonly put: Extract<Writer, { kind: "bounded" }>["put"] }[] = [];
  let width = 8;
  for (const [i, { offset, writer, key }] of members.entries()) {
    keys.set(i, key);
    if (writer.kind === "bounded") {
      puts.push({ offset, put: writer.put });
      width += key.length + 4 + writer.width;
    }
  }
  keys.set(members.length, end);
  if (puts.length === members.length && width <= MAX_WIDTH) {
    return bounded(width, (data, at, out, start) => {
      let to = start;
      let i = 0;
      for (const { offset, put } of puts) to = put(data, at + offset, out, keys.put(i++, out, to));
      return keys.put(i, out, to);
    });
  }

  const cells = members.map(({ key, offset, writer }) => ({ key, offset, cell: cellOf(writer) }));
  return open((data, at, sink) => {
    for (const { key, cell, offset } of cells) {
      sink.write(key);
      cell(data, at + offset, sink);
    }
    sink.write(end);
  });
}

function arrayWriter({ base, dims }: ArrayType, heap: HeapResolver): Writer {
  let writer = jsonWriter(base, heap);
  let size = base.size;
  for (const dim of dims.toReversed()) {
    writer = open(list(writer, dim, size));
    size *= dim;
  }
  return writer;
}

/** `count` elements, one after the other. */
function list(writer: Writer, count: number, size: number): Cell {
  return (data, at, sink) => {
    sink.byte(OPEN);
    writeList(writer, data, at, size, count, COMMA, NOTHING, sink);
    sink.byte(CLOSE);
  };
}

/** libhdf5 hands out a C string: it ends at the first NUL, whatever the datatype's padding. */
function vlenString(type: VlenType, heap: HeapResolver): Cell {
  return ({ bytes }, at, sink) => {
    const text = heap.vlen(bytes.subarray(at, at + type.size), type);
    if (text === undefined) sink.write(NULL);
    else writeJsonString(sink, text, 0, stringEnd(text, 0, text.length, "null-terminated"));
  };
}

function sequence(type: VlenType, heap: HeapResolver): Cell {
  const writer = jsonWriter(type.base, heap);
  const { size } = type.base;
  return ({ bytes }, at, sink) => {
    const values = heap.vlen(bytes.subarray(at, at + type.size), type) ?? new Uint8Array(0);
    list(writer, Math.floor(values.length / Math.max(size, 1)), size)(elementBytes(values), 0, sink);
  };
}
