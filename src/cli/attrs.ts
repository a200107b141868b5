import type { CommandModule } from "yargs";
import { H5Error } from "../errors.ts";
import { decodeText, encodeText } from "../format/text.ts";
import type { Attribute } from "../object/attribute.ts";
import type { H5Object } from "../object/file.ts";
import { meantDatatype } from "../object/pytables.ts";
import { attributeText } from "../object/value.ts";
import { heapOf } from "../object/value-heap.ts";
import { attributesJson } from "../view/attributes-json.ts";
import { reading } from "./location.ts";
import { openObject } from "./object-location.ts";
import { printable, printableValue } from "./printable.ts";
import { writeOut } from "./standard-output.ts";

export const attrsCommand: CommandModule<object, { location: string; json: boolean }> = {
  command: "attrs <location>",
  describe: "Print the attributes of an object",
  builder: (yargs) =>
    yargs
      .positional("location", { type: "string", demandOption: true, describe: "FILE or FILE:/path" })
      .option("json", {
        type: "boolean",
        default: false,
        describe: "the same as NAME.attrs.json in the mount: JSON, with type and shape",
      })
      .example("$0 attrs data.h5:/x", "one NAME = text a line")
      .example("$0 attrs --json data.h5:/x | jq -r .units.value", "the value of one"),
  handler: reading(({ location, json }) => {
    const { file, object } = openObject(location);
    for (const piece of json ? attributesJson(object) : lines(object)) if (!writeOut(piece)) break;
    file.close();
  }),
};

/** `NAME = text`, the text as in the extended attribute `user.NAME`; in quotes where it has line ends or outer blanks. */
export function* lines(object: H5Object): Generator<Uint8Array> {
  for (const attribute of object.attributes()) {
    const text = orError(
      () => ` = ${plainText(object, attribute)}`,
      (why) => `: cannot be read: ${why}`,
    );
    yield encodeText(`${printable(attribute.name)}${text}\n`);
  }
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
