import type { CommandModule } from "yargs";
import { H5Error } from "../errors.ts";
import { decodeText, encodeText } from "../format/text.ts";
import type { Attribute } from "../object/attribute.ts";
import { datatypeName } from "../object/datatype-name.ts";
import type { H5Object } from "../object/file.ts";
import { meantDatatype } from "../object/pytables.ts";
import { ByteSink } from "../object/text/byte-sink.ts";
import { writeJsonArray } from "../object/text/json-array.ts";
import { compileJson } from "../object/text/json-text.ts";
import { attributeText } from "../object/value.ts";
import { elementBytes } from "../object/value-bytes.ts";
import { heapOf } from "../object/value-heap.ts";
import { quote } from "./dump-json.ts";
import { openObject } from "./object-location.ts";
import { printable, printableValue } from "./printable.ts";
import { writeOut } from "./standard-output.ts";

export const attrsCommand: CommandModule<object, { location: string; json: boolean }> = {
  command: "attrs <location>",
  describe: "Print the attributes of an object",
  builder: (yargs) =>
    yargs
      .positional("location", { type: "string", demandOption: true, describe: "FILE or FILE:/path" })
      .option("json", { type: "boolean", default: false, describe: "as JSON, with type and shape" })
      .example("$0 attrs data.h5:/x", "one NAME = text a line")
      .example("$0 attrs --json data.h5:/x | jq -r .units.value", "the value of one"),
  handler: ({ location, json }) => {
    const { file, object } = openObject(location);
    for (const piece of json ? jsonPieces(object) : lines(object)) if (!writeOut(encodeText(piece))) break;
    file.close();
  },
};

/** `NAME = text`, the text as in the extended attribute `user.NAME`; in quotes where it has line ends or outer blanks. */
export function* lines(object: H5Object): Generator<string> {
  for (const attribute of object.attributes()) {
    yield `${printable(attribute.name)}${orError(
      () => ` = ${plainText(object, attribute)}`,
      (why) => `: cannot be read: ${why}`,
    )}\n`;
  }
}

/** `{NAME: {"type", "shape", "value"}}`, a line each; `{"error"}` where it cannot be read. */
export function* jsonPieces(object: H5Object): Generator<string> {
  let separator = "{\n";
  for (const attribute of object.attributes()) {
    const text = orError(
      () => jsonText(object, attribute),
      (why) => `{"error": ${quote(why)}}`,
    );
    yield `${separator}  ${quote(attribute.name)}: ${text}`;
    separator = ",\n";
  }
  yield separator === "{\n" ? "{}\n" : "\n}\n";
}

function orError(text: () => string, told: (why: string) => string): string {
  try {
    return text();
  } catch (error) {
    if (error instanceof H5Error) return told(error.message);
    throw error;
  }
}

function plainText(object: H5Object, attribute: Attribute): string {
  const { dataspace } = attribute;
  if (dataspace.kind === "null") return "(no data)";
  const datatype = meantDatatype(object, attribute.datatype);
  const text = attributeText({ datatype, dataspace, bytes: () => attribute.bytes() }, heapOf(object.file));
  return printableValue(decodeText(text));
}

function jsonText(object: H5Object, attribute: Attribute): string {
  const { dataspace } = attribute;
  const datatype = meantDatatype(object, attribute.datatype);
  const shape = dataspace.kind === "null" ? null : dataspace.dims;
  const sink = new ByteSink(1024);
  if (dataspace.kind !== "null") {
    const cell = compileJson(datatype, heapOf(object.file));
    const data = elementBytes(attribute.bytes());
    if (dataspace.kind === "scalar") cell(data, 0, sink);
    else writeJsonArray(cell, dataspace.dims, datatype.size, data, sink);
  }
  const value = dataspace.kind === "null" ? "null" : decodeText(sink.take());
  return `{"type": ${quote(datatypeName(datatype))}, "shape": ${JSON.stringify(shape)}, "value": ${value}}`;
}
