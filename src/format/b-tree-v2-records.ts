import type { Reader, Sizes } from "./reader.ts";
import type { Writer } from "./writer.ts";

/**
 * The records of version 2 B-trees (Specification III.A.2, "Version 2 B-tree, Type N Record Layout"). The types of the
 * chunk indexes, 10 and 11, are in `src/chunk/chunk-element.ts`: their size depends on the dataset.
 */
export const RecordType = {
  hugeIndirect: 1,
  hugeIndirectFiltered: 2,
  hugeDirect: 3,
  hugeDirectFiltered: 4,
  linkName: 5,
  linkCreationOrder: 6,
  sharedMessage: 7,
  attributeName: 8,
  attributeCreationOrder: 9,
  chunk: 10,
  filteredChunk: 11,
} as const;

/** Bytes of the heap ids in groups' (types 5, 6), and in attributes' and shared messages' records (types 7, 8, 9). */
export const LINK_HEAP_ID = 7;
export const ATTRIBUTE_HEAP_ID = 8;

/** Types 1 to 4: a huge object of a fractal heap. */
export interface HugeObjectRecord {
  readonly address: number;
  /** Bytes as stored. */
  readonly length: number;
  /** Types 2 and 4. */
  readonly filterMask: number | undefined;
  /** Types 2 and 4: bytes after the filters are undone. */
  readonly memorySize: number | undefined;
  /** Types 1 and 2: the key by which the object is found. */
  readonly id: number | undefined;
}

export function hugeObjectRecordSize(type: 1 | 2 | 3 | 4, sizes: Sizes): number {
  const filtered = type === 2 || type === 4 ? 4 + sizes.sizeOfLengths : 0;
  return sizes.sizeOfOffsets + sizes.sizeOfLengths + filtered + (type <= 2 ? sizes.sizeOfLengths : 0);
}

export function decodeHugeObjectRecord(r: Reader, type: 1 | 2 | 3 | 4): HugeObjectRecord {
  const filtered = type === 2 || type === 4;
  return {
    address: r.definedOffset("the address of a huge object"),
    length: r.length(),
    filterMask: filtered ? r.u32() : undefined,
    memorySize: filtered ? r.length() : undefined,
    id: type <= 2 ? r.length() : undefined,
  };
}

export function encodeHugeObjectRecord(w: Writer, record: HugeObjectRecord): void {
  w.offset(record.address);
  w.length(record.length);
  if (record.filterMask !== undefined) w.u32(record.filterMask);
  if (record.memorySize !== undefined) w.length(record.memorySize);
  if (record.id !== undefined) w.length(record.id);
}

/** Type 5: a link of a group, in the order of its name's hash (lookup3), then of its name. */
export interface LinkNameRecord {
  readonly hash: number;
  readonly heapId: Uint8Array;
}

export const LINK_NAME_RECORD_SIZE = 4 + LINK_HEAP_ID;
/** Where in a type 5 record the heap id is. */
export const LINK_NAME_HEAP_ID_AT = 4;

export function decodeLinkNameRecord(r: Reader): LinkNameRecord {
  return { hash: r.u32(), heapId: r.take(LINK_HEAP_ID) };
}

export function encodeLinkNameRecord(w: Writer, { hash, heapId }: LinkNameRecord): void {
  w.u32(hash);
  w.put(heapId);
}

/** Type 6: a link of a group, in the order of its creation. */
export interface LinkCreationOrderRecord {
  readonly creationOrder: bigint;
  readonly heapId: Uint8Array;
}

export const LINK_CREATION_ORDER_RECORD_SIZE = 8 + LINK_HEAP_ID;

export function decodeLinkCreationOrderRecord(r: Reader): LinkCreationOrderRecord {
  const low = r.u32();
  const high = r.i32();
  return { creationOrder: (BigInt(high) << 32n) | BigInt(low), heapId: r.take(LINK_HEAP_ID) };
}

export function encodeLinkCreationOrderRecord(w: Writer, { creationOrder, heapId }: LinkCreationOrderRecord): void {
  w.u32(Number(BigInt.asUintN(32, creationOrder)));
  w.u32(Number(BigInt.asUintN(32, creationOrder >> 32n)));
  w.put(heapId);
}

/** Type 7: a shared object header message, in the order of its hash. */
export type SharedMessageRecord =
  | {
      readonly location: "heap";
      readonly hash: number;
      readonly referenceCount: number;
      readonly heapId: Uint8Array;
    }
  | {
      readonly location: "object header";
      readonly hash: number;
      readonly messageType: number;
      readonly index: number;
      readonly objectHeaderAddress: number;
    };

export function sharedMessageRecordSize(sizes: Sizes): number {
  return 1 + 4 + Math.max(4 + ATTRIBUTE_HEAP_ID, 1 + 1 + 2 + sizes.sizeOfOffsets);
}

export function decodeSharedMessageRecord(r: Reader): SharedMessageRecord {
  const location = r.u8();
  const hash = r.u32();
  if (location === 0) {
    return { location: "heap", hash, referenceCount: r.u32(), heapId: r.take(ATTRIBUTE_HEAP_ID) };
  }
  if (location !== 1) r.fail(`a shared message's location is ${location}, expected 0 or 1`);
  r.skip(1); // Reserved
  const messageType = r.u8();
  const index = r.u16();
  return { location: "object header", hash, messageType, index, objectHeaderAddress: r.definedOffset("its header") };
}

export function encodeSharedMessageRecord(w: Writer, record: SharedMessageRecord): void {
  const end = w.position + sharedMessageRecordSize(w.sizes);
  w.u8(record.location === "heap" ? 0 : 1);
  w.u32(record.hash);
  if (record.location === "heap") {
    w.u32(record.referenceCount);
    w.put(record.heapId);
  } else {
    w.zeros(1);
    w.u8(record.messageType);
    w.u16(record.index);
    w.offset(record.objectHeaderAddress);
  }
  w.zeros(end - w.position);
}

/** Type 8: an attribute, in the order of its name's hash, then of its name; and type 9, in the order of its creation. */
export interface AttributeRecord {
  readonly heapId: Uint8Array;
  /** The message's flags; bit 1: the message is in the heap of shared messages, not in the attributes' own. */
  readonly flags: number;
  readonly creationOrder: number;
}

export const ATTRIBUTE_NAME_RECORD_SIZE = ATTRIBUTE_HEAP_ID + 1 + 4 + 4;
/** Where in a type 8 record the hash is. */
export const ATTRIBUTE_NAME_HASH_AT = ATTRIBUTE_HEAP_ID + 1 + 4;
export const ATTRIBUTE_CREATION_ORDER_RECORD_SIZE = ATTRIBUTE_HEAP_ID + 1 + 4;

/** The fields that types 8 and 9 have in common; the hash of type 8 follows them. */
export function decodeAttributeRecord(r: Reader): AttributeRecord {
  return { heapId: r.take(ATTRIBUTE_HEAP_ID), flags: r.u8(), creationOrder: r.u32() };
}

export function encodeAttributeRecord(w: Writer, { heapId, flags, creationOrder }: AttributeRecord): void {
  w.put(heapId);
  w.u8(flags);
  w.u32(creationOrder);
}
