import {
  ATTRIBUTE_CREATION_ORDER_TRACKED,
  type ObjectHeaderBlock,
  type ObjectHeaderBlocks,
  SIZE_OF_CHUNK_0,
  VERSION_1_PREFIX,
} from "./object-header.ts";
import type { Writer } from "./writer.ts";

/** Writes one block of a header, the first with the header's prefix: `block.length` bytes. */
export function encodeObjectHeaderBlock(w: Writer, header: ObjectHeaderBlocks, block: ObjectHeaderBlock): void {
  const start = w.position;
  const isFirst = block === header.blocks[0];
  if (header.version === 1) {
    if (isFirst) encodeVersion1Prefix(w, header, block);
    encodeMessages(w, header, block);
    return;
  }
  if (isFirst) encodeVersion2Prefix(w, header, block);
  else w.signature("OCHK");
  encodeMessages(w, header, block);
  w.put(block.gap);
  w.checksum(start);
}

function encodeVersion1Prefix(w: Writer, header: ObjectHeaderBlocks, block: ObjectHeaderBlock): void {
  w.u8(1);
  w.zeros(1);
  w.u16(header.messageCount ?? 0);
  w.u32(header.referenceCount ?? 0);
  w.u32(block.length - VERSION_1_PREFIX);
  w.zeros(4); // so that messages begin at a multiple of 8
}

function encodeVersion2Prefix(w: Writer, header: ObjectHeaderBlocks, block: ObjectHeaderBlock): void {
  const start = w.position;
  const { flags, times, phaseChange } = header;
  w.signature("OHDR");
  w.u8(2);
  w.u8(flags);
  if (times !== undefined) {
    w.u32(times.access);
    w.u32(times.modification);
    w.u32(times.change);
    w.u32(times.birth);
  }
  if (phaseChange !== undefined) {
    w.u16(phaseChange.maxCompact);
    w.u16(phaseChange.minDense);
  }
  const widthOfSize = 1 << (flags & SIZE_OF_CHUNK_0);
  const prefixSize = w.position - start + widthOfSize;
  w.uint(block.length - prefixSize - 4, widthOfSize);
}

function encodeMessages(w: Writer, { version, flags }: ObjectHeaderBlocks, { messages }: ObjectHeaderBlock): void {
  const tracked = (flags & ATTRIBUTE_CREATION_ORDER_TRACKED) !== 0;
  for (const { type, flags, creationIndex, body } of messages) {
    if (version === 1) w.u16(type);
    else w.u8(type);
    w.u16(body.length);
    w.u8(flags);
    if (version === 1) w.zeros(3);
    else if (tracked) w.u16(creationIndex ?? 0);
    w.put(body);
  }
}
