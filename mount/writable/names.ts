import { decodeText } from "../../src/format/text.ts";
import { deleteAttribute, setAttribute } from "../../src/object/attribute-edit.ts";
import type { Dataset } from "../../src/object/dataset.ts";
import type { Group } from "../../src/object/group.ts";
import type { Link } from "../../src/object/link.ts";
import { addLink, named, removeLink } from "../../src/object/link-edit.ts";
import { indexGroupName, isFileNode } from "../../src/object/pytables.ts";
import { isPyTablesTable } from "../../src/object/pytables-table.ts";
import { unlink } from "../../src/object/unlink.ts";
import type { FileTransaction } from "../../src/object/writable-file.ts";
import { childPath } from "../../src/tree/canonical-name.ts";
import { NAME_MAX } from "../../src/tree/file-name.ts";
import type { DirectoryNode, FileNode, Node } from "../../src/tree/node.ts";
import { isMadeView, type ShownAs, shownAs, shownAsAttribute } from "../../src/tree/shown-as.ts";
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

/** The directory that a file is in; `undefined`: it is gone. */
export function parentOf(tree: Tree, { path }: FileNode): DirectoryNode | undefined {
  const directory = tree.resolve(path.slice(0, path.lastIndexOf("/")));
  return directory?.kind === "directory" ? directory : undefined;
}

/** Where a file is listed, and by which link. */
export interface FilePlace {
  readonly directory: DirectoryNode;
  readonly link: Link;
}

/** `undefined`: it has no name any more. */
export function linkOf(tree: Tree, node: FileNode): FilePlace | undefined {
  const directory = parentOf(tree, node);
  if (directory === undefined) return undefined;
  const listed = tree.listed(directory, node.path.slice(node.path.lastIndexOf("/") + 1));
  const isSame = listed?.node.kind === "file" && listed.node.key === node.key;
  return isSame ? { directory, link: listed.link } : undefined;
}

/** What is there. @throws ErrnoError ENOENT */
export function existing({ listed }: NamePlace): ListedLink {
  if (listed === undefined) throw new ErrnoError(Errno.ENOENT);
  return listed;
}

/** How something is linked at a place. */
export interface NewLink {
  readonly name: string;
  /** A dataset that is shown as the link is called, without its view's extension. */
  readonly isBare: boolean;
}

/**
 * The link by which something is shown at a place where nothing is, or where what is there goes.
 * @param node `undefined`: something new
 * @param freed names of links of that directory that go
 * @throws ErrnoError EEXIST where what has the link that it takes is listed under another name and stays; EINVAL where there is none
 */
export function linkFor(
  node: Node | undefined,
  { directory, name }: NamePlace,
  freed: readonly string[] = [],
): NewLink {
  const isFree = (link: string): boolean => freed.includes(link) || directory.group.link(link) === undefined;
  if (node?.kind === "file" && !isBare(node)) {
    const stem = stemOf(node, name);
    const isMade = isMadeView(node);
    // Of a file with several names the links are called as it is shown, or it could not be one again.
    if (stem !== undefined && isFree(stem) && (!isMade || linksOf(node) === 1)) return { name: stem, isBare: false };
    const link = bareLinkName(name);
    if (!isFree(link)) throw nameTaken(directory, name, link);
    return { name: link, isBare: true };
  }
  const link = bareLinkName(name);
  if (!isFree(link) && yielding(directory.group, link) === undefined) throw nameTaken(directory, name, link);
  return { name: link, isBare: false };
}

/** What is listed under another name has the link's. */
function nameTaken(directory: DirectoryNode, name: string, link: string): ErrnoError {
  const path = childPath(directory.path, name);
  return new ErrnoError(
    Errno.EEXIST,
    `${path}: a dataset has the name ${JSON.stringify(link)} in the file, and is shown by a view of it`,
  );
}

/** A name without the extension of a node's view, where it has that. */
function stemOf(node: FileNode, name: string): string | undefined {
  const extension = `.${node.view}`;
  if (!name.endsWith(extension) || name.length === extension.length) return undefined;
  return name.slice(0, -extension.length);
}

function linksOf({ object }: FileNode): number {
  return object.kind === "group" ? 1 : object.linkCount;
}

/** A dataset that was made from a file, and gives its short name to whatever is called so. */
interface Yielding {
  readonly link: Link;
  readonly dataset: Dataset;
  readonly shown: ShownAs;
  /** The name that its link has then: the one that it is shown under. */
  readonly fullName: string;
}

/** What gives way where the link `name` is wanted; `undefined`: nothing is there that would. */
function yielding(group: Group, name: string): Yielding | undefined {
  const link = group.link(name);
  const dataset = link?.kind === "hard" ? group.file.object(link.address) : undefined;
  if (link === undefined || dataset?.kind !== "dataset" || isFileNode(dataset) || dataset.linkCount > 1)
    return undefined;
  const shown = shownAs(dataset);
  if (shown?.isMade !== true || shown.bare.includes(name)) return undefined;
  const fullName = `${name}.${shown.view}`;
  // An index of PyTables that stays behind would become another table's.
  const isFree = group.link(fullName) === undefined;
  return isFree && group.link(indexGroupName(name)) === undefined ? { link, dataset, shown, fullName } : undefined;
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

/**
 * Whether the bytes can be written: those of a file, of a dataset of the mounted file as a whole, or of any object's attributes.
 * An Arrow file is not read back into a dataset; but one that a dataset was made from becomes a file again.
 */
export function isWritableFile(node: FileNode): boolean {
  const { object, part, view } = node;
  if (view === "arrow") return isMadeView(node);
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

/** What was made from a file gives the name of its link to what is called so. */
export function makeRoom(transaction: FileTransaction, directory: DirectoryNode, name: string): void {
  const { edit, file } = transaction;
  const group = file.object(directory.address);
  const made = group.kind === "group" ? yielding(group, name) : undefined;
  if (made === undefined) return;
  takeLink(transaction, directory.address, name);
  putLink(transaction, directory.address, renamed(made.link, made.fullName));
  setAttribute(edit, made.dataset.address, shownAsAttribute({ ...made.shown, bare: [made.fullName] }));
}

/** The link of something new, or of one more name of `node`. @throws ErrnoError EEXIST; as `linkFor` */
export function newLink(place: NamePlace, node?: FileNode): NewLink {
  if (place.listed !== undefined) throw new ErrnoError(Errno.EEXIST);
  return linkFor(node, place);
}
