import { resolve } from "node:path";
import type { CommandModule } from "yargs";
import { childPath } from "../object/group.ts";
import { DRY_RUN, type EditArguments, editFile, isGroup, pathInFile } from "./edit-location.ts";
import { CommandError, EXIT } from "./exit-status.ts";
import { lastPart, splitLocation } from "./location.ts";

interface LnArguments extends EditArguments {
  readonly target: string;
  readonly link: string;
  readonly symbolic: boolean;
}

export const lnCommand: CommandModule<object, LnArguments> = {
  command: "ln <target> <link>",
  describe: "Make a link: hard, soft (-s), or into another file (-s OTHER.h5:/path)",
  builder: (yargs) =>
    yargs
      .positional("target", {
        type: "string",
        demandOption: true,
        describe: "FILE:/path; with -s also a path alone (/x, or x beside the link), or OTHER.h5:/path",
      })
      .positional("link", { type: "string", demandOption: true, describe: "FILE:/path: the link, or a group for it" })
      .option("symbolic", {
        alias: "s",
        type: "boolean",
        default: false,
        describe: "a link by name: what it leads to need not exist",
      })
      .option("dry-run", DRY_RUN)
      .example("$0 ln data.h5:/x data.h5:/y", "another name for the same object")
      .example("$0 ln -s /run7/x data.h5:/latest", "a soft link, to a path in the same file")
      .example("$0 ln -s raw.h5:/x data.h5:/x", "an external link; the name is relative to the folder of data.h5"),
  handler: ({ target, link, symbolic, "dry-run": dryRun }) => {
    const { file: name, path } = pathInFile(link);
    editFile(name, dryRun, (file) => {
      const at = isGroup(file, path) ? childPath(path, lastPart(splitLocation(target).path)) : path;
      if (!symbolic) {
        const from = pathInFile(target);
        if (from.file !== name) {
          throw new CommandError(EXIT.usage, `${from.file} is another file: a link into it is made with h5fs ln -s`);
        }
        file.link(from.path, at);
        return;
      }
      const other = splitLocation(target);
      if (other.file === target) file.softLink(target, at);
      else if (resolve(other.file) === resolve(name)) file.softLink(other.path, at);
      else file.externalLink(other.file, other.path, at);
    });
  },
};
