import { H5Error, NotFoundError } from "../errors.ts";
import { EditableFile } from "../object/editable-file.ts";
import { Group } from "../object/group.ts";
import { linkAt, placeOf } from "../object/path-edit.ts";
import { defaultSpaceDirectory } from "../storage/journal/free-space-memory.ts";
import { CommandError, EXIT } from "./exit-status.ts";
import { splitLocation } from "./location.ts";

/** Options that every command which changes a file has. */
export interface EditArguments {
  readonly "dry-run": boolean;
}

export const DRY_RUN = {
  type: "boolean",
  default: false,
  describe: "say whether it can be done, and change nothing",
} as const;

/** `FILE:/path`, where the path must be there: a change of the root group is hardly meant by the file's name alone. */
export function pathInFile(location: string): { readonly file: string; readonly path: string } {
  const split = splitLocation(location);
  if (split.file !== location) return split;
  throw new CommandError(EXIT.usage, `${location}: expected a path in the file, too, as in ${location}:/x`);
}

/** The paths of locations that must all be in one file. */
export function pathsInOneFile(locations: readonly string[]): {
  readonly file: string;
  readonly paths: readonly string[];
} {
  const all = locations.map(pathInFile);
  const [first] = all;
  if (first === undefined) throw new CommandError(EXIT.usage, "an argument is missing");
  const other = all.find(({ file }) => file !== first.file);
  if (other !== undefined) {
    throw new CommandError(EXIT.usage, `${first.file} and ${other.file} are two files; one command changes one file`);
  }
  return { file: first.file, paths: all.map(({ path }) => path) };
}

/** Opens a file, makes one transaction of what `change` does, and closes it. */
export function editFile(name: string, dryRun: boolean, change: (file: EditableFile) => void): void {
  const file = EditableFile.open(name, { spaceDirectory: defaultSpaceDirectory(process.env) });
  try {
    if (dryRun) file.dryRun(() => change(file));
    else file.transaction(() => change(file));
  } catch (error) {
    throw withAdvice(name, error);
  } finally {
    file.close();
  }
}

function withAdvice(name: string, error: unknown): unknown {
  if (!(error instanceof H5Error)) return error;
  const message = error.message.startsWith(name) ? error.message : `${name}: ${error.message}`;
  if (error.kind === "argument") return new CommandError(EXIT.usage, message, error);
  if (error.kind !== "not-found" || message.includes("h5fs "))
    return new H5Error(error.kind, message, { cause: error });
  return new NotFoundError(`${message}; "h5fs tree ${name}" shows what it has`, { cause: error });
}

/** @throws H5Error where it cannot be told */
export function isGroup(file: EditableFile, path: string): boolean {
  try {
    return file.file.resolve(path) instanceof Group;
  } catch (error) {
    if (error instanceof NotFoundError) return false;
    throw error;
  }
}

/** Whether there is no link of that path, wherever one would lead. */
export function isMissing(file: EditableFile, path: string): boolean {
  try {
    linkAt(placeOf(file.file, path));
    return false;
  } catch (error) {
    if (error instanceof NotFoundError) return true;
    throw error;
  }
}

/** Makes room, unless there is a group: that would be a tree, not a file. */
export function replaceable(file: EditableFile, path: string): void {
  // Asked before: a transaction in which something has failed cannot be kept.
  if (!isGroup(file, path) && !isMissing(file, path)) file.delete(path);
}
