import { FormatError } from "../errors.ts";
import type { BTreeV2Header, BTreeV2Level } from "./b-tree-v2-header.ts";
import { NODE_OVERHEAD } from "./b-tree-v2-header.ts";
import type { FormatContext } from "./context.ts";
import type { Writer } from "./writer.ts";

/** What points to a node: where it is and what it must hold. */
export interface NodePointer {
  readonly address: number;
  /** Records in the node itself. */
  readonly records: number;
  /** Records in the node and all nodes below it. */
  readonly total: number;
}

/** A node of a version 2 B-tree (III.A.2, "Internal Node", "Leaf Node"). Its records are left as bytes. */
export interface BTreeV2Node {
  /** The records, one after another. */
  readonly records: Uint8Array;
  readonly view: DataView;
  readonly recordCount: number;
  /** One more than there are records; none in a leaf. */
  readonly children: readonly NodePointer[];
}

/** Bytes of a node before its records: signature, version, type. */
export const NODE_PREFIX = 6;

export function bTreeV2NodeName(level: number): string {
  return level === 0 ? "B-tree v2 leaf node" : "B-tree v2 internal node";
}

/**
 * Reads the node that `pointer` points to, at `level` (0: a leaf). Only the part in use is read: the checksum follows it.
 * @throws FormatError where it does not hold what the pointer says
 */
export function readBTreeV2Node(
  context: FormatContext,
  header: BTreeV2Header,
  levels: readonly BTreeV2Level[],
  pointer: NodePointer,
  level: number,
): BTreeV2Node {
  const structure = bTreeV2NodeName(level);
  const layout = levels[level];
  if (layout === undefined || pointer.records > layout.maxRecords) {
    throw new FormatError(`has ${pointer.records} records, but only ${layout?.maxRecords ?? 0} fit`, {
      structure,
      address: pointer.address,
    });
  }
  const used = pointer.records * header.recordSize;
  const pointers = level === 0 ? 0 : (pointer.records + 1) * layout.pointerSize;
  const r = context.reader(pointer.address, NODE_OVERHEAD + used + pointers, structure);
  r.signature(level === 0 ? "BTLF" : "BTIN");
  r.version(0);
  const type = r.u8();
  if (type !== header.type) r.fail(`record type is ${type}, expected ${header.type} as in the header`);
  // A copy: the node is kept, the page of the file that it was read from need not be.
  const records = new Uint8Array(r.take(used));
  const children: NodePointer[] = [];
  let total = pointer.records;
  for (let i = 0; level > 0 && i <= pointer.records; i++) {
    const address = r.definedOffset(`the address of child ${i}`);
    const childRecords = r.uint(layout.countWidth);
    const childTotal = level > 1 ? r.uint(layout.totalWidth) : childRecords;
    children.push({ address, records: childRecords, total: childTotal });
    total += childTotal;
  }
  r.checksum();
  if (total !== pointer.total) r.fail(`leads to ${total} records, expected ${pointer.total}`);
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  return { records, view, recordCount: pointer.records, children };
}

/** Writes all bytes of a node at `level`: what follows the checksum is not in use, and zeros. */
export function encodeBTreeV2Node(
  w: Writer,
  header: Pick<BTreeV2Header, "type" | "nodeSize">,
  levels: readonly BTreeV2Level[],
  node: Pick<BTreeV2Node, "records" | "children">,
  level: number,
): void {
  const layout = levels[level];
  if (layout === undefined) throw new TypeError(`the tree has no level ${level}`);
  const start = w.position;
  w.signature(level === 0 ? "BTLF" : "BTIN");
  w.u8(0);
  w.u8(header.type);
  w.put(node.records);
  for (const { address, records, total } of node.children) {
    w.offset(address);
    w.uint(records, layout.countWidth);
    if (level > 1) w.uint(total, layout.totalWidth);
  }
  w.checksum(start);
  w.zeros(start + header.nodeSize - w.position);
}
