import type { CommandModule } from "yargs";
import { NotFoundError } from "../errors.ts";
import type { EditableFile } from "../object/editable-file.ts";
import { childPath } from "../object/group.ts";
import { DRY_RUN, type EditArguments, editFile, isGroup, pathsInOneFile, replaceable } from "./edit-location.ts";
import { CommandError, EXIT } from "./exit-status.ts";
import { lastPart } from "./location.ts";

interface MvArguments extends EditArguments {
  readonly locations: readonly string[];
  readonly force: boolean;
}

export const mvCommand: CommandModule<object, MvArguments> = {
  command: "mv <locations..>",
  describe: "Rename or move within a file",
  builder: (yargs) =>
    yargs
      .positional("locations", {
        type: "string",
        array: true,
        demandOption: true,
        describe: "FILE:/path of what is moved; the last: its new path, or a group to put it into",
      })
      .option("force", {
        alias: "f",
        type: "boolean",
        default: false,
        describe: "replace a dataset or link that is there",
      })
      .option("dry-run", DRY_RUN)
      .example("$0 mv data.h5:/x data.h5:/y", "another name")
      .example("$0 mv data.h5:/a data.h5:/b data.h5:/group", "both into /group"),
  handler: ({ locations, force, "dry-run": dryRun }) => {
    const { file: name, paths } = pathsInOneFile(locations);
    if (paths.length < 2) throw new CommandError(EXIT.usage, "the new path is missing");
    const target = paths.at(-1) ?? "/";
    editFile(name, dryRun, (file) => {
      const isInto = isGroup(file, target);
      if (paths.length > 2 && !isInto) {
        throw new CommandError(EXIT.usage, `${target} is no group; several can only be moved into one`);
      }
      for (const path of paths.slice(0, -1)) {
        const to = isInto ? childPath(target, lastPart(path)) : target;
        if (force && !isSame(file, path, to)) replaceable(file, to);
        file.move(path, to);
      }
    });
  },
};

function isSame(file: EditableFile, a: string, b: string): boolean {
  try {
    return file.file.resolve(a).address === file.file.resolve(b).address;
  } catch (error) {
    if (error instanceof NotFoundError) return false;
    throw error;
  }
}
