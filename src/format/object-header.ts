import { FormatError } from "../errors.ts";
import type { FormatContext } from "./context.ts";
import { type Extent, metadata } from "./extent.ts";
import { type HeaderMessage, isKnownMessageType, MESSAGE, MESSAGE_FLAG } from "./header-message.ts";
import { Reader } from "./reader.ts";

const STRUCTURE = "object header";
const BLOCK = "object header continuation block";

/** Chunks of one header: libhdf5 makes a few; a damaged file may make many. */
const MAX_BLOCKS = 65536;

/** Bytes of a version 1 header before its messages. */
export const VERSION_1_PREFIX = 16;

/** Bits of "Flags" of a version 2 header. */
export const SIZE_OF_CHUNK_0 = 0x03;
export const ATTRIBUTE_CREATION_ORDER_TRACKED = 0x04;
export const ATTRIBUTE_CREATION_ORDER_INDEXED = 0x08;
export const PHASE_CHANGE_STORED = 0x10;
export const TIMES_STORED = 0x20;

/** Object header (Specification IV.A.1, "Disk Format: Level 2A1 - Data Object Header Prefix"), split into its messages. */
export interface ObjectHeader {
  readonly address: number;
  readonly version: 1 | 2;
  /** Version 2: the bits of "Flags". */
  readonly flags: number;
  /** Version 1: "Object Reference Count"; version 2 has a message for it. */
  readonly referenceCount: number | undefined;
  /** Version 2, where times are stored; seconds since 1970, UTC. */
  readonly times:
    | { readonly access: number; readonly modification: number; readonly change: number; readonly birth: number }
    | undefined;
  /** In the order in which libhdf5 finds them; NIL and continuation messages are left out. */
  readonly messages: readonly HeaderMessage[];
}

/** What a header's prefix says. */
type Prefix = Omit<ObjectHeader, "messages"> & {
  /** Version 1: "Total Number of Header Messages", NIL and continuation messages included. */
  readonly messageCount: number | undefined;
  /** Version 2, where they are stored: "Maximum # of compact attributes", "Minimum # of dense attributes". */
  readonly phaseChange: { readonly maxCompact: number; readonly minDense: number } | undefined;
};

/** Part of a header: chunk 0, its prefix included, or a continuation block. */
export interface ObjectHeaderBlock {
  readonly address: number;
  /** Bytes, signature and checksum included. */
  readonly length: number;
  /** All of them, NIL and continuation messages included, as they lie one after another. */
  readonly messages: readonly HeaderMessage[];
  /** Version 2: what is left at the end, too little for a message. */
  readonly gap: Uint8Array;
}

/** An object header with everything that lies in it, for those who change it. */
export interface ObjectHeaderBlocks extends Prefix {
  /** Chunk 0, and what continuation messages lead to. */
  readonly blocks: readonly ObjectHeaderBlock[];
}

/** Where a block is. */
interface Block {
  readonly address: number;
  readonly length: number;
}

/**
 * Reads the object header at `address`, all its continuation blocks included.
 * @throws FormatError where it is damaged, UnsupportedError never: unknown messages are kept unless their flags forbid it
 */
export function readObjectHeader(context: FormatContext, address: number): ObjectHeader {
  const { version, flags, referenceCount, times, blocks } = readObjectHeaderBlocks(context, address);
  const messages: HeaderMessage[] = [];
  for (const block of blocks) {
    for (const message of block.messages) {
      if (message.type !== MESSAGE.nil && message.type !== MESSAGE.continuation) messages.push(message);
    }
  }
  return { address, version, flags, referenceCount, times, messages };
}

