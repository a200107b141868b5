import type { CommandModule } from "yargs";
import { H5Error, NotFoundError } from "../errors.ts";
import type { Dataspace } from "../format/dataspace.ts";
import type { Datatype } from "../format/datatype.ts";
import { encodeText } from "../format/text.ts";
import { removeAttribute, setAttributeElements, setAttributeValue } from "../object/attribute-value.ts";
import { datatypeFrom } from "../object/dtype.ts";
import type { H5Object } from "../object/file.ts";
import { FileHeapWriter } from "../object/heap-writer.ts";
import { fixedDataspace, inferDims } from "../object/infer-datatype.ts";
import type { FileTransaction } from "../object/writable-file.ts";
import { parseAttributeText } from "../view/parse-attribute.ts";
import { type Json, parseTypeJson } from "../view/parse-type-json.ts";
import { DRY_RUN, type EditArguments, editFile } from "./edit-location.ts";
import { splitLocation } from "./location.ts";

interface SetArguments extends EditArguments {
  readonly location: string;
  readonly name: string;
  readonly value: string;
  readonly type: string | undefined;
}

interface RemoveArguments extends EditArguments {
  readonly location: string;
  readonly names: readonly string[];
  readonly force: boolean;
}

const LOCATION = { type: "string", demandOption: true, describe: "FILE:/path; FILE alone is the root group" } as const;

const setCommand: CommandModule<object, SetArguments> = {
  command: "set <location> <name> <value>",
  describe: "Set an attribute to a text, or as its type has it to a number or JSON array",
  builder: (yargs) =>
    yargs
      .positional("location", LOCATION)
      .positional("name", { type: "string", demandOption: true, describe: "the attribute" })
      .positional("value", { type: "string", demandOption: true, describe: "as h5fs attrs prints it" })
      .option("type", {
        alias: "t",
        type: "string",
        requiresArg: true,
        describe:
          "int32, float64, string, S10, reference..., or JSON as in x.attrs.json: a new attribute's, or another than it has",
      })
      .option("dry-run", DRY_RUN)
      .example("$0 attr set data.h5:/x units m/s", "a text, or where units is a number already, an error")
      .example("$0 attr set -t float64 data.h5:/x offsets '[0.5, 1]'", "an array of two numbers")
      .example("$0 attr set -t reference data.h5:/x origin /run7/y", "a reference to an object, by its path"),
  handler: ({ location, name, value, type, "dry-run": dryRun }) => {
    const { file: fileName, path } = splitLocation(location);
    editFile(fileName, dryRun, (file) => {
      file.transaction((transaction) => setText(transaction, transaction.file.resolve(path), name, value, type));
    });
  },
};

const removeCommand: CommandModule<object, RemoveArguments> = {
  command: "rm <location> <names..>",
  describe: "Remove attributes",
  builder: (yargs) =>
    yargs
      .positional("location", LOCATION)
      .positional("names", { type: "string", array: true, demandOption: true, describe: "the attributes" })
      .option("force", { alias: "f", type: "boolean", default: false, describe: "what is not there is no error" })
      .option("dry-run", DRY_RUN)
      .example("$0 attr rm data.h5:/x units", ""),
  handler: ({ location, names, force, "dry-run": dryRun }) => {
    const { file: fileName, path } = splitLocation(location);
    editFile(fileName, dryRun, (file) => {
      file.transaction((transaction) => {
        const { address } = transaction.file.resolve(path);
        for (const name of names) {
          if (removeAttribute(transaction, address, name) || force) continue;
          throw new NotFoundError(
            `${path} has no attribute ${JSON.stringify(name)}; "h5fs attrs ${location}" lists what it has`,
          );
        }
      });
    });
  },
};

export const attrCommand: CommandModule = {
  command: "attr",
  describe: "Set or remove attributes (attrs prints them)",
  builder: (yargs) => yargs.command(setCommand).command(removeCommand).demandCommand(1, "attr needs set or rm"),
  handler: () => undefined,
};

/** In the type that is given, or that the attribute has; else it is a text, as h5py stores one. */
function setText(
  transaction: FileTransaction,
  object: H5Object,
  name: string,
  text: string,
  type: string | undefined,
): void {
  const target = type === undefined ? object.attribute(name) : targetOf(type, text, transaction.edit.sizeOfOffsets);
  if (target === undefined) {
    setAttributeValue(transaction, object.address, name, { value: text });
    return;
  }
  const parsed = parseAttributeText(encodeText(text), target, new FileHeapWriter(transaction));
  setAttributeElements(transaction, object.address, name, parsed);
}

function targetOf(
  type: string,
  text: string,
  sizeOfOffsets: number,
): { readonly datatype: Datatype; readonly dataspace: Dataspace } {
  const datatype = type.startsWith("{")
    ? parseTypeJson(jsonOf(type, "object"), sizeOfOffsets)
    : datatypeFrom(type, sizeOfOffsets);
  const dims = text.startsWith("[") ? inferDims(jsonOf(text, "array"), datatype) : [];
  return { datatype, dataspace: fixedDataspace(dims) };
}

function jsonOf(text: string, what: string): Json {
  try {
    const parsed: Json = JSON.parse(text);
    return parsed;
  } catch (cause) {
    throw new H5Error("argument", `${text}: is no JSON ${what}`, { cause });
  }
}
