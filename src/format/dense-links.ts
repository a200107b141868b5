import { FormatError, H5Error } from "../errors.ts";
import { BTreeV2 } from "./b-tree-v2.ts";
import {
  decodeLinkCreationOrderRecord,
  LINK_CREATION_ORDER_RECORD_SIZE,
  LINK_HEAP_ID,
  LINK_NAME_HEAP_ID_AT,
  LINK_NAME_RECORD_SIZE,
  RecordType,
} from "./b-tree-v2-records.ts";
import { compareBytes } from "./compare-bytes.ts";
import type { FormatContext } from "./context.ts";
import { inHeapOrder, ObjectBytes } from "./dense-order.ts";
import { FractalHeap } from "./fractal-heap.ts";
import { lookup3 } from "./lookup3.ts";
import { Reader, type Sizes } from "./reader.ts";

/** Where a group's links are when they are not in its object header (IV.A.2.c, "The Link Info Message"). */
export interface DenseLinkInfo {
  readonly fractalHeapAddress: number;
  readonly nameIndexAddress: number;
  /** `undefined`: the order of creation is not indexed. */
  readonly creationOrderIndexAddress: number | undefined;
}

/** "storage": the order in which they are read fastest. "creation": the oldest first. */
export type DenseOrder = "storage" | "creation";

const RECORD = "B-tree v2 link record";
const MESSAGE = "link message in a fractal heap";

function nameIndex(context: FormatContext, info: DenseLinkInfo): BTreeV2 {
  return BTreeV2.open(context, info.nameIndexAddress, RecordType.linkName, LINK_NAME_RECORD_SIZE);
}

/** How many links the group has. */
export function denseLinkCount(context: FormatContext, info: DenseLinkInfo): number {
  return nameIndex(context, info).header.totalRecords;
}

/** The raw link message (IV.A.2.g) of the link of that name, found without a scan. */
export function findDenseLink(context: FormatContext, info: DenseLinkInfo, name: Uint8Array): Uint8Array | undefined {
  const tree = nameIndex(context, info);
  const heap = FractalHeap.open(context, info.fractalHeapAddress);
  const hash = lookup3(name);
  let message: Uint8Array | undefined;
  tree.find((view, at) => {
    const order = hash - view.getUint32(at, true);
    if (order !== 0) return order;
    const found = heap.object(new Uint8Array(view.buffer, view.byteOffset + at + LINK_NAME_HEAP_ID_AT, LINK_HEAP_ID));
    const nameOrder = compareBytes(name, linkMessageName(found, info.fractalHeapAddress, context));
    if (nameOrder === 0) message = found;
    return nameOrder;
  });
  return message;
}

/** The raw link messages (IV.A.2.g) of all links. @throws H5Error "argument" for an order that is not indexed */
export function* denseLinks(
  context: FormatContext,
  info: DenseLinkInfo,
  order: DenseOrder,
): Generator<Uint8Array, void, undefined> {
  const heap = FractalHeap.open(context, info.fractalHeapAddress);
  const objects = new ObjectBytes(context, heap);
  if (order === "storage") {
    const records = nameIndex(context, info).records();
    for (const record of inHeapOrder(heap, records, LINK_NAME_HEAP_ID_AT)) {
      yield objects.next(record.subarray(LINK_NAME_HEAP_ID_AT));
    }
    return;
  }
  const address = info.creationOrderIndexAddress;
  if (address === undefined) throw new H5Error("argument", "the group's links have no index by creation order");
  const tree = BTreeV2.open(context, address, RecordType.linkCreationOrder, LINK_CREATION_ORDER_RECORD_SIZE);
  for (const record of tree.records()) {
    yield objects.next(decodeLinkCreationOrderRecord(new Reader(record, address, RECORD, context)).heapId);
  }
}

/** The name in a raw link message (IV.A.2.g): its flags say which fields come before it. */
export function linkMessageName(message: Uint8Array, heapAddress: number, sizes: Sizes): Uint8Array {
  const r = new Reader(message, heapAddress, MESSAGE, sizes);
  r.version(1);
  const flags = r.u8();
  if ((flags & 0x08) !== 0) r.skip(1); // Link Type
  if ((flags & 0x04) !== 0) r.skip(8); // Creation Order
  if ((flags & 0x10) !== 0) r.skip(1); // Link Name Character Set
  const length = r.uint(2 ** (flags & 3));
  if (length === 0) throw new FormatError("the link's name is empty", { structure: MESSAGE, address: heapAddress });
  return r.take(length);
}
