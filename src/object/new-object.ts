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
  return createHeader(edit, [linkInfo, groupInfo, room], traits);
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
  return edit.generation === "old" ? createVersion1(edit, every) : createVersion2(edit, every, all);
}

/** One of the messages can give way to one that leads to a continuation block, or no message could ever be added. */
function withRoom(edit: EditContext, messages: readonly HeaderMessage[]): readonly HeaderMessage[] {
  const size = Math.ceil((edit.sizeOfOffsets + edit.sizeOfLengths) / 8) * 8;
  if (messages.some(({ body }) => body.length >= size)) return messages;
  return [...messages, headerMessage(edit, MESSAGE.nil, 0, (w) => w.zeros(size))];
}

function createVersion1(edit: EditContext, messages: readonly HeaderMessage[]): number {
  const padded = messages.map((each) => {
    const body = new Uint8Array(Math.ceil(each.body.length / 8) * 8);
    body.set(each.body);
    return { ...each, body };
  });
  const length = VERSION_1_PREFIX + padded.reduce((sum, { body }) => sum + 8 + body.length, 0);
  return writeHeader(edit, length, padded, {
    version: 1,
    flags: 0,
    referenceCount: 1,
    times: undefined,
    phaseChange: undefined,
    messageCount: padded.length,
  });
}

function createVersion2(edit: EditContext, messages: readonly HeaderMessage[], traits: HeaderTraits): number {
  const { times, phaseChange, attributeOrderTracked, attributeOrderIndexed } = traits;
  const prefix = attributeOrderTracked ? 6 : 4;
  const size = messages.reduce((sum, { body }) => sum + prefix + body.length, 0);
  const width = size < 2 ** 8 ? 0 : size < 2 ** 16 ? 1 : 2;
  const flags =
    width |
    (attributeOrderTracked ? ATTRIBUTE_CREATION_ORDER_TRACKED : 0) |
    (attributeOrderIndexed ? ATTRIBUTE_CREATION_ORDER_INDEXED : 0) |
    (phaseChange === undefined ? 0 : PHASE_CHANGE_STORED) |
    (times === undefined ? 0 : TIMES_STORED);
  // Signature, version, flags, four times, two limits, the size of what follows, and the checksum.
  const fixed = 4 + 2 + (times === undefined ? 0 : 16) + (phaseChange === undefined ? 0 : 4) + 4;
  return writeHeader(edit, fixed + (1 << width) + size, messages, {
    version: 2,
    flags,
    referenceCount: undefined,
    times,
    phaseChange,
    messageCount: undefined,
  });
}

function writeHeader(
  edit: EditContext,
  length: number,
  messages: readonly HeaderMessage[],
  prefix: Omit<ObjectHeaderBlocks, "address" | "blocks">,
): number {
  const address = edit.allocate(length, "metadata");
  // Where another object was before.
  edit.changedObjects.add(address);
  const block = { address, length, messages, gap: new Uint8Array(0) };
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
  return address;
}
