import { H5Error } from "../errors.ts";
import { encodeText } from "../format/text.ts";
import type { Attribute } from "../object/attribute.ts";
import type { H5Object } from "../object/file.ts";
import { meantDatatype } from "../object/pytables.ts";
import { ByteSink } from "../object/text/byte-sink.ts";
import { writeJsonArray } from "../object/text/json-array.ts";
import { compileJson } from "../object/text/json-text.ts";
import { elementBytes } from "../object/value-bytes.ts";
import { heapOf } from "../object/value-heap.ts";
import { typeJson } from "./type-json.ts";

/** Bytes of JSON for one attribute. */
const MAX_TEXT = 2 ** 26;

/**
 * All attributes of an object as one JSON object, a line each, in byte order of their names:
 * `"NAME": {"type": ..., "shape": [2, 3], "value": [[1, 2, 3], [4, 5, 6]]}`. `type` is complete (see `typeJson`); `shape` is
 * `[]` for a scalar and `null` where there is no data; values are as in the JSON view. An attribute that cannot be read is
 * `{"error": ...}`.
 * @param isShown of a name: whether the attribute is there
 */
export function* attributesJson(
  object: H5Object,
  isShown: (name: string) => boolean = () => true,
): Generator<Uint8Array> {
  let separator = "{\n";
  for (const attribute of object.attributes()) {
    if (!isShown(attribute.name)) continue;
    yield encodeText(`${separator}  ${JSON.stringify(attribute.name)}: `);
    yield attributeJson(object, attribute);
    separator = ",\n";
  }
  yield encodeText(separator === "{\n" ? "{}\n" : "\n}\n");
}

/** One attribute's object. */
export function attributeJson(object: H5Object, attribute: Attribute): Uint8Array {
  const sink = new ByteSink(1024, undefined, MAX_TEXT);
  try {
    const { dataspace } = attribute;
    const datatype = meantDatatype(object, attribute.datatype);
    const shape = dataspace.kind === "null" ? "null" : `[${dataspace.dims.join(", ")}]`;
    sink.write(encodeText(`{"type": ${JSON.stringify(typeJson(datatype))}, "shape": ${shape}, "value": `));
    const cell = compileJson(datatype, heapOf(object.file));
    if (dataspace.kind === "null") sink.write(encodeText("null"));
    else if (dataspace.kind === "scalar") cell(elementBytes(attribute.bytes()), 0, sink);
    else writeJsonArray(cell, dataspace.dims, datatype.size, elementBytes(attribute.bytes()), sink);
    sink.write(encodeText("}"));
    return sink.take();
  } catch (error) {
    if (!(error instanceof H5Error)) throw error;
    return encodeText(JSON.stringify({ error: error.message }));
  }
}
