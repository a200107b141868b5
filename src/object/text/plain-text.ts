import type { Datatype, StringType } from "../../format/datatype.ts";
import { encodeText } from "../../format/text.ts";
import type { HeapResolver } from "../value-heap.ts";
import { isBoolean } from "../value-meaning.ts";
import { ByteSink } from "./byte-sink.ts";
import { type Cell, cellOf, type Run, runOf, writeSeparator } from "./cell.ts";
import { PLAIN } from "./float-text.ts";
import { compileJson } from "./json-text.ts";
import { bitfieldRun, enumRun, numberRun } from "./number-run.ts";
import { stringEnd, writeHex } from "./string-text.ts";

/** How text that may hold any byte is written. */
export interface TextStyle {
  text(sink: ByteSink, bytes: Uint8Array, start: number, end: number): void;
  /** For a null string or reference. */
  readonly null: Uint8Array;
}

/** Nothing added, nothing escaped. */
export const RAW: TextStyle = {
  text: (sink, bytes, start, end) => sink.write(bytes, start, end),
  null: new Uint8Array(0),
};

const TRUE = encodeText("true");
const FALSE = encodeText("false");

/** Elements as text: numbers, names, strings and paths as they are; what has parts inside as JSON. */
export function compilePlain(type: Datatype, heap: HeapResolver): Cell {
  return cellOf(plainRun(type, heap, RAW));
}

export function plainRun(type: Datatype, heap: HeapResolver, style: TextStyle): Run {
  switch (type.class) {
    case "integer":
    case "time":
    case "float":
      return numberRun(type, PLAIN);
    case "enum": {
      const nameText = isBoolean(type)
        ? (name: string) => (name === "TRUE" ? TRUE : FALSE)
        : (name: string) => styled(encodeText(name), style);
      return enumRun(type, nameText);
    }
    case "bitfield":
      return bitfieldRun(type, "");
    case "opaque":
      return runOf(({ bytes }, at, sink) => writeHex(sink, bytes, at, at + type.size));
    case "string":
      return stringRun(type, style);
    case "reference":
      return runOf(({ bytes }, at, sink) => {
        const path = heap.path(bytes.subarray(at, at + type.size), type);
        if (path === undefined) sink.write(style.null);
        else writeStyled(sink, encodeText(path), style);
      });
    case "vlen":
      if (type.kind === "sequence") return runOf(styledJson(type, heap, style));
      // libhdf5 hands out a C string: it ends at the first NUL, whatever the datatype's padding.
      return runOf(({ bytes }, at, sink) => {
        const text = heap.vlen(bytes.subarray(at, at + type.size), type);
        if (text === undefined) sink.write(style.null);
        else style.text(sink, text, 0, stringEnd(text, 0, text.length, "null-terminated"));
      });
    case "compound":
    case "array":
      return runOf(styledJson(type, heap, style));
  }
}

function stringRun({ size, padding }: StringType, style: TextStyle): Run {
  return ({ bytes }, at, stride, count, after, sink) => {
    for (let i = 0, from = at; i < count; i++, from += stride) {
      style.text(sink, bytes, from, stringEnd(bytes, from, from + size, padding));
      writeSeparator(sink, after);
    }
  };
}

function styledJson(type: Datatype, heap: HeapResolver, style: TextStyle): Cell {
  const cell = compileJson(type, heap);
  const scratch = new ByteSink(256);
  return (data, at, sink) => {
    scratch.length = 0;
    cell(data, at, scratch);
    style.text(sink, scratch.bytes, 0, scratch.length);
  };
}

function styled(text: Uint8Array, style: TextStyle): Uint8Array {
  const sink = new ByteSink(text.length + 2);
  writeStyled(sink, text, style);
  return sink.take();
}

function writeStyled(sink: ByteSink, text: Uint8Array, style: TextStyle): void {
  style.text(sink, text, 0, text.length);
}
