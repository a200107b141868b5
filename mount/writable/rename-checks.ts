import type { DirectoryNode, Node } from "../../src/tree/node.ts";
import { isMadeView } from "../../src/tree/shown-as.ts";
import type { ListedLink } from "../../src/tree/tree.ts";
import { Errno, ErrnoError } from "../errno.ts";
import { isBare, type NamePlace } from "./names.ts";
import { isSetAside } from "./set-aside.ts";

export function checkEmpty(directory: DirectoryNode): void {
  if (directory.group.hasMoreLinksThan(0)) throw new ErrnoError(Errno.ENOTEMPTY);
}

/** As rename(2) has it; the kernel has looked at the types, too, but not at what became of them since. */
export function checkReplaceable(node: Node, replaced: Node | undefined): void {
  if (replaced === undefined) return;
  if (node.kind === "directory" && replaced.kind !== "directory") throw new ErrnoError(Errno.ENOTDIR);
  if (node.kind !== "directory" && replaced.kind === "directory") throw new ErrnoError(Errno.EISDIR);
  if (replaced.kind === "directory") checkEmpty(replaced);
}

export function isSame(a: Node, b: Node): boolean {
  return a.kind !== "symlink" && a.key === b.key;
}

/**
 * An editor that moves the old file away and writes a new one would take a dataset's type and attributes away with it: it is to write
 * into it. What was made from a file is as good as another one.
 */
export function checkRenamed({ node }: ListedLink, from: NamePlace, to: NamePlace): void {
  if (node.kind !== "file" || isBare(node) || isMadeView(node) || !isSetAside(from, to)) return;
  const suffix = to.name.slice(from.name.length);
  const why = "what is written in its place would have another type";
  throw new ErrnoError(
    Errno.EINVAL,
    `${node.path}: a dataset is not set aside as ${to.name}, for ${why}; copy it, or choose another ending than "${suffix}"`,
  );
}
