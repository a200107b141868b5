import type { DirectoryNode, Node } from "../../src/tree/node.ts";
import { isMadeView, shownAs } from "../../src/tree/shown-as.ts";
import type { ListedLink } from "../../src/tree/tree.ts";
import { Errno, ErrnoError } from "../errno.ts";
import { isBare } from "./names.ts";

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
export function checkRenamed({ node, link }: ListedLink, name: string): void {
  if (node.kind !== "file" || isBare(node) || isMadeView(node) || name.endsWith(`.${node.view}`)) return;
  const { object } = node;
  const isShownSo = object.kind === "dataset" && shownAs(object)?.bare.includes(link.name) === true;
  if (!isShownSo) throw new ErrnoError(Errno.EINVAL);
}
