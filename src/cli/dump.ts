import type { CommandModule } from "yargs";
import { H5Error } from "../errors.ts";
import { encodeText } from "../format/text.ts";
import type { H5File } from "../object/file.ts";
import { type JsonObject, objectText, quote } from "./dump-json.ts";
import { DumpWalk } from "./dump-walk.ts";
import { openFile } from "./open-file.ts";
import { writeOut } from "./standard-output.ts";

export const dumpCommand: CommandModule<object, { file: string; json: boolean }> = {
  command: "dump <file>",
  describe: "Print everything that is in a file: links, objects, attributes, types, checksums of the data",
  builder: (yargs) =>
    yargs
      .positional("file", { type: "string", demandOption: true, describe: "the HDF5 file" })
      .option("json", { type: "boolean", default: true, describe: "as JSON, which is the only form" })
      .example("$0 dump --json data.h5 | jq '.[0].links'", "the links"),
  handler: ({ file }) => {
    for (const piece of dumpJson(file)) if (!writeOut(encodeText(piece))) return;
  },
};

/**
 * An array of one object: `file`, `userblock`, `objects` and `links` by path, and `error` where the file or its root
 * cannot be read (docs/cli.md tells the fields). In pieces: what is large is not kept.
 * @throws H5Error after the last piece, where the file could not be opened
 */
export function* dumpJson(name: string): Generator<string> {
  yield `[{\n"file": ${quote(name)}`;
  let file: H5File;
  try {
    file = openFile(name);
  } catch (error) {
    if (!(error instanceof H5Error)) throw error;
    yield `,\n"links": {},\n"objects": {},\n"error": ${quote(error.message)}\n}]\n`;
    throw error;
  }
  try {
    yield `,\n"userblock": ${file.superblock.baseAddress},\n"objects": {`;
    const links: string[] = [];
    let rootError: string | undefined;
    let separator = "\n";
    for (const entry of new DumpWalk(file).entries()) {
      if (entry.kind === "link") {
        if (entry.path === "/") rootError = takeError(entry.json);
        links.push(line(entry));
        continue;
      }
      yield separator + line(entry);
      separator = ",\n";
    }
    yield '\n},\n"links": {';
    separator = "\n";
    for (const link of links) {
      yield separator + link;
      separator = ",\n";
    }
    yield rootError === undefined ? "\n}\n}]\n" : `\n},\n"error": ${rootError}\n}]\n`;
  } finally {
    file.close();
  }
}

function line({ path, json }: { readonly path: string; readonly json: JsonObject }): string {
  return `${quote(path)}: ${objectText(json)}`;
}

/** What is wrong with the root group is wrong with the file. */
function takeError(link: JsonObject): string | undefined {
  const error = link.get("error");
  link.delete("error");
  return error;
}
