import { H5Error, UnsupportedError } from "../errors.ts";
import { BTreeV2 } from "./b-tree-v2.ts";
import {
  ATTRIBUTE_CREATION_ORDER_RECORD_SIZE,
  ATTRIBUTE_NAME_HASH_AT,
  ATTRIBUTE_NAME_RECORD_SIZE,
  type AttributeRecord,
  decodeAttributeRecord,
  RecordType,
} from "./b-tree-v2-records.ts";
import { compareBytes } from "./compare-bytes.ts";
import type { FormatContext } from "./context.ts";
import type { DenseOrder } from "./dense-links.ts";
import { inHeapOrder, ObjectBytes } from "./dense-order.ts";
import { FractalHeap } from "./fractal-heap.ts";
import { lookup3 } from "./lookup3.ts";
import { Reader, type Sizes } from "./reader.ts";

/** Where an object's attributes are when they are not in its header (IV.A.2.v, "The Attribute Info Message"). */
export interface DenseAttributeInfo {
  readonly fractalHeapAddress: number;
  readonly nameIndexAddress: number;
  /** `undefined`: the order of creation is not indexed. */
  readonly creationOrderIndexAddress: number | undefined;
}

export interface DenseAttribute {
  /** The raw attribute message (IV.A.2.m). */
  readonly message: Uint8Array;
  /** The message's flags, as in an object header. */
  readonly flags: number;
  readonly creationOrder: number;
}

const RECORD = "B-tree v2 attribute record";
const MESSAGE = "attribute message in a fractal heap";

function nameIndex(context: FormatContext, info: DenseAttributeInfo): BTreeV2 {
  return BTreeV2.open(context, info.nameIndexAddress, RecordType.attributeName, ATTRIBUTE_NAME_RECORD_SIZE);
}

/** How many attributes the object has. */
export function denseAttributeCount(context: FormatContext, info: DenseAttributeInfo): number {
  return nameIndex(context, info).header.totalRecords;
}

/** The attribute of that name, found without a scan. */
export function findDenseAttribute(
  context: FormatContext,
  info: DenseAttributeInfo,
  name: Uint8Array,
): DenseAttribute | undefined {
  const tree = nameIndex(context, info);
  const heap = FractalHeap.open(context, info.fractalHeapAddress);
  const hash = lookup3(name);
  let attribute: DenseAttribute | undefined;
  tree.find((view, at) => {
    const order = hash - view.getUint32(at + ATTRIBUTE_NAME_HASH_AT, true);
    if (order !== 0) return order;
    const bytes = new Uint8Array(view.buffer, view.byteOffset + at, view.byteLength - at);
    const record = decodeAttributeRecord(new Reader(bytes, info.nameIndexAddress, RECORD, context));
    const found = readAttribute(heap, record, (id) => heap.object(id));
    const nameOrder = compareBytes(name, attributeMessageName(found.message, info.fractalHeapAddress, context));
    if (nameOrder === 0) attribute = found;
    return nameOrder;
  });
  return attribute;
}

/**
 * All attributes.
 * @param order "index": as the index by names has them, so that the first one costs little however many there are
 * @throws H5Error "argument" for an order that is not indexed
 */
export function* denseAttributes(
  context: FormatContext,
  info: DenseAttributeInfo,
  order: DenseOrder | "index",
): Generator<DenseAttribute, void, undefined> {
  const heap = FractalHeap.open(context, info.fractalHeapAddress);
  const objects = new ObjectBytes(context, heap);
  const read = (record: AttributeRecord) => readAttribute(heap, record, (id) => objects.next(id));
  if (order !== "creation") {
    const records = nameIndex(context, info).records();
    for (const record of order === "index" ? records : inHeapOrder(heap, records, 0)) {
      yield read(decodeAttributeRecord(new Reader(record, info.nameIndexAddress, RECORD, context)));
    }
    return;
  }
  const address = info.creationOrderIndexAddress;
  if (address === undefined) throw new H5Error("argument", "the object's attributes have no index by creation order");
  const type = RecordType.attributeCreationOrder;
  const tree = BTreeV2.open(context, address, type, ATTRIBUTE_CREATION_ORDER_RECORD_SIZE);
  for (const record of tree.records()) {
    yield read(decodeAttributeRecord(new Reader(record, address, RECORD, context)));
  }
}

function readAttribute(
  heap: FractalHeap,
  { heapId, flags, creationOrder }: AttributeRecord,
  object: (heapId: Uint8Array) => Uint8Array,
): DenseAttribute {
  if ((flags & 2) !== 0) {
    throw new UnsupportedError("an attribute in the file's heap of shared object header messages is not supported", {
      structure: "fractal heap",
      address: heap.header.address,
    });
  }
  return { message: object(heapId), flags, creationOrder };
}

/** The name in a raw attribute message (IV.A.2.m), without the NUL that its size counts. */
export function attributeMessageName(message: Uint8Array, heapAddress: number, sizes: Sizes): Uint8Array {
  const r = new Reader(message, heapAddress, MESSAGE, sizes);
  const version = r.version(1, 2, 3);
  r.skip(1); // Reserved, or Flags
  const size = r.u16();
  r.skip(2 + 2); // Datatype Size, Dataspace Size
  if (version === 3) r.skip(1); // Name Character Set Encoding
  const name = r.take(size);
  const end = name.indexOf(0);
  return end < 0 ? name : name.subarray(0, end);
}