/** The same header, block by block. @throws FormatError as `readObjectHeader` does */
export function readObjectHeaderBlocks(context: FormatContext, address: number): ObjectHeaderBlocks {
  const available = context.space.end - address;
  if (!(available > 0)) context.space.check(address, 16, STRUCTURE);
  // The prefix of version 2 is at most 4 + 1 + 1 + 16 + 4 + 8 bytes, that of version 1 is 16.
  const prefix = context.reader(address, Math.min(34, available), STRUCTURE);
  // A version 1 header begins with its version; a version 2 header with "OHDR".
  return prefix.bytes[0] === 0x4f ? readVersion2(context, prefix) : readVersion1(context, prefix);
}

function readVersion1(context: FormatContext, prefix: Reader): ObjectHeaderBlocks {
  const { address } = prefix;
  context.space.check(address, VERSION_1_PREFIX, STRUCTURE);
  const version = prefix.u8();
  if (version !== 1) prefix.fail(`version is ${version}, expected 1, or the signature "OHDR" of version 2`);
  prefix.skip(1);
  const messageCount = prefix.u16();
  const referenceCount = prefix.u32();
  const size = prefix.u32();
  // A header without messages has no chunk; one with messages has room for one at least.
  if (messageCount === 0 ? size > 0 : size < 8) prefix.fail(`${messageCount} messages in ${size} bytes`);
  const places: Block[] = [{ address: address + VERSION_1_PREFIX, length: size }];
  const blocks: ObjectHeaderBlock[] = [];
  for (const place of eachBlock(context, places, address)) {
    const r = blockReader(context, place, place === places[0] ? STRUCTURE : BLOCK);
    const found = splitMessages(r, place.length, 1, 0, places);
    blocks.push(place === places[0] ? { address, length: VERSION_1_PREFIX + size, ...found } : { ...place, ...found });
  }
  const phaseChange = undefined;
  return { address, version: 1, flags: 0, messageCount, referenceCount, times: undefined, phaseChange, blocks };
}

function readVersion2(context: FormatContext, prefix: Reader): ObjectHeaderBlocks {
  const { address } = prefix;
  prefix.signature("OHDR");
  prefix.version(2);
  const flags = prefix.u8();
  if ((flags & 0xc0) !== 0) prefix.fail(`flags are 0x${flags.toString(16)}, of which bits 6 and 7 are unknown`);
  const times =
    (flags & TIMES_STORED) === 0
      ? undefined
      : { access: prefix.u32(), modification: prefix.u32(), change: prefix.u32(), birth: prefix.u32() };
  const phaseChange =
    (flags & PHASE_CHANGE_STORED) === 0 ? undefined : { maxCompact: prefix.u16(), minDense: prefix.u16() };
  const size = prefix.uint(1 << (flags & SIZE_OF_CHUNK_0));
  const start = prefix.position;

  const places: Block[] = [{ address, length: start + size + 4 }];
  const blocks: ObjectHeaderBlock[] = [];
  for (const place of eachBlock(context, places, address)) {
    const isFirst = place === places[0];
    const r = blockReader(context, place, isFirst ? STRUCTURE : BLOCK);
    if (!isFirst && place.length < 8) r.fail(`${place.length} bytes have no room for signature and checksum`);
    r.position = r.bytes.length - 4;
    r.checksum();
    r.position = isFirst ? start : 0;
    if (!isFirst) r.signature("OCHK");
    blocks.push({ ...place, ...splitMessages(r, place.length - 4, 2, flags, places) });
  }
  const versionOnly = { messageCount: undefined, referenceCount: undefined };
  return { address, version: 2, flags, ...versionOnly, times, phaseChange, blocks };
}

/** Over a copy of the block's bytes: messages are kept, and shall not keep whole cached pages with them. */
function blockReader(context: FormatContext, { address, length }: Block, structure: string): Reader {
  return new Reader(context.space.read(address, length, structure).slice(), address, structure, context);
}

