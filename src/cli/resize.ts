import type { CommandModule } from "yargs";
import { shapeFromText } from "../object/storage-text.ts";
import { DRY_RUN, type EditArguments, editFile, pathInFile } from "./edit-location.ts";
import { Progress, QUIET } from "./progress.ts";

interface ResizeArguments extends EditArguments {
  readonly location: string;
  readonly shape: string;
  readonly quiet: boolean;
}

export const resizeCommand: CommandModule<object, ResizeArguments> = {
  command: "resize <location> <shape>",
  describe: "Make a dataset larger or smaller",
  builder: (yargs) =>
    yargs
      .positional("location", { type: "string", demandOption: true, describe: "FILE:/path of a dataset with chunks" })
      .positional("shape", { type: "string", demandOption: true, describe: "N,M,...; _ leaves a dimension as it is" })
      .option("dry-run", DRY_RUN)
      .option("quiet", QUIET)
      .example("$0 resize data.h5:/x 1000,_", "1000 rows: what is cut off is gone, what is new is the fill value"),
  handler: ({ location, shape, quiet, "dry-run": dryRun }) => {
    const { file: name, path } = pathInFile(location);
    const progress = new Progress(process.stderr, quiet);
    editFile(name, dryRun, (file) => {
      const dataset = file.dataset(path);
      dataset.resize(shapeFromText(shape, dataset.shape), { progress: (bytes) => progress.working(path, bytes) });
    });
    progress.clear();
  },
};
