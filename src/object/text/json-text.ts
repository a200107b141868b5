import type { ArrayType, CompoundType, Datatype, VlenType } from "../../format/datatype.ts";
import { encodeText } from "../../format/text.ts";
import { elementBytes } from "../value-bytes.ts";
import type { HeapResolver } from "../value-heap.ts";
import { complexPart, isBoolean } from "../value-meaning.ts";
import { type Cell, cellOf, NOTHING, type Run, runOf, separator, writeSeparator } from "./cell.ts";
import { JSON_STRINGS } from "./float-text.ts";
import { bitfieldRun, enumRun, numberRun } from "./number-run.ts";
import { jsonText, stringEnd, writeHex, writeJsonString } from "./string-text.ts";

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
  return cellOf(jsonRun(type, heap));
}

export function jsonRun(type: Datatype, heap: HeapResolver): Run {
  switch (type.class) {
    case "integer":
    case "time":
    case "float":
      return numberRun(type, JSON_STRINGS);
    case "enum":
      return enumRun(type, isBoolean(type) ? (name) => (name === "TRUE" ? TRUE : FALSE) : jsonText);
    case "bitfield":
      return bitfieldRun(type, '"');
    case "opaque":
      return runOf(({ bytes }, at, sink) => {
        sink.byte(QUOTE);
        writeHex(sink, bytes, at, at + type.size);
        sink.byte(QUOTE);
      });
    case "string":
      return runOf(({ bytes }, at, sink) =>
        writeJsonString(sink, bytes, at, stringEnd(bytes, at, at + type.size, type.padding)),
      );
    case "reference":
      return runOf(({ bytes }, at, sink) => {
        const path = heap.path(bytes.subarray(at, at + type.size), type);
        sink.write(path === undefined ? NULL : jsonText(path));
      });
    case "compound":
      return compoundRun(type, heap);
    case "array":
      return arrayRun(type, heap);
    case "vlen":
      return runOf(type.kind === "string" ? vlenString(type, heap) : sequence(type, heap));
  }
}

function compoundRun(type: CompoundType, heap: HeapResolver): Run {
  const complex = complexPart(type) !== undefined;
  const members = type.members.map(({ name, offset, type }, i) => ({
    offset,
    run: jsonRun(type, heap),
    key: encodeText(`${i === 0 ? "{" : ", "}${JSON.stringify(complex ? (i === 0 ? "r" : "i") : name)}: `),
  }));
  const end = encodeText(members.length === 0 ? "{}" : "}");
  return (data, at, stride, count, after, sink) => {
    for (let i = 0, from = at; i < count; i++, from += stride) {
      for (const { key, run, offset } of members) {
        sink.write(key);
        run(data, from + offset, 0, 1, NOTHING, sink);
      }
      sink.write(end);
      writeSeparator(sink, after);
    }
  };
}

function arrayRun({ base, dims }: ArrayType, heap: HeapResolver): Run {
  let run = jsonRun(base, heap);
  let size = base.size;
  for (const dim of dims.toReversed()) {
    run = runOf(list(run, dim, size));
    size *= dim;
  }
  return run;
}

/** `count` elements, one after the other. */
function list(run: Run, count: number, size: number): Cell {
  return (data, at, sink) => {
    sink.byte(OPEN);
    if (count > 0) {
      run(data, at, size, count - 1, COMMA, sink);
      run(data, at + (count - 1) * size, 0, 1, NOTHING, sink);
    }
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
  const run = jsonRun(type.base, heap);
  const { size } = type.base;
  return ({ bytes }, at, sink) => {
    const values = heap.vlen(bytes.subarray(at, at + type.size), type) ?? new Uint8Array(0);
    list(run, Math.floor(values.length / Math.max(size, 1)), size)(elementBytes(values), 0, sink);
  };
}
