import { decodeText } from "../../src/format/text.ts";
import { deleteAttribute, setAttribute } from "../../src/object/attribute-edit.ts";
import type { Link } from "../../src/object/link.ts";
import { addLink, named, removeLink } from "../../src/object/link-edit.ts";
import { indexGroupName, isFileNode } from "../../src/object/pytables.ts";
import { isPyTablesTable } from "../../src/object/pytables-table.ts";
import { unlink } from "../../src/object/unlink.ts";
import type { FileTransaction } from "../../src/object/writable-file.ts";
import { childPath } from "../../src/tree/canonical-name.ts";
import { NAME_MAX } from "../../src/tree/file-name.ts";
import type { DirectoryNode, FileNode, Node } from "../../src/tree/node.ts";
import { nameRecord, nameRecordName, needsNameRecord, shownName } from "../../src/tree/shown-name.ts";
import type { ListedLink, Tree } from "../../src/tree/tree.ts";
import { Errno, ErrnoError } from "../errno.ts";

/** A place for an entry: a directory and the name there, which need not exist. */
export interface NamePlace {
  readonly directory: DirectoryNode;
  /** As shown. */
  readonly name: string;
  readonly listed: ListedLink | undefined;
}

/** @throws ErrnoError ENAMETOOLONG: the kernel would allow FUSE longer names than any other file system */
export function namePlace(tree: Tree, directory: DirectoryNode, bytes: Uint8Array): NamePlace {
  if (bytes.length > NAME_MAX) throw new ErrnoError(Errno.ENAMETOOLONG);
  const name = decodeText(bytes);
  return { directory, name, listed: tree.listed(directory, name) };
}

/** What is there. @throws ErrnoError ENOENT */
export function existing({ listed }: NamePlace): ListedLink {
  if (listed === undefined) throw new ErrnoError(Errno.ENOENT);
  return listed;
}

/**
 * The name of the link for something new, or one more for `node`.
 * @throws ErrnoError EEXIST, or EINVAL for a name that a link cannot be shown under
 */
export function newLinkName({ directory, name, listed }: NamePlace, node?: Node): string {
  if (listed !== undefined) throw new ErrnoError(Errno.EEXIST);
  const link = node === undefined ? bareLinkName(name) : linkNameFor(node, name);
  // Its link's name is taken by what is listed under another one: a dataset `x` as `x.npy`.
  if (directory.group.link(link) !== undefined) throw nameTaken(directory, name, link);
  return link;
}

/** What is listed under another name has the link's. */
export function nameTaken(directory: DirectoryNode, name: string, link: string): ErrnoError {
  const path = childPath(directory.path, name);
  return new ErrnoError(
    Errno.EEXIST,
    `${path}: a dataset has the name ${JSON.stringify(link)} in the file, and is shown by a view of it`,
  );
}

/** The name of the link by which `node` would be shown at a place. @throws ErrnoError EINVAL where it cannot be */
export function linkNameFor(node: Node, name: string): string {
  if (node.kind !== "file" || isBare(node)) return bareLinkName(name);
  const extension = `.${node.view}`;
  if (!name.endsWith(extension) || name.length === extension.length) {
    throw new ErrnoError(
      Errno.EINVAL,
      `${node.path}: its new name, ${JSON.stringify(name)}, does not end in ${extension}, the view by which the dataset is shown`,
    );
  }
  return bareLinkName(name.slice(0, -extension.length));
}

/** The group in which PyTables keeps the indexes of a table's columns: it lies beside the table, and goes where that goes. */
export function indexOfTable(tree: Tree, { directory }: NamePlace, { link, node }: ListedLink): ListedLink | undefined {
  if (link.kind !== "hard" || node.kind !== "file" || node.object.kind !== "dataset") return undefined;
  if (!isPyTablesTable(node.object)) return undefined;
  const index = tree.listed(directory, shownName(directory.group, indexGroupName(link.name), ""));
  return index?.link.kind === "hard" && index.node.kind === "directory" ? index : undefined;
}

/** Whether other names than its own decide what a node is, or whether it is there at all. */
export function followsOthers(node: Node): boolean {
  if (node.kind === "symlink") return node.record === undefined;
  return node.kind === "directory" && node.path.slice(node.path.lastIndexOf("/") + 1).startsWith(indexGroupName(""));
}

/** True for what is listed under its link's own name. */
export function isBare(node: Node): boolean {
  if (node.kind !== "file") return true;
  const { object, view, part } = node;
  return view === "bin" && part === undefined && object.kind === "dataset" && isFileNode(object);
}

/** Whether the bytes can be written: those of a file, of a dataset of the mounted file as a whole, or of any object's attributes. */
export function isWritableFile({ object, part, view }: FileNode): boolean {
  return view === "attrs.json" || (object.kind === "dataset" && part === undefined);
}

export function hardLink(name: string, address: number): Link {
  return { kind: "hard", ...named(name), address };
}

export function softLink(name: string, target: string): Link & { kind: "soft" } {
  return { kind: "soft", ...named(name), target };
}

/** The same link under another name. */
export function renamed(link: Link, name: string): Link {
  return { ...link, ...named(name) };
}

/** What is made in a mount has the name that it is given, however other names are shown. */
export function bareLinkName(name: string): string {
  if (name === "" || name.includes("/") || name.includes("\0")) throw new ErrnoError(Errno.EINVAL);
  return name;
}

/** Gives a group a link, which is to be shown by its own name. */
export function putLink({ edit }: FileTransaction, address: number, link: Link): void {
  addLink(edit, address, link);
  if (needsNameRecord(link.name)) setAttribute(edit, address, nameRecord(link.name));
}

/** Takes a link away, and leaves what it leads to as it is. */
export function takeLink(transaction: FileTransaction, address: number, name: string): void {
  removeLink(transaction.edit, address, name);
  dropNameRecord(transaction, address, name);
}

/** Takes a link away, and what has no other. */
export function takeLast(transaction: FileTransaction, address: number, name: string): void {
  unlink(transaction, address, name);
  dropNameRecord(transaction, address, name);
}

function dropNameRecord({ edit }: FileTransaction, address: number, name: string): void {
  if (needsNameRecord(name)) deleteAttribute(edit, address, nameRecordName(name));
}
