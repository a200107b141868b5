import { LRUCache } from "lru-cache";
import { FormatError } from "../errors.ts";
import { type BTreeV1Kind, type BTreeV1Node, bTreeV1Leaves, GROUP_NODE, readBTreeV1Node } from "./b-tree-v1.ts";
import { bTreeV1Extents } from "./b-tree-v1-node.ts";
import { compareBytes } from "./compare-bytes.ts";
import type { FormatContext } from "./context.ts";
import type { Extent } from "./extent.ts";
import type { Link } from "./link.ts";
import { extentsOfLocalHeap, LocalHeap } from "./local-heap.ts";
import type { Sizes } from "./reader.ts";
import type { SymbolTable } from "./symbol-table.ts";
import type { SymbolTableEntry } from "./symbol-table-entry.ts";
import { extentOfSymbolTableNode, readSymbolTableNode } from "./symbol-table-node.ts";
import { decodeText } from "./text.ts";

/** Group node (III.A.1, "Node Type 0"): its keys are offsets of names in the local heap. */
interface GroupNode extends BTreeV1Node {
  readonly keys: readonly number[];
  readonly children: readonly number[];
}

/** The file's "Group Leaf Node K" and "Group Internal Node K". */
export interface GroupK {
  readonly groupLeafNodeK: number;
  readonly groupInternalNodeK: number;
}

/** The nodes of groups' trees in a file with these K. */
export function groupNodeKind({ groupInternalNodeK }: GroupK, sizes: Sizes): BTreeV1Kind {
  return { nodeType: GROUP_NODE, keySize: sizes.sizeOfLengths, maxChildren: 2 * groupInternalNodeK };
}

/** Names have their own places in the heap. Where they overlap so much, a small file could stand for any amount of memory. */
const MAX_OVERLAP = 16;

const KEPT_NODES = 8;

/** The links of an old-style group: a B-tree whose leaves point at symbol table nodes, and a heap with the names. */
export class SymbolTableLookup {
  readonly #context: FormatContext;
  readonly #table: SymbolTable;
  readonly #k: GroupK;
  readonly #heap: LocalHeap;
  /** The nodes of the last look-ups: a listing looks beside each name for others like it. */
  readonly #nodes = new LRUCache<number, GroupNode>({ max: KEPT_NODES });
  readonly #leaves = new LRUCache<number, SymbolTableEntry[]>({ max: KEPT_NODES });

  /** Reads the local heap's header only. */
  constructor(context: FormatContext, table: SymbolTable, k: GroupK) {
    this.#context = context;
    this.#table = table;
    this.#k = k;
    this.#heap = new LocalHeap(context, table.localHeapAddress);
  }

  /** The link of that name, found by bisection. */
  find(name: Uint8Array): Link | undefined {
    let address = this.#table.bTreeAddress;
    let level: number | undefined;
    for (;;) {
      const node = this.#node(address, level);
      const child = node.children[this.#childFor(node, name)];
      if (child === undefined) return undefined;
      if (node.level === 0) return this.#findInLeaf(child, name);
      address = child;
      level = node.level - 1;
    }
  }

  /** All links in byte order of their names. */
  *links(): Generator<Link> {
    const leaves = bTreeV1Leaves((address, level) => this.#node(address, level), this.#table.bTreeAddress);
    const seen = new Set<number>();
    let bytes = 0;
    for (const leaf of leaves) {
      for (const address of leaf.children) {
        if (seen.has(address))
          throw new FormatError("is met twice in its group", { structure: "symbol table node", address });
        seen.add(address);
        for (const entry of this.#leaf(address)) {
          const name = this.#heap.string(entry.linkNameOffset);
          const link = this.#link(entry, name);
          bytes += name.length + (link.kind === "soft" ? link.target.length : 0);
          if (bytes > MAX_OVERLAP * this.#heap.dataSize) {
            throw new FormatError(
              `has ${this.#heap.dataSize} bytes, but more than ${bytes} bytes of names and targets`,
              {
                structure: "local heap",
                address: this.#heap.address,
              },
            );
          }
          yield link;
        }
      }
    }
  }

  /** What the group's tree and heap occupy. @param owner the group's address */
  *extents(owner: number): Generator<Extent> {
    yield* extentsOfLocalHeap(this.#heap, this.#context, owner);
    yield* bTreeV1Extents(this.#context, this.#kind, this.#table.bTreeAddress, owner);
    for (const leaf of bTreeV1Leaves((address, level) => this.#node(address, level), this.#table.bTreeAddress)) {
      for (const address of leaf.children) {
        yield extentOfSymbolTableNode(address, 2 * this.#k.groupLeafNodeK, this.#context, owner);
      }
    }
  }

  /** The child whose names lie after key i and not after key i + 1. */
  #childFor(node: GroupNode, name: Uint8Array): number {
    let low = 0;
    let high = node.children.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const right = node.keys[middle + 1] ?? 0;
      if (compareBytes(name, this.#heap.string(right)) > 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #findInLeaf(address: number, name: Uint8Array): Link | undefined {
    const entries = this.#leaf(address);
    let low = 0;
    let high = entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const entry = entries[middle];
      if (entry === undefined) return undefined;
      const order = compareBytes(name, this.#heap.string(entry.linkNameOffset));
      if (order === 0) return this.#link(entry, name);
      if (order > 0) low = middle + 1;
      else high = middle;
    }
    return undefined;
  }

  #link({ objectHeaderAddress, cache }: SymbolTableEntry, nameBytes: Uint8Array): Link {
    const name = decodeText(nameBytes);
    if (cache.kind === "soft") {
      return {
        kind: "soft",
        name,
        creationOrder: undefined,
        charset: "ascii",
        target: decodeText(this.#heap.string(cache.linkValueOffset)),
      };
    }
    if (objectHeaderAddress === undefined) {
      throw new FormatError(`the entry of ${JSON.stringify(name)} has no address`, {
        structure: "symbol table",
        address: this.#table.bTreeAddress,
      });
    }
    return { kind: "hard", name, creationOrder: undefined, charset: "ascii", address: objectHeaderAddress };
  }

  #leaf(address: number): SymbolTableEntry[] {
    let entries = this.#leaves.get(address);
    if (entries === undefined) {
      entries = readSymbolTableNode(this.#context, address, 2 * this.#k.groupLeafNodeK);
      this.#leaves.set(address, entries);
    }
    return entries;
  }

  get #kind(): BTreeV1Kind {
    return groupNodeKind(this.#k, this.#context);
  }

  #node(address: number, expectedLevel: number | undefined): GroupNode {
    const kept = this.#nodes.get(address);
    if (kept !== undefined && (expectedLevel === undefined || kept.level === expectedLevel)) return kept;
    const node = this.#readNode(address, expectedLevel);
    this.#nodes.set(address, node);
    return node;
  }

  #readNode(address: number, expectedLevel: number | undefined): GroupNode {
    const { level, count, reader } = readBTreeV1Node(this.#context, this.#kind, address, expectedLevel);
    const keys: number[] = [];
    const children: number[] = [];
    for (let i = 0; i < count; i++) {
      keys.push(reader.length());
      children.push(reader.definedOffset(`address of child ${i}`));
    }
    if (count > 0) keys.push(reader.length());
    return { address, level, keys, children };
  }
}
