import type { EditContext } from "../format/edit-context.ts";
import { encodeGroupInfo, type GroupInfo } from "../format/group-info.ts";
import { type HeaderMessage, MESSAGE, MESSAGE_FLAG } from "../format/header-message.ts";
import { encodeLinkInfo } from "../format/link-info.ts";
import {
  ATTRIBUTE_CREATION_ORDER_INDEXED,
  ATTRIBUTE_CREATION_ORDER_TRACKED,
  type ObjectHeaderBlocks,
  PHASE_CHANGE_STORED,
  TIMES_STORED,
  VERSION_1_PREFIX,
} from "../format/object-header.ts";
import { encodeObjectHeaderBlock } from "../format/object-header-encoding.ts";
import type { Sizes } from "../format/reader.ts";
import { encodeSymbolTable } from "../format/symbol-table.ts";
import { SymbolTableEditor } from "../format/symbol-table-edit.ts";
import type { Writer } from "../format/writer.ts";
import { DEFAULT_GROUP_INFO, DEFAULT_LINK_INFO } from "./group-links.ts";

/** Room for the first links of a group, so that they need no continuation block. */
const ROOM_FOR_LINKS = 120;

/** How a group of the new style keeps its links. */
export interface GroupTraits extends GroupInfo {
  readonly creationOrderTracked: boolean;
  readonly creationOrderIndexed: boolean;
}

/** libhdf5's defaults. */
const PLAIN_GROUP: GroupTraits = { ...DEFAULT_GROUP_INFO, creationOrderTracked: false, creationOrderIndexed: false };

/** Makes an empty group: one with a symbol table in an old file, else one whose links are messages. @returns the header's address */
export function createGroup(edit: EditContext, traits: number | HeaderTraits, group = PLAIN_GROUP): number {
  if (edit.generation === "old") {
    const table = SymbolTableEditor.create(edit, edit.groupK);
    return createHeader(
      edit,
      [headerMessage(edit, MESSAGE.symbolTable, 0, (w) => encodeSymbolTable(w, table))],
      traits,
    );
  }
  return createHeader(edit, groupMessages(edit, group), traits);
}

/** Those of the last group, by what they follow from: most groups of a file have the same. */
let lastMessages:
  | { readonly sizes: Sizes; readonly group: GroupTraits; readonly messages: HeaderMessage[] }
  | undefined;

function groupMessages(edit: EditContext, group: GroupTraits): readonly HeaderMessage[] {
  const { sizeOfOffsets, sizeOfLengths } = edit;
  if (
    lastMessages?.group === group &&
    lastMessages.sizes.sizeOfOffsets === sizeOfOffsets &&
    lastMessages.sizes.sizeOfLengths === sizeOfLengths
  ) {
    return lastMessages.messages;
  }
  const linkInfo = headerMessage(edit, MESSAGE.linkInfo, 0, (w) =>
    encodeLinkInfo(w, {
      ...DEFAULT_LINK_INFO,
      creationOrderTracked: group.creationOrderTracked,
      creationOrderIndexed: group.creationOrderIndexed,
      nextCreationOrder: group.creationOrderTracked ? 0 : undefined,
    }),
  );
  const groupInfo = headerMessage(edit, MESSAGE.groupInfo, MESSAGE_FLAG.constant, (w) => encodeGroupInfo(w, group));
  const room = headerMessage(edit, MESSAGE.nil, 0, (w) => w.zeros(ROOM_FOR_LINKS));
  const messages = [linkInfo, groupInfo, room];
  lastMessages = { sizes: { sizeOfOffsets, sizeOfLengths }, group, messages };
  return messages;
}

/** A message of a new header. */
export function headerMessage(
  edit: EditContext,
  type: number,
  flags: number,
  encode: (w: Writer) => void,
): HeaderMessage {
  const w = edit.writer();
  encode(w);
  return { type, flags, creationIndex: undefined, address: 0, body: w.bytes };
}

/** What a header says of its object besides the messages of its kind. */
export interface HeaderTraits extends Pick<ObjectHeaderBlocks, "times" | "phaseChange"> {
  readonly attributeOrderTracked: boolean;
  readonly attributeOrderIndexed: boolean;
  /** Any object may have them: a comment, or the time of a header of version 1. */
  readonly messages: readonly HeaderMessage[];
  /** Where the header is to be. */
  readonly room?: HeaderRoom | undefined;
}

/** Allocated space for an object header, which may be shorter by what version 2 allows for a gap, or a message without a body. */
export interface HeaderRoom {
  readonly address: number;
  readonly length: number;
}

/** All four the same. */
export function timesAt(seconds: number): NonNullable<HeaderTraits["times"]> {
  return { access: seconds, modification: seconds, change: seconds, birth: seconds };
}

