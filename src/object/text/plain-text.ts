import type { Datatype, StringType } from "../../format/datatype.ts";
import { encodeText } from "../../format/text.ts";
import type { HeapResolver } from "../value-heap.ts";
import { isBoolean } from "../value-meaning.ts";
import { ByteSink } from "./byte-sink.ts";
import { bounded, type Cell, cellOf, MAX_WIDTH, open, type Writer } from "./cell.ts";
import { PLAIN } from "./float-text.ts";
import { compileJson } from "./json-text.ts";
import { bitfieldWriter, enumWriter, numberWriter } from "./number-text.ts";
import { putHex, stringEnd } from "./string-text.ts";

/** How text that may hold any byte is written. */
export interface TextStyle {
  /** As `text`, of at most `maxWidth` bytes, into `out` from `to` on. Returns the position after. */
  put(out: DataView, to: number, bytes: Uint8Array, start: number, end: number): number;
  maxWidth(length: number): number;
  text(sink: ByteSink, bytes: Uint8Array, start: number, end: number): void;
  /** For a null string or reference. */
  readonly null: Uint8Array;
}

/** Nothing added, nothing escaped. */
export const RAW: TextStyle = {
  put: (out, to, bytes, start, end) => {
    let at = to;
    for (let i = start; i < end; i++) out.setUint8(at++, bytes[i] ?? 0);
    return at;
  },
  maxWidth: (length) => length,
  text: (sink, bytes, start, end) => sink.write(bytes, start, end),
  null: new Uint8Array(0),
};

const TRUE = encodeText("true");
const FALSE = encodeText("false");

/** Elements as text: numbers, names, strings and paths as they are; what has parts inside as JSON. */
export function compilePlain(type: Datatype, heap: HeapResolver): Cell {
  return cellOf(plainWriter(type, heap, RAW));
}

export function plainWriter(type: Datatype, heap: HeapResolver, style: TextStyle): Writer {
  switch (type.class) {
    case "integer":
    case "time":
    case "float":
      return numberWriter(type, PLAIN);
    case "enum": {
      const nameText = isBoolean(type)
        ? (name: string) => (name === "TRUE" ? TRUE : FALSE)
        : (name: string) => styled(encodeText(name), style);
      return enumWriter(type, nameText);
    }
    case "bitfield":
      return bitfieldWriter(type, "");
    case "opaque":
      return bounded(2 * type.size + 2, ({ bytes }, at, out, to) => putHex(out, to, bytes, at, at + type.size));
    case "string":
      return stringWriter(type, style);
    case "reference":
      return open(({ bytes }, at, sink) => {
        const path = heap.path(bytes.subarray(at, at + type.size), type);
        if (path === undefined) sink.write(style.null);
        else writeStyled(sink, encodeText(path), style);
      });
    case "vlen":
      if (type.kind === "sequence") return open(styledJson(type, heap, style));
      // libhdf5 hands out a C string: it ends at the first NUL, whatever the datatype's padding.
      return open(({ bytes }, at, sink) => {
        const text = heap.vlen(bytes.subarray(at, at + type.size), type);
        if (text === undefined) sink.write(style.null);
        else style.text(sink, text, 0, stringEnd(text, 0, text.length, "null-terminated"));
      });
    case "compound":
    case "array":
      return open(styledJson(type, heap, style));
  }
}

function stringWriter({ size, padding }: StringType, style: TextStyle): Writer {
  const width = style.maxWidth(size);
  return width <= MAX_WIDTH
    ? bounded(width, ({ bytes }, at, out, to) =>
        style.put(out, to, bytes, at, stringEnd(bytes, at, at + size, padding)),
      )
    : open(({ bytes }, at, sink) => style.text(sink, bytes, at, stringEnd(bytes, at, at + size, padding)));
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
