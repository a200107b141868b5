import type { ArrayType, CompoundType, Datatype, FloatType, VlenType } from "../format/datatype.ts";
import { encodeText } from "../format/text.ts";
import type { ByteSink } from "../object/text/byte-sink.ts";
import { type Cell, cellOf, type Writer } from "../object/text/cell.ts";
import { JSON_STRINGS, type NonFiniteText } from "../object/text/float-text.ts";
import { writeEmptyArray } from "../object/text/json-array.ts";
import { jsonWriter } from "../object/text/json-text.ts";
import { numberWriter } from "../object/text/number-text.ts";
import { type JsonEscapes, stringEnd, writeJsonString } from "../object/text/string-text.ts";
import { type ElementBytes, elementBytes } from "../object/value-bytes.ts";
import type { HeapResolver } from "../object/value-heap.ts";
import { complexPart } from "../object/value-meaning.ts";
import { PYTHON_EXPONENT } from "./csv-style.ts";
import { type JsonStyle, jsonSpace, jsonString } from "./json-style.ts";
import { type ElementSource, elementCountOf } from "./source.ts";
import { isFloat64, styledFloatWriter } from "./styled-float.ts";
import { elementsOnLine, type TextFormat } from "./text-format.ts";

const SLASH = 0x2f;
const NULL = encodeText("null");
const EMPTY = encodeText("[]");
const NOTHING = new Uint8Array(0);

/** Python's, which are no JSON. */
const WORDS: NonFiniteText = { nan: "NaN", infinity: "Infinity", negativeInfinity: "-Infinity" };
/** Infinities are no nulls: they stay what they are. */
const NULLS: NonFiniteText = { ...JSON_STRINGS, nan: "null" };

/** The JSON text of a dataset as `style` says: what `jsonFormat` is for a dataset that was made from a text. */
export function styledJsonFormat(source: ElementSource, style: JsonStyle): TextFormat {
  const dims = source.dims ?? [];
  const rank = dims.length;
  const { size } = source.datatype;
  const cell = new Cells(style, source.heap).cell(source.datatype, rank);
  const elementCount = elementCountOf(source);
  const nesting = new Nesting(dims, style);
  return {
    elementCount,
    elementsPerRow: elementsOnLine(dims),
    elementSize: size,
    head(sink) {
      if (source.dims === null) sink.write(NULL);
      else if (elementCount === 0) writeEmptyArray(dims, sink);
    },
    elements(first, count, data, sink) {
      for (let i = 0; i < count; i++) {
        sink.write(nesting.before(first + i));
        cell(data, i * size, sink);
        sink.write(nesting.after(first + i));
      }
    },
    tail(sink) {
      sink.write(encodeText(style.end));
    },
  };
}

/** What stands around an element: known from its number alone. */
class Nesting {
  /** Elements in one list of each depth, the innermost last. */
  readonly #sizes: readonly number[];
  readonly #first: Uint8Array;
  /** By how many lists begin, or end, with the element. */
  readonly #before: readonly Uint8Array[];
  readonly #after: readonly Uint8Array[];

  constructor(dims: readonly number[], style: JsonStyle) {
    const rank = dims.length;
    this.#sizes = dims.map((_, d) => dims.slice(d).reduce((product, dim) => product * dim, 1));
    const depths = dims.map((_, d) => d + 1);
    const opened = (from: number): string =>
      depths
        .slice(from)
        .map((depth) => `[${jsonSpace(style, depth).before}`)
        .join("");
    const closed = (to: number): string =>
      depths
        .slice(to)
        .toReversed()
        .map((depth) => `${jsonSpace(style, depth).after}]`)
        .join("");
    const counts = [0, ...depths];
    this.#first = encodeText(opened(0));
    this.#before = depths.map((_, k) => encodeText(`,${jsonSpace(style, rank - k).between}${opened(rank - k)}`));
    this.#after = counts.map((k) => encodeText(closed(rank - k)));
  }

  before(element: number): Uint8Array {
    if (element === 0) return this.#first;
    return this.#before[this.#boundaries(element)] ?? NOTHING;
  }

  after(element: number): Uint8Array {
    return this.#after[this.#boundaries(element + 1)] ?? NOTHING;
  }

  #boundaries(element: number): number {
    const sizes = this.#sizes;
    let count = 0;
    for (let d = sizes.length - 1; d >= 0 && element % (sizes[d] ?? 1) === 0; d--) count++;
    return count;
  }
}

