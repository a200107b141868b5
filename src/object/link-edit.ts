import { H5Error, UnsupportedError } from "../errors.ts";
import type { EditContext } from "../format/edit-context.ts";
import { decodeGroupInfo } from "../format/group-info.ts";
import { MESSAGE } from "../format/header-message.ts";
import { decodeLink, encodeLink, type Link } from "../format/link.ts";
import { decodeLinkInfo, encodeLinkInfo } from "../format/link-info.ts";
import { ObjectHeaderEditor } from "../format/object-header-edit.ts";
import { Reader } from "../format/reader.ts";
import { decodeReferenceCount, encodeReferenceCount } from "../format/reference-count.ts";

/**
 * Adds a link to a group, the last one where the order of creation is tracked; the reference count of what a hard link leads to is not changed.
 * @param group address of the group's header
 * @throws H5Error "argument" where the name exists
 */
export function addLink(edit: EditContext, group: number, link: Link): void {
  const header = new ObjectHeaderEditor(edit, group);
  const info = compactLinkInfo(edit, header);
  if (findLink(edit, header, link.name) !== undefined) {
    throw new H5Error("argument", `the group has a link ${JSON.stringify(link.name)} already`);
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

/** @throws UnsupportedError where the group keeps its links otherwise than as messages */
function compactLinkInfo(edit: EditContext, header: ObjectHeaderEditor) {
  const [message] = header.find(MESSAGE.linkInfo);
  if (message === undefined) {
    throw new UnsupportedError("the group is of the old style (a symbol table), whose links are not written yet");
  }
  const value = decodeLinkInfo(new Reader(message.body, 0, "link info message", edit));
  if (value.fractalHeapAddress !== undefined) {
    throw new UnsupportedError("the group keeps its links in a fractal heap, which is not written yet");
  }
  return { message, value };
}
