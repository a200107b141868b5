import type { DirectoryNode, Node } from "../../src/tree/node.ts";
import type { Tree } from "../../src/tree/tree.ts";

/** HDF5's soft links have a target of at least one byte, and of so many at most. */
const MAX_TARGET = 65_535;

export interface LinkTarget {
  readonly target: string;
  /** What is there. */
  readonly node?: Node;
}

/**
 * The target of the soft link that stands for a symlink: where its text leads, as other programs that read HDF5 find it. HDF5 knows
 * no `..`; so it is a path from the root where the text stays in the mount, else the text itself, which then leads nowhere.
 */
export function linkTarget(tree: Tree, directory: DirectoryNode, text: string): LinkTarget {
  if (text.startsWith("/") || text.length > MAX_TARGET) return { target: text };
  const parts = directory.path.split("/").filter((part) => part !== "");
  for (const part of text.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) return { target: text };
  }
  const path = `/${parts.join("/")}`;
  const end = parts.pop() ?? "";
  const parent = tree.resolve(`/${parts.join("/")}`);
  const listed = parent?.kind === "directory" ? tree.listed(parent, end) : undefined;
  if (listed === undefined) return { target: path };
  return { target: `/${[...parts, listed.link.name].join("/")}`, node: listed.node };
}
