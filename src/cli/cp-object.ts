import { realpathSync } from "node:fs";
import { H5Error } from "../errors.ts";
import { childPath, Group } from "../object/group.ts";
import { editFile, isGroup, replaceable } from "./edit-location.ts";
import { CommandError, EXIT } from "./exit-status.ts";
import { lastPart } from "./location.ts";
import { openObject } from "./object-location.ts";
import { Progress } from "./progress.ts";

export interface ObjectCopyOptions {
  readonly recursive: boolean;
  readonly force: boolean;
  readonly quiet: boolean;
  readonly dryRun: boolean;
}

/** Copies an object from one HDF5 file, `FILE:/path`, to `path` in the file `target`, which may be the same. */
export function copyObject(location: string, target: string, path: string, options: ObjectCopyOptions): void {
  const { file: source, object, node } = openObject(location);
  if (node?.part !== undefined) {
    throw new CommandError(EXIT.usage, `${location} is a part of a dataset; only whole ones are copied into a file`);
  }
  if (object instanceof Group && !options.recursive) {
    throw new H5Error("is-a-group", `${object.path} is a group: h5fs cp -r copies it with all that is in it`);
  }
  const name = node?.name ?? lastPart(object.path);
  const progress = new Progress(process.stderr, options.quiet);
  const isSame = realpathSync(source.name) === realpathSync(target);
  // It is locked while it is open, for those who write it, too.
  if (isSame) source.close();
  try {
    editFile(target, options.dryRun, (file) => {
      const isInto = isGroup(file, path);
      if (isInto && name === "") {
        throw new CommandError(
          EXIT.usage,
          `${path} exists already; name the group that is to be the copy of ${location}`,
        );
      }
      const to = isInto ? childPath(path, name) : path;
      if (options.force) replaceable(file, to);
      const { lostReferences } = file.copy(object, to, isSame ? undefined : source, {
        progress: (at, bytes) => {
          if (bytes === 0) progress.done();
          progress.working(at, bytes);
        },
      });
      if (lostReferences > 0) progress.tell(lostText(lostReferences));
    });
    progress.end();
  } finally {
    if (!isSame) source.close();
  }
}

function lostText(count: number): string {
  const what = count === 1 ? "1 reference leads to an object that is" : `${count} references lead to objects that are`;
  return `h5fs: ${what} not copied; null in the copy`;
}