/** Every block once, those included that are appended meanwhile; a cycle is an error, and so are blocks that overlap. */
function* eachBlock(context: FormatContext, blocks: readonly Block[], headerAddress: number): Generator<Block> {
  const seen = new Set<number>();
  let bytes = 0;
  for (const block of blocks) {
    bytes += block.length;
    if (seen.has(block.address) || seen.size >= MAX_BLOCKS || bytes > context.space.end) {
      throw new FormatError("continuation messages lead back to a block that was read before", {
        structure: STRUCTURE,
        address: headerAddress,
      });
    }
    seen.add(block.address);
    yield block;
  }
}

/** The messages in `r` from its position up to byte `end`; appends what they continue in to `places`. */
function splitMessages(
  r: Reader,
  end: number,
  version: 1 | 2,
  headerFlags: number,
  places: Block[],
): Pick<ObjectHeaderBlock, "messages" | "gap"> {
  const messages: HeaderMessage[] = [];
  const tracked = version === 2 && (headerFlags & ATTRIBUTE_CREATION_ORDER_TRACKED) !== 0;
  const prefixSize = version === 1 ? 8 : tracked ? 6 : 4;
  while (end - r.position >= prefixSize) {
    const type = version === 1 ? r.u16() : r.u8();
    const size = r.u16();
    const flags = r.u8();
    let creationIndex: number | undefined;
    if (version === 1) r.skip(3);
    else if (tracked) creationIndex = r.u16();
    if (version === 1 && size % 8 !== 0)
      r.fail(`message of type 0x${type.toString(16)} has ${size} bytes, expected a multiple of 8`);
    if (size > end - r.position) {
      r.fail(`message of type 0x${type.toString(16)} has ${size} bytes, of which only ${end - r.position} are left`);
    }
    const message = { type, flags, creationIndex, address: r.address + r.position, body: r.take(size) };
    checkFlags(r, message, version);
    if (type === MESSAGE.continuation) places.push(decodeContinuation(r, message.body));
    messages.push(message);
  }
  // Version 2 allows a gap too small for a message.
  if (version === 1 && r.position !== end) r.fail(`${end - r.position} bytes are left over after the last message`);
  return { messages, gap: r.take(end - r.position) };
}

function checkFlags(r: Reader, { type, flags }: HeaderMessage, version: 1 | 2): void {
  const name = `message of type 0x${type.toString(16)}`;
  const has = (flag: number): boolean => (flags & flag) !== 0;
  const { shared, doNotShare, wasUnknown, failIfUnknownAndWriting, markIfUnknown, failIfUnknown } = MESSAGE_FLAG;
  if ((has(shared) && has(doNotShare)) || (has(wasUnknown) && (has(failIfUnknownAndWriting) || !has(markIfUnknown)))) {
    r.fail(`${name} has flags 0x${flags.toString(16)}, which contradict each other`);
  }
  if (!isKnownMessageType(type) && has(failIfUnknown)) {
    r.fail(`${name} is unknown, and its flags say that whoever does not know it must not go on`);
  }
  if (type === MESSAGE.referenceCount && version === 1) r.fail("a reference count message in a version 1 header");
}

/** Object header continuation message (IV.A.2.q). */
function decodeContinuation(header: Reader, body: Uint8Array): Block {
  const { sizeOfOffsets, sizeOfLengths } = header.sizes;
  if (body.length < sizeOfOffsets + sizeOfLengths)
    header.fail(`a continuation message of ${body.length} bytes is too short`);
  header.position -= body.length;
  const end = header.position + body.length;
  const address = header.definedOffset("continuation block's address");
  const length = header.length();
  header.position = end;
  if (length === 0) header.fail("a continuation block of 0 bytes");
  return { address, length };
}

/** @param owner where that is not the header itself */
export function extentsOfObjectHeader({ address, blocks }: ObjectHeaderBlocks, owner = address): Extent[] {
  return blocks.map((block) => metadata(block === blocks[0] ? STRUCTURE : BLOCK, block.address, block.length, owner));
}

/** The first message of a type, or `undefined`. */
export function findMessage(header: ObjectHeader, type: number): HeaderMessage | undefined {
  return header.messages.find((message) => message.type === type);
}
