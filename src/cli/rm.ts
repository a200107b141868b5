import type { CommandModule } from "yargs";
import { H5Error } from "../errors.ts";
import type { H5File } from "../object/file.ts";
import { Group } from "../object/group.ts";
import { linkAt, placeOf } from "../object/path-edit.ts";
import { DRY_RUN, type EditArguments, editFile, isMissing, pathsInOneFile } from "./edit-location.ts";
import { Progress, QUIET } from "./progress.ts";

interface RmArguments extends EditArguments {
  readonly locations: readonly string[];
  readonly recursive: boolean;
  readonly force: boolean;
  readonly quiet: boolean;
}

export const rmCommand: CommandModule<object, RmArguments> = {
  command: "rm <locations..>",
  describe: "Remove datasets, links and, with -r, groups",
  builder: (yargs) =>
    yargs
      .positional("locations", { type: "string", array: true, demandOption: true, describe: "FILE:/path" })
      .option("recursive", {
        alias: "r",
        type: "boolean",
        default: false,
        describe: "groups, too, with all that is in them",
      })
      .option("force", { alias: "f", type: "boolean", default: false, describe: "what is not there is no error" })
      .option("dry-run", DRY_RUN)
      .option("quiet", QUIET)
      .example("$0 rm -r data.h5:/run7", "a group and all that is in it; the space is used again"),
  handler: ({ locations, recursive, force, quiet, "dry-run": dryRun }) => {
    const { file: name, paths } = pathsInOneFile(locations);
    const progress = new Progress(process.stderr, quiet);
    editFile(name, dryRun, (file) => {
      for (const path of paths) {
        if (force && isMissing(file, path)) continue;
        if (!recursive) assertNoGroup(file.file, path);
        const told = (bytes: number, isEnd: boolean): void => {
          if (isEnd) progress.done();
          progress.working(path, bytes);
        };
        file.delete(path, { progress: told });
      }
    });
    progress.clear();
  },
};

/** A link to a group that has another name is only a link: but the user may not know. */
function assertNoGroup(file: H5File, path: string): void {
  const place = placeOf(file, path);
  const link = linkAt(place);
  if (link.kind !== "hard" || !(file.object(link.address, path) instanceof Group)) return;
  throw new H5Error("is-a-group", `${path} is a group: h5fs rm -r removes it with all that is in it`, { path });
}
