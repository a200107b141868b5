import { H5Error, NotFoundError } from "../errors.ts";
import type { EditContext } from "../format/edit-context.ts";
import type { Link } from "../format/link.ts";
import { now } from "../format/modification-time.ts";
import { Dataset } from "./dataset.ts";
import type { H5File } from "./file.ts";
import { childPath, Group, pathParts } from "./group.ts";
import { addLink, changeLinkCount, named, removeLink, renameLink } from "./link-edit.ts";
import { createGroup } from "./new-object.ts";
import { indexGroupName, textAttribute } from "./pytables.ts";
import { type ReleaseProgress, unlink } from "./unlink.ts";
import { walkObjects } from "./walk.ts";
import type { FileTransaction } from "./writable-file.ts";

/** Where a link is, or is to be: its group and its name there. */
export interface LinkPlace {
  readonly group: Group;
  readonly name: string;
  /** As it was asked for. */
  readonly path: string;
}

type Target =
  | { readonly kind: "hard"; readonly address: number }
  | { readonly kind: "soft"; readonly target: string }
  | { readonly kind: "external"; readonly file: string; readonly target: string };

/** The place that a path names. @throws H5Error "argument" for the root, which no link leads to; as `resolve` does for the groups before it */
export function placeOf(file: H5File, path: string): LinkPlace {
  const parts = pathParts(path);
  const name = parts.pop();
  if (name === undefined) {
    throw new H5Error(
      "argument",
      `${file.name}: ${path} is the root group, which can be neither made nor moved nor removed`,
      { path },
    );
  }
  if (name.includes("\0"))
    throw new H5Error("argument", `${JSON.stringify(name)} cannot be the name of a link`, { path });
  return { group: parts.length === 0 ? file.root : groupAt(file, `/${parts.join("/")}`), name, path };
}

/** The link at a place. @throws NotFoundError */
export function linkAt({ group, name, path }: LinkPlace): Link {
  const link = group.link(name);
  if (link === undefined) throw new NotFoundError(`${group.file.name} has no ${path}`, { path });
  return link;
}

/** Makes a group. @param parents make those before it, too, and be content with one that is there @returns its address */
export function makeGroup({ file, edit }: FileTransaction, path: string, parents: boolean): number {
  if (!parents) {
    const { group, name } = placeOf(file, path);
    return addGroup(edit, group.address, name, () => taken(file, path));
  }
  let group = file.root;
  let at = "/";
  const parts = pathParts(path);
  for (const [i, name] of parts.entries()) {
    at = childPath(at, name);
    const link = group.link(name);
    if (link !== undefined) {
      group = groupAt(file, at);
      continue;
    }
    let address = addGroup(edit, group.address, name);
    for (const rest of parts.slice(i + 1)) address = addGroup(edit, address, rest);
    return address;
  }
  return group.address;
}

/** @param parent address of the group that it will be in @returns its own */
function addGroup(edit: EditContext, parent: number, name: string, taken?: () => H5Error): number {
  const address = createGroup(edit, now());
  const { charset, creationOrder } = named(name);
  addLink(edit, parent, { kind: "hard", address, name, charset, creationOrder }, taken);
  return address;
}

/** Gives an object that has no link yet its first. */
export function placeObject({ edit }: FileTransaction, { group, name }: LinkPlace, address: number): void {
  addLink(edit, group.address, { ...named(name), kind: "hard", address });
}

/** Adds a link; a hard one counts. @throws H5Error "exists" */
export function addLinkAt({ edit }: FileTransaction, place: LinkPlace, target: Target): void {
  const { group, name, path } = place;
  if (target.kind === "hard") changeLinkCount(edit, target.address, 1);
  addLink(edit, group.address, { ...named(name), ...target }, () => taken(group.file, path));
}

/** @throws H5Error "exists" */
export function assertFree({ group, name, path }: LinkPlace): void {
  if (group.link(name) !== undefined) throw taken(group.file, path);
}

function taken({ name }: H5File, path: string): H5Error {
  return new H5Error("exists", `${name} has ${path} already`, { path });
}

/**
 * Takes a link away, and the object with all that is its own if it was the last. The index that PyTables keeps of a table goes with it.
 * @throws NotFoundError
 */
export function removeLinkAt(transaction: FileTransaction, place: LinkPlace, progress?: ReleaseProgress): void {
  const index = indexOf(place, linkAt(place));
  unlink(transaction, place.group.address, place.name, progress);
  if (index !== undefined) unlink(transaction, place.group.address, index, progress);
}

/**
 * Another place, or another name, for a link. The index that PyTables keeps of a table comes with it.
 * @throws NotFoundError; H5Error "exists" where the new place is taken, "argument" where a group would be put into itself
 */
export function moveLink(transaction: FileTransaction, from: LinkPlace, to: LinkPlace): void {
  const link = linkAt(from);
  if (from.group.address === to.group.address && from.name === to.name) return;
  assertFree(to);
  if (link.kind === "hard" && from.group.address !== to.group.address)
    assertOutside(transaction.file, from, link.address, to);
  const index = indexOf(from, link);
  rename(transaction, from, to);
  if (index === undefined) return;
  rename(transaction, { ...from, name: index }, { ...to, name: indexGroupName(to.name) });
}

function rename({ edit }: FileTransaction, from: LinkPlace, to: LinkPlace): void {
  if (from.group.address === to.group.address) {
    renameLink(edit, from.group.address, from.name, to.name);
    return;
  }
  const link = removeLink(edit, from.group.address, from.name);
  if (link === undefined) throw new TypeError(`${from.path} is gone`);
  addLink(edit, to.group.address, { ...link, ...named(to.name) });
}

/** A group that is moved below itself could not be reached any more. */
function assertOutside(file: H5File, from: LinkPlace, address: number, to: LinkPlace): void {
  const object = file.object(address, from.path);
  if (!(object instanceof Group)) return;
  if (!isWithin(to.group.address, object)) return;
  throw new H5Error("argument", `${from.path} cannot be moved into itself, to ${to.path}`, { path: to.path });
}

function isWithin(address: number, group: Group): boolean {
  if (group.address === address) return true;
  for (const met of walkObjects(group)) if (met.address === address) return true;
  return false;
}

/** The name of the group with PyTables' index of a table at this place. */
function indexOf({ group, name }: LinkPlace, link: Link): string | undefined {
  const index = indexGroupName(name);
  if (link.kind !== "hard" || group.link(index)?.kind !== "hard") return undefined;
  const table = group.file.object(link.address);
  return table instanceof Dataset && textAttribute(table, "CLASS") === "TABLE" ? index : undefined;
}

function groupAt(file: H5File, path: string): Group {
  const object = file.resolve(path);
  if (object instanceof Group) return object;
  throw new H5Error("not-a-group", `${file.name}: ${path} is a ${object.kind}, which nothing can be put into`, {
    path,
  });
}
