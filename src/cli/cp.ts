import { lstatSync, realpathSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { CommandModule } from "yargs";
import { H5Error } from "../errors.ts";
import { decodeText } from "../format/text.ts";
import { LEAF_KINDS, type LeafKind } from "../object/pytables-leaf.ts";
import { isViewName, VIEW_NAMES, type ViewName } from "../view/view.ts";
import { codeOf, rawPath } from "./copy-target.ts";
import { TreeCopy } from "./copy-tree.ts";
import { IMPORTABLE, importFile, isImportable } from "./cp-import.ts";
import { copyObject } from "./cp-object.ts";
import { DRY_RUN } from "./edit-location.ts";
import { CommandError, EXIT } from "./exit-status.ts";
import { interruptibly } from "./interruption.ts";
import { openLocation, splitLocation } from "./location.ts";
import { Progress, QUIET } from "./progress.ts";

interface CopyArguments {
  readonly location: string;
  readonly dest: string;
  readonly recursive: boolean;
  readonly force: boolean;
  readonly quiet: boolean;
  readonly xattrs: boolean;
  readonly views: string | undefined;
  readonly "dry-run": boolean;
  readonly filters: string | undefined;
  readonly as: LeafKind | undefined;
}

export const cpCommand: CommandModule<object, CopyArguments> = {
  command: "cp <location> <dest>",
  describe: "Copy a file of the tree, or with -r a group; or an object into an HDF5 file",
  builder: (yargs) =>
    yargs
      .positional("location", { type: "string", demandOption: true, describe: "FILE:/path; with -r also FILE" })
      .positional("dest", {
        type: "string",
        demandOption: true,
        describe: "a new file, or a folder; with -r the copy; or FILE:/path",
      })
      .option("recursive", { alias: "r", type: "boolean", default: false, describe: "what is in a group, into DEST" })
      .option("force", { alias: "f", type: "boolean", default: false, describe: "replace files that are there" })
      .option("views", { type: "string", requiresArg: true, describe: "with -r: the views to copy, as -o views= has" })
      .option("xattrs", { type: "boolean", default: true, describe: "copy attributes (--no-xattrs: do not)" })
      .option("quiet", QUIET)
      .example("$0 cp -r data.h5 data", "the whole file, as a folder")
      .example("$0 cp -r --views csv data.h5:/run7 run7", "a group, its tables and arrays as CSV")
      .option("filters", {
        type: "string",
        requiresArg: true,
        describe: `of a ${IMPORTABLE}: shuffle,gzip=6`,
      })
      .option("as", {
        choices: LEAF_KINDS,
        requiresArg: true,
        describe: `of a ${IMPORTABLE}: made as PyTables does`,
      })
      .option("dry-run", { ...DRY_RUN, describe: "into an HDF5 file: say whether it can be done, and change nothing" })
      .example("$0 cp 'data.h5:/x[0:100].csv' .", "a part of one dataset")
      .example("$0 cp --filters shuffle,gzip x.npy data.h5:/x", "a dataset from a file")
      .example("$0 cp -r data.h5:/run7 all.h5:/runs", "a group into another file, its chunks as they are"),
  handler: async ({ location, dest, recursive, force, quiet, xattrs, views, "dry-run": dryRun, filters, as }) => {
    const target = splitLocation(dest);
    if (target.file !== dest && isImportable(location) && splitLocation(location).file === location) {
      importFile(location, target.file, target.path, { force, quiet, dryRun, filters, as });
      return;
    }
    if (filters !== undefined || as !== undefined) {
      throw new CommandError(EXIT.usage, `--filters and --as are for what is made of a ${IMPORTABLE}`);
    }
    if (target.file !== dest) {
      copyObject(location, target.file, target.path, { recursive, force, quiet, dryRun });
      return;
    }
    if (dryRun) throw new CommandError(EXIT.usage, "--dry-run is for copies into an HDF5 file");
    if (views !== undefined && !recursive) throw new CommandError(EXIT.usage, "--views is for cp -r");
    const { file, tree, node, name } = openLocation(location, { views: viewList(views) });
    if (node.kind === "broken") throw node.error;
    if (node.kind === "directory" && !recursive) {
      throw new H5Error("is-a-group", `${node.path} is a directory: h5fs cp -r copies what is in it`);
    }
    const path = node.kind === "directory" ? folderAt(dest) : fileIn(dest, name);
    checkFolder(dirname(path));
    const source = statSync(splitLocation(location).file);
    const progress = new Progress(process.stderr, quiet);
    await interruptibly(async (pause) => {
      const copy = new TreeCopy({ tree, source, force, attributes: xattrs, progress, pause });
      await copy.copy(node, path).catch((error: unknown) => {
        progress.clear();
        throw ofTarget(error);
      });
      progress.end();
      process.exitCode = copy.status;
    });
    file.close();
  },
};

function viewList(views: string | undefined): ViewName[] {
  const words = views?.split(",") ?? [];
  const names = words.filter(isViewName);
  if (names.length === words.length) return names;
  throw new CommandError(EXIT.usage, `--views ${views}: expected views, each one of ${VIEW_NAMES.join(", ")}`);
}

/** `DEST`, or where that is a folder, the name in it. */
function fileIn(dest: string, name: string): string {
  return isFolder(dest) || dest.endsWith("/") ? `${withoutSlash(dest)}/${name}` : dest;
}

/** `DIR`, or where that is a symlink to a folder, the folder: this one link is the user's own. */
function folderAt(dest: string): string {
  const path = withoutSlash(dest);
  const isLink = lstatSync(rawPath(path), { throwIfNoEntry: false })?.isSymbolicLink() === true;
  return isLink && isFolder(path) ? decodeText(realpathSync(rawPath(path), "buffer")) : path;
}

function isFolder(path: string): boolean {
  return statSync(rawPath(path), { throwIfNoEntry: false })?.isDirectory() === true;
}

function checkFolder(path: string): void {
  if (isFolder(path)) return;
  throw new CommandError(EXIT.systemError, `there is no folder ${path} to copy into; make it first: mkdir -p ${path}`);
}

function withoutSlash(path: string): string {
  return path.replace(/(?<=.)\/+$/, "");
}

/** What ends the copy before all of it was tried: where it is an error of the target's file system, in words. */
function ofTarget(error: unknown): unknown {
  if (!(error instanceof Error) || codeOf(error) === undefined) return error;
  return new CommandError(EXIT.systemError, `the copy has ended: ${error.message}`, error);
}