/** Of a new object, all of whose times are the same. @param seconds since 1970, UTC */
export function traitsOf(seconds: number, messages: readonly HeaderMessage[] = []): HeaderTraits {
  return {
    times: timesAt(seconds),
    phaseChange: undefined,
    attributeOrderTracked: false,
    attributeOrderIndexed: false,
    messages,
  };
}

/** A header with these messages, in one block. @param traits of a new object: seconds since 1970, UTC, for all its times */
export function createHeader(
  edit: EditContext,
  messages: readonly HeaderMessage[],
  traits: number | HeaderTraits,
): number {
  const all = typeof traits === "number" ? traitsOf(traits) : traits;
  const every = withRoom(edit, [...messages, ...all.messages]);
  const header = edit.generation === "old" ? createVersion1(edit, every, all) : createVersion2(edit, every, all);
  // Who has room for it goes on with it at once.
  if (all.room !== undefined) edit.kept.setHeader(header);
  return header.address;
}

/** One of the messages can give way to one that leads to a continuation block, or no message could ever be added. */
function withRoom(edit: EditContext, messages: readonly HeaderMessage[]): readonly HeaderMessage[] {
  const size = Math.ceil((edit.sizeOfOffsets + edit.sizeOfLengths) / 8) * 8;
  if (messages.some(({ body }) => body.length >= size)) return messages;
  return [...messages, headerMessage(edit, MESSAGE.nil, 0, (w) => w.zeros(size))];
}

function createVersion1(
  edit: EditContext,
  messages: readonly HeaderMessage[],
  { room }: HeaderTraits,
): ObjectHeaderBlocks {
  const padded = messages.map((each) => {
    const body = new Uint8Array(Math.ceil(each.body.length / 8) * 8);
    body.set(each.body);
    return { ...each, body };
  });
  const length = VERSION_1_PREFIX + padded.reduce((sum, { body }) => sum + 8 + body.length, 0);
  return writeHeader(edit, room ?? newRoom(edit, length), length, padded, {
    version: 1,
    flags: 0,
    referenceCount: 1,
    times: undefined,
    phaseChange: undefined,
    messageCount: padded.length,
  });
}

function createVersion2(
  edit: EditContext,
  messages: readonly HeaderMessage[],
  traits: HeaderTraits,
): ObjectHeaderBlocks {
  const { times, phaseChange, attributeOrderTracked, attributeOrderIndexed, room } = traits;
  const prefix = attributeOrderTracked ? 6 : 4;
  const size = messages.reduce((sum, { body }) => sum + prefix + body.length, 0);
  const most = room?.length ?? size;
  const width = most < 2 ** 8 ? 0 : most < 2 ** 16 ? 1 : 2;
  const flags =
    width |
    (attributeOrderTracked ? ATTRIBUTE_CREATION_ORDER_TRACKED : 0) |
    (attributeOrderIndexed ? ATTRIBUTE_CREATION_ORDER_INDEXED : 0) |
    (phaseChange === undefined ? 0 : PHASE_CHANGE_STORED) |
    (times === undefined ? 0 : TIMES_STORED);
  // Signature, version, flags, four times, two limits, the size of what follows, and the checksum.
  const fixed = 4 + 2 + (times === undefined ? 0 : 16) + (phaseChange === undefined ? 0 : 4) + 4;
  const length = fixed + (1 << width) + size;
  const rest = (room?.length ?? length) - length;
  // What is no smaller than a message's head would be read as one.
  const all =
    rest < prefix ? messages : [...messages, headerMessage(edit, MESSAGE.nil, 0, (w) => w.zeros(rest - prefix))];
  return writeHeader(edit, room ?? newRoom(edit, length), rest < prefix ? length : length + rest, all, {
    version: 2,
    flags,
    referenceCount: undefined,
    times,
    phaseChange,
    messageCount: undefined,
  });
}

function newRoom(edit: EditContext, length: number): HeaderRoom {
  return { address: edit.allocate(length, "metadata"), length };
}

/** @param used bytes of the messages and what is before and after them */
function writeHeader(
  edit: EditContext,
  { address, length }: HeaderRoom,
  used: number,
  messages: readonly HeaderMessage[],
  prefix: Omit<ObjectHeaderBlocks, "address" | "blocks">,
): ObjectHeaderBlocks {
  if (used > length) throw new TypeError(`an object header of ${used} bytes, for which there are ${length}`);
  // Where another object was before.
  edit.changedObjects.add(address);
  const block = { address, length, messages, gap: new Uint8Array(length - used) };
  const w = edit.writer();
  const { version, flags, referenceCount, times, phaseChange, messageCount } = prefix;
  const header = {
    version,
    flags,
    referenceCount,
    times,
    phaseChange,
    messageCount,
    address,
    blocks: [block],
  } as const;
  encodeObjectHeaderBlock(w, header, block);
  edit.write(address, w.bytes);
  return header;
}
