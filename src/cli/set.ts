import type { CommandModule } from "yargs";
import { FILTER_WORDS } from "../object/filter-text.ts";
import { SETTINGS, type Setting, storageOptions } from "../object/storage-text.ts";
import { DRY_RUN, type EditArguments, editFile, pathInFile } from "./edit-location.ts";
import { Progress, QUIET } from "./progress.ts";

interface SetArguments extends EditArguments {
  readonly what: Setting;
  readonly location: string;
  readonly value: string;
  readonly quiet: boolean;
}

export const setCommand: CommandModule<object, SetArguments> = {
  command: "set <what> <location> <value>",
  describe: "Store a dataset with other chunks, filters, or room to grow",
  builder: (yargs) =>
    yargs
      .positional("what", {
        choices: SETTINGS,
        demandOption: true,
        describe: "what is to be another",
      })
      .positional("location", { type: "string", demandOption: true, describe: "FILE:/path of a dataset" })
      .positional("value", {
        type: "string",
        demandOption: true,
        describe: `chunks: N,M,..., auto, none; filters: ${FILTER_WORDS}; maxshape: None,M,..., None being unlimited`,
      })
      .option("dry-run", DRY_RUN)
      .option("quiet", QUIET)
      .example("$0 set filters data.h5:/x shuffle,gzip=6", "its elements are written anew, compressed")
      .example("$0 set chunks data.h5:/x 100,_", "chunks of 100 whole rows")
      .example("$0 set maxshape data.h5:/x None,_", "it may have any number of rows from now on"),
  handler: ({ what, location, value, quiet, "dry-run": dryRun }) => {
    const { file: name, path } = pathInFile(location);
    const progress = new Progress(process.stderr, quiet, "written");
    editFile(name, dryRun, (file) => {
      const editable = file.dataset(path);
      const told = (bytes: number): void => progress.working(path, bytes);
      editable.store({ ...storageOptions(what, value, editable.dataset), progress: told });
      progress.done();
    });
    progress.end();
  },
};
