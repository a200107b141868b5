import { H5Error, NotFoundError } from "../errors.ts";
import type { H5File, H5Object } from "../object/file.ts";
import type { FileNode } from "../tree/node.ts";
import { Tree } from "../tree/tree.ts";
import { splitLocation } from "./location.ts";
import { openFile } from "./open-file.ts";

/** Opens the file of `FILE[:/path]` and finds the object: by its path in the file, or as the mount shows it (`/x.npy`). */
export function openObject(location: string): {
  readonly file: H5File;
  readonly path: string;
  readonly object: H5Object;
  /** The file of the tree, where the path is that of one: a view, or a part. */
  readonly node: FileNode | undefined;
} {
  const { file: name, path } = splitLocation(location);
  const file = openFile(name);
  return { file, path, ...findObject(file, path) };
}

function findObject(file: H5File, path: string): { readonly object: H5Object; readonly node: FileNode | undefined } {
  try {
    return { object: file.resolve(path), node: undefined };
  } catch (error) {
    if (!(error instanceof H5Error) || (error.kind !== "not-found" && error.kind !== "not-a-group")) throw error;
    const node = new Tree(file).resolve(path);
    if (node?.kind === "directory") return { object: node.group, node: undefined };
    if (node?.kind === "file") return { object: node.object, node };
    if (node?.kind === "broken") throw node.error;
    throw new NotFoundError(`${file.name} has no ${path}; "h5fs tree ${file.name}" shows what it has`, { path });
  }
}
