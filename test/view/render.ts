import type { Datatype } from "../../src/format/datatype.ts";
import { ByteSink } from "../../src/object/text/byte-sink.ts";
import type { HeapResolver } from "../../src/object/value-heap.ts";
import { render as renderRange, textOf } from "../../src/view/render.ts";
import type { ElementSource } from "../../src/view/source.ts";
import type { TextViewName } from "../../src/view/view.ts";
import { heapOf } from "../object/datatypes.ts";

/** The little-endian bytes of numbers. */
export const int32s = (...values: number[]): Uint8Array => new Uint8Array(Int32Array.from(values).buffer);
export const float64s = (...values: number[]): Uint8Array => new Uint8Array(Float64Array.from(values).buffer);
export const ascii = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"));

export function source(
  datatype: Datatype,
  dims: readonly number[] | null,
  bytes: Uint8Array,
  heap: HeapResolver = heapOf(),
): ElementSource {
  const { size } = datatype;
  return {
    datatype,
    dims,
    name: "data",
    heap,
    read: (first, count) => bytes.subarray(first * size, (first + count) * size),
  };
}

export function render(view: TextViewName, of: ElementSource): string {
  const sink = new ByteSink(16);
  const text = textOf(view, of);
  for (const _ of renderRange(text, 0, text.format.elementCount, sink));
  return Buffer.from(sink.take()).toString();
}
