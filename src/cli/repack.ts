import type { CommandModule } from "yargs";
import { LIBRARY_VERSIONS, type LibraryVersion } from "../object/new-file.ts";
import { repackFile } from "../object/repack.ts";
import { Progress, QUIET, sizeText } from "./progress.ts";

interface RepackArguments {
  readonly file: string;
  readonly libver: LibraryVersion | undefined;
  readonly quiet: boolean;
}

export const repackCommand: CommandModule<object, RepackArguments> = {
  command: "repack <file>",
  describe: "Write a file anew without what is not used any more",
  builder: (yargs) =>
    yargs
      .positional("file", { type: "string", demandOption: true, describe: "the HDF5 file" })
      .option("libver", {
        choices: LIBRARY_VERSIONS,
        requiresArg: true,
        describe: "the oldest HDF5 library that is to read it (default: as it is)",
      })
      .option("quiet", QUIET)
      .example("$0 repack data.h5", "every value is compared before the new file takes the place of the old")
      .example("$0 repack --libver v110 data.h5", "with the structures of HDF5 1.10"),
  handler: ({ file, libver, quiet }) => {
    const progress = new Progress(process.stderr, quiet);
    const { before, after, lostReferences } = repackFile(file, {
      libver,
      progress: (step, path, bytes) => progress.working(`${step} ${path}`, bytes),
    });
    progress.clear();
    if (lostReferences > 0) progress.tell(`h5fs: ${lostReferences} references to objects without a name are null now`);
    if (!quiet) process.stdout.write(`${file}: ${sizeText(after)}, was ${sizeText(before)}\n`);
  },
};
