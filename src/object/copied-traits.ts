import type { Datatype } from "../format/datatype.ts";
import type { EditContext } from "../format/edit-context.ts";
import { decodeGroupInfo } from "../format/group-info.ts";
import { MESSAGE } from "../format/header-message.ts";
import { decodeLinkInfo } from "../format/link-info.ts";
import { encodeModificationTime } from "../format/modification-time.ts";
import { encodeObjectComment } from "../format/object-comment.ts";
import {
  ATTRIBUTE_CREATION_ORDER_INDEXED,
  ATTRIBUTE_CREATION_ORDER_TRACKED,
  findMessage,
  readObjectHeaderBlocks,
} from "../format/object-header.ts";
import type { H5Object } from "./file.ts";
import type { Group } from "./group.ts";
import { messageReader } from "./message.ts";
import { createGroup, type HeaderTraits, headerMessage, timesAt } from "./new-object.ts";

/** What the header of an object says of it, for a copy: times, comment, and whether the order of attributes is kept. */
export function traitsOfObject(edit: EditContext, object: H5Object): HeaderTraits {
  const { header, comment, modificationTime } = object;
  const messages = [];
  if (comment !== undefined) {
    messages.push(headerMessage(edit, MESSAGE.objectComment, 0, (w) => encodeObjectComment(w, comment)));
  }
  if (edit.generation === "old" && modificationTime !== undefined) {
    messages.push(headerMessage(edit, MESSAGE.modificationTime, 0, (w) => encodeModificationTime(w, modificationTime)));
  }
  const isNew = header.version === 2;
  return {
    times: header.times ?? (modificationTime === undefined ? undefined : timesAt(modificationTime)),
    phaseChange: isNew ? readObjectHeaderBlocks(object.context, object.address).phaseChange : undefined,
    attributeOrderTracked: isNew && (header.flags & ATTRIBUTE_CREATION_ORDER_TRACKED) !== 0,
    attributeOrderIndexed: isNew && (header.flags & ATTRIBUTE_CREATION_ORDER_INDEXED) !== 0,
    messages,
  };
}

/** An empty group that keeps its links as this one does. @returns the header's address */
export function createGroupLike(edit: EditContext, group: Group): number {
  const traits = traitsOfObject(edit, group);
  const infoMessage = findMessage(group.header, MESSAGE.linkInfo);
  if (infoMessage === undefined) return createGroup(edit, traits);
  const { creationOrderTracked, creationOrderIndexed } = decodeLinkInfo(messageReader(group, infoMessage, "link info"));
  const message = findMessage(group.header, MESSAGE.groupInfo);
  if (message === undefined) return createGroup(edit, traits);
  const info = decodeGroupInfo(messageReader(group, message, "group info"));
  return createGroup(edit, traits, { ...info, creationOrderTracked, creationOrderIndexed });
}

/** A datatype as a file of that generation is to have it: an old one gets the versions that old libraries read. */
export function datatypeFor(edit: EditContext, type: Datatype): Datatype {
  return edit.generation === "new" ? type : withoutVersion(type);
}

function withoutVersion(type: Datatype): Datatype {
  // The standard references have no older form.
  if (type.class === "reference" && type.kind !== "object" && type.kind !== "region") return type;
  const { version: _, ...plain } = type;
  switch (plain.class) {
    case "compound":
      return { ...plain, members: plain.members.map((member) => ({ ...member, type: withoutVersion(member.type) })) };
    case "array":
    case "vlen":
    case "enum":
      return { ...plain, base: withoutVersion(plain.base) };
    default:
      return plain;
  }
}
