import { LRUCache } from "lru-cache";
import { FormatError } from "../errors.ts";
import {
  type BTreeV2Header,
  type BTreeV2Level,
  bTreeV2HeaderSize,
  bTreeV2Levels,
  decodeBTreeV2Header,
} from "./b-tree-v2-header.ts";
import { type BTreeV2Node, bTreeV2NodeName, type NodePointer, readBTreeV2Node } from "./b-tree-v2-node.ts";
import type { FormatContext } from "./context.ts";
import { type Extent, metadata } from "./extent.ts";
import { OpenedStructures } from "./opened-structures.ts";

/** Where the wanted record stands to the one at `at` of `view`: negative before it, 0 it is, positive after it. */
export type CompareRecord = (view: DataView, at: number) => number;

const STRUCTURE = "B-tree v2 header";
/** Bytes of nodes kept for each tree: a path to a leaf, and the upper levels, of any tree with the library's node sizes. */
const NODE_CACHE = 128 * 1024;
const opened = new OpenedStructures<BTreeV2>();

/** A version 2 B-tree (Specification III.A.2): records in order, found by comparison. Nodes are read as they are needed. */
export class BTreeV2 {
  readonly header: BTreeV2Header;
  readonly #address: number;
  readonly #context: FormatContext;
  readonly #levels: readonly BTreeV2Level[];
  readonly #nodes: LRUCache<
    number,
    { readonly node: BTreeV2Node; readonly pointer: NodePointer; readonly level: number }
  >;

  private constructor(context: FormatContext, address: number) {
    const r = context.reader(address, bTreeV2HeaderSize(context), STRUCTURE);
    this.header = decodeBTreeV2Header(r, context);
    this.#levels = bTreeV2Levels(this.header, context.sizeOfOffsets, r);
    this.#context = context;
    this.#address = address;
    this.#nodes = new LRUCache({
      maxSize: NODE_CACHE,
      sizeCalculation: ({ node }) => node.records.length + 64 * node.children.length + 256,
    });
  }

  /** @throws FormatError where there is no tree with records of that type and size (in bytes) */
  static open(context: FormatContext, address: number, type: number, recordSize: number): BTreeV2 {
    const tree = opened.get(context, address, () => new BTreeV2(context, address));
    const where = { structure: STRUCTURE, address };
    if (tree.header.type !== type) {
      throw new FormatError(`record type is ${tree.header.type}, expected ${type}`, where);
    }
    if (tree.header.recordSize !== recordSize) {
      throw new FormatError(`record size is ${tree.header.recordSize}, expected ${recordSize} for type ${type}`, where);
    }
    return tree;
  }

  /** The bytes of the record for which `compare` gives 0. */
  find(compare: CompareRecord): Uint8Array | undefined {
    const { recordSize } = this.header;
    let pointer = this.#root();
    for (let level = this.header.depth; pointer !== undefined; level--) {
      const node = this.#node(pointer, level);
      let low = 0;
      let high = node.recordCount;
      while (low < high) {
        const middle = (low + high) >>> 1;
        const order = compare(node.view, middle * recordSize);
        if (order === 0) return node.records.subarray(middle * recordSize, (middle + 1) * recordSize);
        if (order < 0) high = middle;
        else low = middle + 1;
      }
      pointer = node.children[low];
    }
    return undefined;
  }

  /** The bytes of every record, in the tree's order. */
  *records(): Generator<Uint8Array> {
    const root = this.#root();
    if (root !== undefined) yield* this.#recordsBelow(root, this.header.depth);
  }

  /** What header and nodes occupy. @param owner the address of the tree's object */
  *extents(owner: number): Generator<Extent> {
    yield metadata(STRUCTURE, this.#address, bTreeV2HeaderSize(this.#context), owner);
    const root = this.#root();
    if (root !== undefined) yield* this.#extentsBelow(root, this.header.depth, owner);
  }

  *#extentsBelow(pointer: NodePointer, level: number, owner: number): Generator<Extent> {
    const { children } = this.#node(pointer, level);
    yield metadata(bTreeV2NodeName(level), pointer.address, this.header.nodeSize, owner);
    for (const child of children) yield* this.#extentsBelow(child, level - 1, owner);
  }

  *#recordsBelow(pointer: NodePointer, level: number): Generator<Uint8Array> {
    const { recordSize } = this.header;
    const node = this.#node(pointer, level);
    for (let i = 0; i <= node.recordCount; i++) {
      const child = node.children[i];
      if (child !== undefined) yield* this.#recordsBelow(child, level - 1);
      if (i < node.recordCount) yield node.records.subarray(i * recordSize, (i + 1) * recordSize);
    }
  }

  #root(): NodePointer | undefined {
    const { rootNodeAddress, rootNodeRecords, totalRecords } = this.header;
    if (rootNodeAddress === undefined) return undefined;
    return { address: rootNodeAddress, records: rootNodeRecords, total: totalRecords };
  }

  #node(pointer: NodePointer, level: number): BTreeV2Node {
    const kept = this.#nodes.get(pointer.address);
    if (kept !== undefined) {
      if (kept.level !== level || kept.pointer.records !== pointer.records || kept.pointer.total !== pointer.total) {
        throw new FormatError(`two pointers lead to the node, at levels ${kept.level} and ${level}`, {
          structure: "B-tree v2 node",
          address: pointer.address,
        });
      }
      return kept.node;
    }
    const node = readBTreeV2Node(this.#context, this.header, this.#levels, pointer, level);
    this.#nodes.set(pointer.address, { node, pointer, level });
    return node;
  }
}