/** What writes the elements of a datatype. */
class Cells {
  readonly #style: JsonStyle;
  readonly #heap: HeapResolver;
  readonly #nonFinite: NonFiniteText;
  readonly #escapes: JsonEscapes;
  /** Members that are float64, so far. */
  #floats = 0;

  constructor(style: JsonStyle, heap: HeapResolver) {
    this.#style = style;
    this.#heap = heap;
    const { nonFinite } = style;
    this.#nonFinite = nonFinite === undefined ? JSON_STRINGS : nonFinite === "word" ? WORDS : NULLS;
    const text = (text: string): Uint8Array => encodeText(jsonString(text, style));
    this.#escapes = style.slash === true ? { text, also: SLASH } : { text };
  }

  /** @param depth lists and objects that the element is in */
  cell(type: Datatype, depth: number): Cell {
    switch (type.class) {
      case "float":
        return cellOf(this.#float(type));
      case "string":
        return ({ bytes }, at, sink) =>
          writeJsonString(sink, bytes, at, stringEnd(bytes, at, at + type.size, type.padding), this.#escapes);
      case "compound":
        return this.#object(type, depth + 1);
      case "array":
        return this.#array(type, depth + 1);
      case "vlen":
        return type.kind === "string" ? this.#vlenString(type) : this.#sequence(type, depth + 1);
      default:
        return cellOf(jsonWriter(type, this.#heap));
    }
  }

  #float(type: FloatType): Writer {
    if (!isFloat64(type)) return numberWriter(type, this.#nonFinite);
    const { floats = [] } = this.#style;
    const float = floats[Math.min(this.#floats++, floats.length - 1)];
    return styledFloatWriter(type, float ?? { whole: "point", exponent: PYTHON_EXPONENT }, this.#nonFinite);
  }

  #object(type: CompoundType, depth: number): Cell {
    const { before, between, after } = jsonSpace(this.#style, depth);
    const isComplex = complexPart(type) !== undefined;
    const members = type.members.map(({ name, offset, type: member }, i) => {
      const key = isComplex ? (i === 0 ? "r" : "i") : name;
      const start = `${i === 0 ? `{${before}` : `,${between}`}${jsonString(key, this.#style)}${this.#style.colon}`;
      return { start: encodeText(start), offset, cell: this.cell(member, depth) };
    });
    const end = encodeText(members.length === 0 ? "{}" : `${after}}`);
    return (data, at, sink) => {
      for (const { start, offset, cell } of members) {
        sink.write(start);
        cell(data, at + offset, sink);
      }
      sink.write(end);
    };
  }

  #array({ base, dims }: ArrayType, depth: number): Cell {
    let cell = this.cell(base, depth - 1 + dims.length);
    let { size } = base;
    for (const [d, dim] of [...dims.entries()].toReversed()) {
      const list = this.#list(cell, size, depth + d);
      cell = (data, at, sink) => list(data, at, dim, sink);
      size *= dim;
    }
    return cell;
  }

  #sequence(type: VlenType, depth: number): Cell {
    const { size } = type.base;
    const list = this.#list(this.cell(type.base, depth), size, depth);
    return ({ bytes }, at, sink) => {
      const values = this.#heap.vlen(bytes.subarray(at, at + type.size), type) ?? NOTHING;
      list(elementBytes(values), 0, Math.floor(values.length / Math.max(size, 1)), sink);
    };
  }

  #list(cell: Cell, size: number, depth: number) {
    const { before, between, after } = jsonSpace(this.#style, depth);
    const start = encodeText(`[${before}`);
    const next = encodeText(`,${between}`);
    const end = encodeText(`${after}]`);
    return (data: ElementBytes, at: number, count: number, sink: ByteSink): void => {
      if (count === 0) {
        sink.write(EMPTY);
        return;
      }
      for (let i = 0; i < count; i++) {
        sink.write(i === 0 ? start : next);
        cell(data, at + i * size, sink);
      }
      sink.write(end);
    };
  }

  /** libhdf5 hands out a C string: it ends at the first NUL, whatever the datatype's padding. */
  #vlenString(type: VlenType): Cell {
    return ({ bytes }, at, sink) => {
      const text = this.#heap.vlen(bytes.subarray(at, at + type.size), type);
      if (text === undefined) sink.write(NULL);
      else writeJsonString(sink, text, 0, stringEnd(text, 0, text.length, "null-terminated"), this.#escapes);
    };
  }
}
