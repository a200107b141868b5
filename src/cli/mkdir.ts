import type { CommandModule } from "yargs";
import { DRY_RUN, type EditArguments, editFile, pathsInOneFile } from "./edit-location.ts";

interface MkdirArguments extends EditArguments {
  readonly locations: readonly string[];
  readonly parents: boolean;
}

export const mkdirCommand: CommandModule<object, MkdirArguments> = {
  command: "mkdir <locations..>",
  describe: "Make groups",
  builder: (yargs) =>
    yargs
      .positional("locations", {
        type: "string",
        array: true,
        demandOption: true,
        describe: "FILE:/path of a new group",
      })
      .option("parents", {
        alias: "p",
        type: "boolean",
        default: false,
        describe: "make the groups before it, too; a group that is there is no error",
      })
      .option("dry-run", DRY_RUN)
      .example("$0 mkdir -p data.h5:/run7/raw", "/run7, too, if it is missing"),
  handler: ({ locations, parents, "dry-run": dryRun }) => {
    const { file: name, paths } = pathsInOneFile(locations);
    editFile(name, dryRun, (file) => {
      for (const path of paths) file.createGroup(path, { parents });
    });
  },
};
