import { Overlay, type OverlayEntry } from "../storage/overlay.ts";
import type { FormatContext } from "./context.ts";
import { type Extent, metadata } from "./extent.ts";
import type { Reader } from "./reader.ts";

/** Where the metadata cache image is (IV.A.2.y, "The Metadata Cache Image Message", 0x18 in the superblock extension). */
export interface CacheImageMessage {
  readonly address: number;
  readonly size: number;
}

/** `undefined`: the file was closed without an image. */
export function decodeCacheImageMessage(r: Reader): CacheImageMessage | undefined {
  r.version(0);
  const address = r.offset();
  const size = r.length();
  return address === undefined ? undefined : { address, size };
}

const STRUCTURE = "metadata cache image";

export function extentOfCacheImage({ address, size }: CacheImageMessage): Extent {
  return metadata(STRUCTURE, address, size, 0);
}

/**
 * Reads the metadata cache image block (Specification III.J, "Metadata Cache Image"): the metadata that the library had
 * in its cache when it closed the file, which it did not write to its place. It holds for as long as the image does.
 */
export function readCacheImage(context: FormatContext, message: CacheImageMessage): Overlay {
  const r = context.reader(message.address, message.size, STRUCTURE);
  r.signature("MDCI");
  r.version(0);
  const flags = r.u8();
  if ((flags & ~1) !== 0) r.fail(`flags are 0x${flags.toString(16)}, expected bits above 0 to be clear`);
  const dataLength = r.length();
  // The length counts the checksum. What may follow is space that was reserved and not needed.
  if (dataLength > r.bytes.length) r.fail(`has ${dataLength} bytes of data, but its size is ${r.bytes.length}`);
  const count = r.u32();
  const entries: OverlayEntry[] = [];
  for (let i = 0; i < count; i++) entries.push(decodeEntry(r));
  if (r.position + 4 !== dataLength) r.fail(`entries end at byte ${r.position}, expected ${dataLength - 4}`);
  r.checksum();
  return new Overlay(entries);
}

function decodeEntry(r: Reader): OverlayEntry {
  r.skip(1 + 1 + 1 + 1); // Type, Flags, Ring, Age
  r.skip(2 + 2); // Flush Dependency Child Count, Dirty Child Count
  const parents = r.u16();
  r.skip(4); // Index in LRU
  const address = r.definedOffset("the address of an entry");
  const length = r.length();
  if (length === 0) r.fail(`the entry for address 0x${address.toString(16)} is empty`);
  r.skip(parents * r.sizes.sizeOfOffsets); // Flush Dependency Parent Addresses
  return { address, bytes: new Uint8Array(r.take(length)) };
}
