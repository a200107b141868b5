import type { CommandModule } from "yargs";
import { createFile, LIBRARY_VERSIONS, type LibraryVersion } from "../object/new-file.ts";

interface CreateArguments {
  readonly files: readonly string[];
  readonly libver: LibraryVersion;
  readonly "user-block": number;
  readonly force: boolean;
}

export const createCommand: CommandModule<object, CreateArguments> = {
  command: "create <files..>",
  describe: "Make a new, empty file",
  builder: (yargs) =>
    yargs
      .positional("files", { type: "string", array: true, demandOption: true, describe: "the HDF5 file to make" })
      .option("libver", {
        choices: LIBRARY_VERSIONS,
        default: "v18" as const,
        requiresArg: true,
        describe: "the oldest HDF5 library that is to read it",
      })
      .option("user-block", {
        type: "number",
        default: 0,
        requiresArg: true,
        describe: "bytes before the HDF5 data that are left to you: 512, 1024, 2048...",
      })
      .option("force", { alias: "f", type: "boolean", default: false, describe: "replace a file that is there" })
      .example("$0 create data.h5", "readable by HDF5 1.8 and everything since")
      .example("$0 create --libver earliest data.h5", "readable by HDF5 1.6, too"),
  handler: ({ files, libver, "user-block": userBlock, force }) => {
    for (const file of files) createFile(file, { libver, userBlock }, force ? "replace" : "refuse");
  },
};
