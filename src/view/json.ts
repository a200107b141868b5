import type { Datatype } from "../format/datatype.ts";
import { encodeText } from "../format/text.ts";
import type { ByteSink } from "../object/text/byte-sink.ts";
import { JsonNesting, writeEmptyArray } from "../object/text/json-array.ts";
import { jsonWriter } from "../object/text/json-text.ts";
import { integerLayout, readInteger } from "../object/value-integer.ts";
import { type ElementSource, elementCountOf } from "./source.ts";
import { elementsOnLine, type TextFormat } from "./text-format.ts";

/**
 * JSON that nests as the data does, a row on a line. Elements: see json-text.ts. A dataset without data is `null`.
 * Integers of 64 bits and more are written exactly; JavaScript's `JSON.parse` rounds them, Python and jq 1.7 do not.
 */
export function jsonFormat(source: ElementSource): TextFormat {
  const dims = source.dims ?? [];
  const writer = jsonWriter(source.datatype, source.heap);
  const size = source.datatype.size;
  const nesting = new JsonNesting(dims, "lines");
  const elementCount = elementCountOf(source);
  return {
    elementCount,
    elementsPerRow: elementsOnLine(dims),
    elementSize: size,
    head(sink) {
      if (source.dims === null) sink.write(encodeText("null"));
      else if (elementCount === 0) writeEmptyArray(dims, sink);
    },
    elements(first, count, data, sink) {
      nesting.write(writer, first, count, data, 0, size, sink);
    },
    tail(sink) {
      sink.byte(0x0a);
    },
  };
}

/** A committed datatype: what it is, its fields as the specification names them. */
export function renderDatatype(type: Datatype, sink: ByteSink): void {
  sink.write(encodeText(`${JSON.stringify(describe(type), undefined, 2)}\n`));
}

function describe(type: Datatype): object {
  const { committedAt: _, ...fields } = type;
  switch (fields.class) {
    case "compound":
      return {
        ...fields,
        members: fields.members.map(({ name, offset, type }) => ({ name, offset, type: describe(type) })),
      };
    case "enum":
      return {
        ...fields,
        base: describe(fields.base),
        members: fields.members.map(({ name, value }) => ({ name, value: enumValue(fields.base, value) })),
      };
    case "array":
    case "vlen":
      return { ...fields, base: describe(fields.base) };
    default:
      return fields;
  }
}

/** As a number where JSON readers keep it, else as text. */
function enumValue(base: Datatype, value: Uint8Array): number | string {
  if (base.class !== "integer") return `0x${Buffer.from(value).toString("hex")}`;
  const exact = readInteger(value, 0, integerLayout(base));
  const number = Number(exact);
  return Number.isSafeInteger(number) ? number : `${exact}`;
}
