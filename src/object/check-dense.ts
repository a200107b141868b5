import { decodeAttributeInfo } from "../format/attribute-info.ts";
import { BTreeV2 } from "../format/b-tree-v2.ts";
import {
  ATTRIBUTE_CREATION_ORDER_RECORD_SIZE,
  ATTRIBUTE_HEAP_ID,
  ATTRIBUTE_NAME_RECORD_SIZE,
  LINK_CREATION_ORDER_RECORD_SIZE,
  LINK_HEAP_ID,
  LINK_NAME_HEAP_ID_AT,
  LINK_NAME_RECORD_SIZE,
  RecordType,
} from "../format/b-tree-v2-records.ts";
import type { FormatContext } from "../format/context.ts";
import { FractalHeap } from "../format/fractal-heap.ts";
import { readFreeSections } from "../format/free-space-manager.ts";
import { MESSAGE, MESSAGE_FLAG } from "../format/header-message.ts";
import { decodeLinkInfo } from "../format/link-info.ts";
import { findMessage } from "../format/object-header.ts";
import { Reader } from "../format/reader.ts";
import type { H5Object } from "./file.ts";

/** What is kept in a fractal heap: links, or attributes. */
interface Dense {
  readonly what: "links" | "attributes";
  readonly heapAddress: number;
  readonly nameIndex: BTreeV2;
  readonly orderIndex: BTreeV2 | undefined;
  /** Of the objects that the index by name leads to, those that are in the heap. */
  readonly heapIds: Iterable<Uint8Array>;
}

/** Where heap and indexes of an object do not agree: each in a plain sentence. @throws H5Error where they cannot be read */
export function* checkDense(object: H5Object): Generator<string> {
  for (const dense of denseParts(object)) {
    const { what, nameIndex, orderIndex } = dense;
    const names = nameIndex.header.totalRecords;
    const orders = orderIndex?.header.totalRecords ?? names;
    if (orders !== names) {
      yield `${names} ${what} are in the index by name, but ${orders} in the index by the order of creation`;
    }
    yield* checkHeap(object.context, dense);
  }
}

function* denseParts({ context, header }: H5Object): Generator<Dense> {
  const part = (type: number, name: string): Reader | undefined => {
    const message = findMessage(header, type);
    return message && new Reader(message.body, message.address, name, context);
  };
  const open = (address: number | undefined, type: number, size: number): BTreeV2 | undefined =>
    address === undefined ? undefined : BTreeV2.open(context, address, type, size);

  const linkInfo = part(MESSAGE.linkInfo, "link info message");
  if (linkInfo !== undefined) {
    const { fractalHeapAddress: heapAddress, nameIndexAddress, creationOrderIndexAddress } = decodeLinkInfo(linkInfo);
    const nameIndex = open(nameIndexAddress, RecordType.linkName, LINK_NAME_RECORD_SIZE);
    const orderIndex = open(creationOrderIndexAddress, RecordType.linkCreationOrder, LINK_CREATION_ORDER_RECORD_SIZE);
    if (heapAddress !== undefined && nameIndex !== undefined) {
      yield { what: "links", heapAddress, nameIndex, orderIndex, heapIds: linkIds(nameIndex) };
    }
  }
  const attributeInfo = part(MESSAGE.attributeInfo, "attribute info message");
  if (attributeInfo === undefined) return;
  const info = decodeAttributeInfo(attributeInfo);
  const { fractalHeapAddress: heapAddress } = info;
  const nameIndex = open(info.nameIndexAddress, RecordType.attributeName, ATTRIBUTE_NAME_RECORD_SIZE);
  const { attributeCreationOrder } = RecordType;
  const orderIndex = open(info.creationOrderIndexAddress, attributeCreationOrder, ATTRIBUTE_CREATION_ORDER_RECORD_SIZE);
  if (heapAddress === undefined || nameIndex === undefined) return;
  yield { what: "attributes", heapAddress, nameIndex, orderIndex, heapIds: attributeIds(nameIndex) };
}

function* linkIds(index: BTreeV2): Generator<Uint8Array> {
  for (const record of index.records()) yield record.slice(LINK_NAME_HEAP_ID_AT, LINK_NAME_HEAP_ID_AT + LINK_HEAP_ID);
}

function* attributeIds(index: BTreeV2): Generator<Uint8Array> {
  for (const record of index.records()) {
    const flags = record[ATTRIBUTE_HEAP_ID] ?? 0;
    if ((flags & MESSAGE_FLAG.shared) === 0) yield record.slice(0, ATTRIBUTE_HEAP_ID);
  }
}

/** Sections of free bytes in direct blocks: others stand for blocks that are not there. */
const SINGLE = 0;

function* checkHeap(context: FormatContext, { what, heapAddress, heapIds }: Dense): Generator<string> {
  const heap = FractalHeap.open(context, heapAddress);
  const { managedObjects, hugeObjects, tinyObjects, freeSpaceManagerAddress } = heap.header;
  const spans: { offset: number; end: number; isFree: boolean }[] = [];
  let found = 0;
  for (const id of heapIds) {
    found++;
    const span = heap.managedSpan(id);
    if (span !== undefined) spans.push({ offset: span.offset, end: span.offset + span.length, isFree: false });
  }
  const counted = managedObjects + hugeObjects + tinyObjects;
  if (counted !== found)
    yield `the fractal heap of its ${what} counts ${counted} objects, but the index leads to ${found}`;
  if (freeSpaceManagerAddress !== undefined) {
    for (const { offset, size, type } of readFreeSections(context, freeSpaceManagerAddress).sections) {
      if (type === SINGLE) spans.push({ offset, end: offset + size, isFree: true });
    }
  }
  spans.sort((a, b) => a.offset - b.offset || a.end - b.end);
  let last: (typeof spans)[number] | undefined;
  for (const span of spans) {
    if (last !== undefined && span.offset < last.end) {
      const both = last.isFree === span.isFree;
      const found = !both ? "are in use and free" : span.isFree ? "are free twice" : "are in use twice";
      yield `bytes at offset ${span.offset} of the fractal heap of its ${what} ${found}`;
      return;
    }
    last = span;
  }
}
