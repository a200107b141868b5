import { H5Error } from "../errors.ts";
import type { EditContext } from "../format/edit-context.ts";
import { MESSAGE } from "../format/header-message.ts";
import type { Link } from "../format/link.ts";
import { ObjectHeaderEditor } from "../format/object-header-edit.ts";
import { Reader } from "../format/reader.ts";
import { decodeReferenceCount, encodeReferenceCount } from "../format/reference-count.ts";
import { decodeSymbolTable, type SymbolTable } from "../format/symbol-table.ts";
import { SymbolTableEditor } from "../format/symbol-table-edit.ts";
import { SymbolTableLookup } from "../format/symbol-table-lookup.ts";
import { charsetOf, encodeText } from "../format/text.ts";
import { GroupLinks, nameExists } from "./group-links.ts";

/** The name of a link that is made, as h5py has it: UTF-8 where ASCII is not enough. */
export function named(name: string): Pick<Link, "name" | "charset" | "creationOrder"> {
  return { name, charset: charsetOf(name), creationOrder: undefined };
}

/**
 * Adds a link to a group, the last one where the order of creation is tracked; the reference count of what a hard link leads
 * to is not changed. A group with a symbol table that can have no such link becomes one with link messages, as in libhdf5.
 * @param group address of the group's header
 * @param taken what is thrown where the name is
 * @throws H5Error "exists" where the name is taken
 */
export function addLink(edit: EditContext, group: number, link: Link, taken = nameExists): void {
  const header = new ObjectHeaderEditor(edit, group);
  const name = encodeText(link.name);
  checkName(name, link.name);
  const table = symbolTableOf(edit, header);
  if (table !== undefined && (link.kind === "hard" || link.kind === "soft")) {
    if (new SymbolTableLookup(edit.context, table, edit.groupK).find(name) !== undefined) throw taken(link.name);
    insertIntoSymbolTable(new SymbolTableEditor(edit, table, edit.groupK), name, link);
    return;
  }
  if (table !== undefined) replaceSymbolTable(edit, header, table);
  new GroupLinks(edit, header).add(link, taken);
  header.write();
}

/** Takes a link out of a group. @returns the link; `undefined`: there is none of that name */
export function removeLink(edit: EditContext, group: number, name: string): Link | undefined {
  const header = new ObjectHeaderEditor(edit, group);
  const table = symbolTableOf(edit, header);
  if (table !== undefined) return removeFromSymbolTable(edit, table, name);
  const link = new GroupLinks(edit, header).remove(name);
  if (link !== undefined) header.write();
  return link;
}

/**
 * Gives a link another name in its group; where the order of creation is tracked, it is the last one, as in libhdf5.
 * @returns false: there is none of the old name
 * @throws H5Error "exists" where the new name is taken
 */
export function renameLink(edit: EditContext, group: number, name: string, newName: string): boolean {
  const link = findLink(edit, group, name);
  if (link === undefined || name === newName) return link !== undefined;
  if (findLink(edit, group, newName) !== undefined) throw nameExists(newName);
  removeLink(edit, group, name);
  const charset = link.charset === "ascii" ? charsetOf(newName) : link.charset;
  addLink(edit, group, { ...link, name: newName, charset });
  return true;
}

/** The link of that name, with all that the transaction has changed. */
function findLink(edit: EditContext, group: number, name: string): Link | undefined {
  const header = new ObjectHeaderEditor(edit, group);
  const table = symbolTableOf(edit, header);
  if (table === undefined) return new GroupLinks(edit, header).find(name);
  return new SymbolTableLookup(edit.context, table, edit.groupK).find(encodeText(name));
}

/** Counts hard links to an object: one more, or one less. @returns how many there are now */
export function changeLinkCount(edit: EditContext, address: number, difference: 1 | -1): number {
  const header = new ObjectHeaderEditor(edit, address);
  if (header.version === 1) {
    header.referenceCount += difference;
    header.write();
    return header.referenceCount;
  }
  const message = header.first(MESSAGE.referenceCount);
  const old = message === undefined ? 1 : decodeReferenceCount(new Reader(message.body, 0, "reference count", edit));
  const count = old + difference;
  const w = edit.writer();
  encodeReferenceCount(w, count);
  if (message === undefined)
    header.add({ type: MESSAGE.referenceCount, flags: 0, creationIndex: undefined, body: w.bytes });
  // Without a message there is one.
  else if (count === 1) header.remove(message);
  else header.replace(message, w.bytes);
  header.write();
  return count;
}

function symbolTableOf(edit: EditContext, header: ObjectHeaderEditor): SymbolTable | undefined {
  const message = header.first(MESSAGE.symbolTable);
  return message === undefined
    ? undefined
    : decodeSymbolTable(new Reader(message.body, 0, "symbol table message", edit));
}

function insertIntoSymbolTable(
  editor: SymbolTableEditor,
  name: Uint8Array,
  link: Extract<Link, { kind: "hard" | "soft" }>,
): void {
  if (link.kind === "hard") editor.insert(name, { kind: "hard", address: link.address });
  else editor.insert(name, { kind: "soft", target: encodeText(link.target) });
}

/** The links of the symbol table become messages, or go to a fractal heap where they are many. */
function replaceSymbolTable(edit: EditContext, header: ObjectHeaderEditor, table: SymbolTable): void {
  const lookup = new SymbolTableLookup(edit.context, table, edit.groupK);
  const extents = [...lookup.extents(header.address)];
  GroupLinks.addMessages(edit, header);
  const links = new GroupLinks(edit, header);
  for (const link of lookup.links()) links.add(link);
  for (const message of header.find(MESSAGE.symbolTable)) header.remove(message);
  for (const { address, length } of extents) edit.free(address, length);
}

function removeFromSymbolTable(edit: EditContext, table: SymbolTable, text: string): Link | undefined {
  const name = encodeText(text);
  const link = new SymbolTableLookup(edit.context, table, edit.groupK).find(name);
  if (link !== undefined) new SymbolTableEditor(edit, table, edit.groupK).remove(name);
  return link;
}

/** The heap's strings end with NUL. */
function checkName(bytes: Uint8Array, name: string): void {
  if (bytes.length === 0 || bytes.includes(0)) {
    throw new H5Error("argument", `${JSON.stringify(name)} cannot be the name of a link`);
  }
}
