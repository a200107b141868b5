import { H5Error, UnsupportedError } from "../errors.ts";
import type { EditContext } from "../format/edit-context.ts";
import { decodeGroupInfo } from "../format/group-info.ts";
import { MESSAGE } from "../format/header-message.ts";
import { decodeLink, encodeLink, type Link } from "../format/link.ts";
import { decodeLinkInfo, encodeLinkInfo } from "../format/link-info.ts";
import { ObjectHeaderEditor } from "../format/object-header-edit.ts";
import { Reader } from "../format/reader.ts";
import { decodeReferenceCount, encodeReferenceCount } from "../format/reference-count.ts";
import { decodeSymbolTable, type SymbolTable } from "../format/symbol-table.ts";
import { SymbolTableEditor } from "../format/symbol-table-edit.ts";
import { SymbolTableLookup } from "../format/symbol-table-lookup.ts";
import { encodeText } from "../format/text.ts";

/**
 * Adds a link to a group, the last one where the order of creation is tracked; the reference count of what a hard link leads to is not changed.
 * @param group address of the group's header
 * @throws H5Error "exists" where the name is taken
 */
export function addLink(edit: EditContext, group: number, link: Link): void {
  const header = new ObjectHeaderEditor(edit, group);
  const table = symbolTableOf(edit, header);
  if (table !== undefined) {
    addToSymbolTable(edit, table, link);
    return;
  }
  const info = compactLinkInfo(edit, header);
  if (findLink(edit, header, link.name) !== undefined) {
    throw nameExists(link.name);
  }
  const count = [...header.find(MESSAGE.link)].length;
  const [groupInfo] = header.find(MESSAGE.groupInfo);
  const most =
    groupInfo === undefined
      ? 8
      : decodeGroupInfo(new Reader(groupInfo.body, 0, "group info message", edit)).maxCompactLinks;
  if (count >= most) {
    throw new UnsupportedError(
      `the group has ${count} links, as many as its header may have; a fractal heap for more is not written yet`,
    );
  }
  const next = info.value.nextCreationOrder;
  const w = edit.writer();
  encodeLink(w, { ...link, creationOrder: next });
  header.add({ type: MESSAGE.link, flags: 0, creationIndex: undefined, body: w.bytes });
  if (next !== undefined) {
    const infoWriter = edit.writer();
    encodeLinkInfo(infoWriter, { ...info.value, nextCreationOrder: next + 1 });
    header.replace(info.message, infoWriter.bytes);
  }
  header.write();
}

/** Takes a link out of a group. @returns the link; `undefined`: there is none of that name */
export function removeLink(edit: EditContext, group: number, name: string): Link | undefined {
  const header = new ObjectHeaderEditor(edit, group);
  const table = symbolTableOf(edit, header);
  if (table !== undefined) return removeFromSymbolTable(edit, table, name);
  compactLinkInfo(edit, header);
  const found = findLink(edit, header, name);
  if (found === undefined) return undefined;
  header.remove(found.message);
  header.write();
  return found.link;
}

/** Counts hard links to an object: one more, or one less. @returns how many there are now */
export function changeLinkCount(edit: EditContext, address: number, difference: 1 | -1): number {
  const header = new ObjectHeaderEditor(edit, address);
  if (header.version === 1) {
    header.referenceCount += difference;
    header.write();
    return header.referenceCount;
  }
  const [message] = header.find(MESSAGE.referenceCount);
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

type Message = ReturnType<ObjectHeaderEditor["find"]> extends Generator<infer M> ? M : never;

function findLink(
  edit: EditContext,
  header: ObjectHeaderEditor,
  name: string,
): { message: Message; link: Link } | undefined {
  for (const message of header.find(MESSAGE.link)) {
    const link = decodeLink(new Reader(message.body, 0, "link message", edit));
    if (link.name === name) return { message, link };
  }
  return undefined;
}

function symbolTableOf(edit: EditContext, header: ObjectHeaderEditor): SymbolTable | undefined {
  const [message] = header.find(MESSAGE.symbolTable);
  return message === undefined
    ? undefined
    : decodeSymbolTable(new Reader(message.body, 0, "symbol table message", edit));
}

function addToSymbolTable(edit: EditContext, table: SymbolTable, link: Link): void {
  const name = encodeText(link.name);
  checkName(name, link.name);
  if (new SymbolTableLookup(edit.context, table, edit.groupK).find(name) !== undefined) throw nameExists(link.name);
  const editor = new SymbolTableEditor(edit, table, edit.groupK);
  switch (link.kind) {
    case "hard":
      editor.insert(name, { kind: "hard", address: link.address });
      return;
    case "soft":
      editor.insert(name, { kind: "soft", target: encodeText(link.target) });
      return;
    default:
      throw new UnsupportedError(
        `a symbol table has no ${link.kind} links; converting the group to one that has is not written yet`,
      );
  }
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

function nameExists(name: string): H5Error {
  return new H5Error("exists", `the group has a link ${JSON.stringify(name)} already`);
}

/** @throws UnsupportedError where the group keeps its links otherwise than as messages */
function compactLinkInfo(edit: EditContext, header: ObjectHeaderEditor) {
  const [message] = header.find(MESSAGE.linkInfo);
  if (message === undefined) throw new H5Error("not-a-group", "the object is no group");
  const value = decodeLinkInfo(new Reader(message.body, 0, "link info message", edit));
  if (value.fractalHeapAddress !== undefined) {
    throw new UnsupportedError("the group keeps its links in a fractal heap, which is not written yet");
  }
  return { message, value };
}
