import { existsSync } from "node:fs";
import { H5Error, NotFoundError } from "../errors.ts";
import type { H5File } from "../object/file.ts";
import type { Node } from "../tree/node.ts";
import { Tree, type TreeOptions } from "../tree/tree.ts";
import { openFile } from "./open-file.ts";

/** `FILE[:/path]` in its parts. The file's own name may have `:/` in it: the first split that gives an existing file counts. */
export function splitLocation(location: string): { readonly file: string; readonly path: string } {
  const splits: { file: string; path: string }[] = [];
  for (let at = location.indexOf(":/"); at > 0; at = location.indexOf(":/", at + 1)) {
    splits.push({ file: location.slice(0, at), path: location.slice(at + 1) });
  }
  if (existsSync(location) || splits.length === 0) return { file: location, path: "/" };
  return splits.find(({ file }) => existsSync(file)) ?? splits[0] ?? { file: location, path: "/" };
}

/** `data.h5:x.csv` looks like a path in a file, and would be taken for a file of that name. */
function checkColon(name: string): void {
  const at = name.lastIndexOf(":");
  const file = name.slice(0, at);
  if (at < 1 || existsSync(name) || !existsSync(file)) return;
  throw new NotFoundError(
    `there is no file ${name}; a path in ${file} begins with a slash: ${file}:/${name.slice(at + 1)}`,
  );
}

interface Location {
  readonly file: H5File;
  readonly tree: Tree;
  readonly node: Node;
  /** The last part of the path, as it was written: "" for the root. */
  readonly name: string;
}

/** Opens the file of `FILE[:/path]` and finds the node, names being those that the mount shows. */
export function openLocation(location: string, options: TreeOptions = {}): Location {
  const { file: name, path } = splitLocation(location);
  checkColon(name);
  const file = openFile(name);
  const tree = new Tree(file, options);
  const node = tree.resolve(path);
  if (node === undefined)
    throw new NotFoundError(`${name} has no ${path}; "h5fs ls ${name}" lists what it has`, { path });
  return { file, tree, node, name: lastPart(path) };
}

/** A command that reads `FILE[:/path]`: its errors say which file they are about. */
export function reading<Arguments extends { readonly location: string }>(
  handler: (args: Arguments) => void,
): (args: Arguments) => void {
  return (args) => {
    try {
      handler(args);
    } catch (error) {
      throw error instanceof H5Error ? error.inFile(splitLocation(args.location).file) : error;
    }
  };
}

/** The last part of a path: "" for the root. */
export function lastPart(path: string): string {
  return path.split("/").findLast((part) => part !== "") ?? "";
}
