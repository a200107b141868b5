import { FormatError } from "../errors.ts";
import type { BTreeV1Kind } from "./b-tree-v1.ts";
import {
  bTreeV1NodeSize,
  encodeBTreeV1Node,
  groupKey,
  readWholeBTreeV1Node,
  type WholeBTreeV1Node,
} from "./b-tree-v1-node.ts";
import { compareBytes } from "./compare-bytes.ts";
import type { EditContext } from "./edit-context.ts";
import { LocalHeapEditor } from "./local-heap-edit.ts";
import type { SymbolTable } from "./symbol-table.ts";
import type { SymbolTableEntry } from "./symbol-table-entry.ts";
import { type GroupK, groupNodeKind } from "./symbol-table-lookup.ts";
import { encodeSymbolTableNode, readSymbolTableNode, symbolTableNodeSize } from "./symbol-table-node.ts";

interface Node {
  readonly address: number;
  readonly level: number;
  leftSibling: number | undefined;
  rightSibling: number | undefined;
  keys: number[];
  children: number[];
}

/** What a change below means for the node above. */
interface Change {
  /** The right key of the child is another name by now. */
  readonly rightKey?: number | undefined;
  /** The child was split: its right key, and what comes behind it. */
  readonly split?: { readonly key: number; readonly child: number };
  /** The child is no more. */
  readonly isEmpty?: boolean;
}

/** A link of a symbol table. */
export type SymbolTableLink =
  | { readonly kind: "hard"; readonly address: number }
  | { readonly kind: "soft"; readonly target: Uint8Array };

/**
 * The links of an old-style group, being changed (Specification III.A.1, III.B): entries in symbol table nodes, which the
 * leaves of a version 1 B-tree point at. Child i of a node has the names after key i, up to and including key i + 1. The
 * root stays where it is.
 */
export class SymbolTableEditor {
  readonly #edit: EditContext;
  readonly #root: number;
  readonly #heap: LocalHeapEditor;
  readonly #kind: BTreeV1Kind;
  readonly #maxEntries: number;

  constructor(edit: EditContext, table: SymbolTable, k: GroupK) {
    this.#edit = edit;
    this.#root = table.bTreeAddress;
    this.#heap = new LocalHeapEditor(edit, table.localHeapAddress);
    this.#kind = groupNodeKind(k, edit);
    this.#maxEntries = 2 * k.groupLeafNodeK;
  }

  /** An empty table. */
  static create(edit: EditContext, k: GroupK): SymbolTable {
    const kind = groupNodeKind(k, edit);
    const bTreeAddress = edit.allocate(bTreeV1NodeSize(kind, edit), "metadata");
    const w = edit.writer();
    const empty = { nodeType: kind.nodeType, level: 0, leftSibling: undefined, rightSibling: undefined };
    encodeBTreeV1Node(w, kind, groupKey, { ...empty, keys: [], children: [] });
    edit.write(bTreeAddress, w.bytes);
    return { bTreeAddress, localHeapAddress: LocalHeapEditor.create(edit) };
  }

  /** @param name must not be in the table yet */
  insert(name: Uint8Array, link: SymbolTableLink): void {
    const linkNameOffset = this.#heap.insert(name);
    const entry: SymbolTableEntry =
      link.kind === "hard"
        ? { linkNameOffset, objectHeaderAddress: link.address, cache: { kind: "none" } }
        : {
            linkNameOffset,
            objectHeaderAddress: undefined,
            cache: { kind: "soft", linkValueOffset: this.#heap.insert(link.target) },
          };
    const change = this.#insertBelow(this.#root, undefined, name, entry);
    if (change.split !== undefined) this.#splitRoot(change.split);
  }

  /** Takes an entry out. False: there is none of that name. */
  remove(name: Uint8Array): boolean {
    let removed: SymbolTableEntry | undefined;
    this.#removeBelow(this.#root, undefined, name, (entry) => {
      removed = entry;
    });
    if (removed === undefined) return false;
    this.#heap.remove(removed.linkNameOffset);
    if (removed.cache.kind === "soft") this.#heap.remove(removed.cache.linkValueOffset);
    return true;
  }

  #insertBelow(address: number, level: number | undefined, name: Uint8Array, entry: SymbolTableEntry): Change {
    const node = this.#read(address, level);
    if (node.children.length === 0) {
      // Only the root can be empty. The empty string, which every heap begins with, is before all names.
      node.keys = [0, entry.linkNameOffset];
      node.children = [this.#createLeaf([entry])];
      this.#write(node);
      return { rightKey: entry.linkNameOffset };
    }
    const index = Math.min(this.#childFor(node, name), node.children.length - 1);
    const child = node.children[index] ?? 0;
    const below =
      node.level === 0
        ? this.#insertIntoLeaf(child, name, entry)
        : this.#insertBelow(child, node.level - 1, name, entry);
    const isLast = index === node.children.length - 1;
    // A right key grows only where the name comes after all others.
    const grown = isLast && below.rightKey !== undefined;
    if (grown && below.rightKey !== undefined) node.keys[index + 1] = below.rightKey;
    if (below.split !== undefined) {
      node.keys.splice(index + 1, 0, below.split.key);
      node.children.splice(index + 1, 0, below.split.child);
    }
    if (!grown && below.split === undefined) return {};
    const rightKey = grown ? node.keys.at(-1) : undefined;
    if (node.children.length <= this.#kind.maxChildren) {
      this.#write(node);
      return { rightKey };
    }
    return { rightKey, split: this.#split(node) };
  }

  #insertIntoLeaf(address: number, name: Uint8Array, entry: SymbolTableEntry): Change {
    const entries = readSymbolTableNode(this.#edit.context, address, this.#maxEntries);
    const at = this.#entryFor(entries, name);
    entries.splice(at, 0, entry);
    const rightKey = at === entries.length - 1 ? entry.linkNameOffset : undefined;
    if (entries.length <= this.#maxEntries) {
      this.#writeLeaf(address, entries);
      return { rightKey };
    }
    const left = entries.slice(0, entries.length >> 1);
    this.#writeLeaf(address, left);
    const child = this.#createLeaf(entries.slice(left.length));
    return { rightKey, split: { key: left.at(-1)?.linkNameOffset ?? 0, child } };
  }

  /** Moves the second half of a node that is too full to a new one behind it. */
  #split(node: Node): { key: number; child: number } {
    const half = node.children.length >> 1;
    const key = node.keys[half] ?? 0;
    const right: Node = {
      address: this.#allocateNode(),
      level: node.level,
      leftSibling: node.address,
      rightSibling: node.rightSibling,
      keys: node.keys.slice(half),
      children: node.children.slice(half),
    };
    if (node.rightSibling !== undefined) {
      const next = this.#read(node.rightSibling, node.level);
      next.leftSibling = right.address;
      this.#write(next);
    }
    node.rightSibling = right.address;
    node.keys = node.keys.slice(0, half + 1);
    node.children = node.children.slice(0, half);
    this.#write(node);
    this.#write(right);
    return { key, child: right.address };
  }

  /** The root has become the first of two nodes: it moves, and a root of one level more takes its place. */
  #splitRoot({ key, child }: { key: number; child: number }): void {
    const left = this.#read(this.#root, undefined);
    const right = this.#read(child, left.level);
    const moved = { ...left, address: this.#allocateNode() };
    right.leftSibling = moved.address;
    this.#write(moved);
    this.#write(right);
    this.#write({
      address: this.#root,
      level: left.level + 1,
      leftSibling: undefined,
      rightSibling: undefined,
      keys: [left.keys[0] ?? 0, key, right.keys.at(-1) ?? 0],
      children: [moved.address, right.address],
    });
  }

  #removeBelow(
    address: number,
    level: number | undefined,
    name: Uint8Array,
    taken: (entry: SymbolTableEntry) => void,
  ): Change {
    const node = this.#read(address, level);
    const index = this.#childFor(node, name);
    const child = node.children[index];
    if (child === undefined) return {};
    const below =
      node.level === 0
        ? this.#removeFromLeaf(child, name, taken)
        : this.#removeBelow(child, node.level - 1, name, taken);
    if (below.isEmpty) {
      node.children.splice(index, 1);
      // Its right key was the name that is gone.
      node.keys.splice(index + 1, 1);
      if (node.children.length === 0) return this.#emptied(node);
    } else if (below.rightKey !== undefined) {
      node.keys[index + 1] = below.rightKey;
    } else {
      return {};
    }
    const rightKey = index >= node.children.length - (below.isEmpty ? 0 : 1) ? node.keys.at(-1) : undefined;
    this.#write(node);
    if (rightKey !== undefined) this.#setLeftKey(node.rightSibling, node.level, rightKey);
    return { rightKey };
  }

  #removeFromLeaf(address: number, name: Uint8Array, taken: (entry: SymbolTableEntry) => void): Change {
    const entries = readSymbolTableNode(this.#edit.context, address, this.#maxEntries);
    const at = this.#entryFor(entries, name);
    const entry = entries[at];
    if (entry === undefined || compareBytes(this.#heap.string(entry.linkNameOffset), name) !== 0) return {};
    taken(entry);
    entries.splice(at, 1);
    if (entries.length === 0) {
      this.#edit.free(address, symbolTableNodeSize(this.#maxEntries, this.#edit));
      return { isEmpty: true };
    }
    this.#writeLeaf(address, entries);
    return at === entries.length ? { rightKey: entries.at(-1)?.linkNameOffset } : {};
  }

  /** A node without children is no more; the root stays, as an empty leaf. */
  #emptied(node: Node): Change {
    if (node.address === this.#root) {
      this.#write({ ...node, level: 0, keys: [], children: [] });
      return {};
    }
    const { leftSibling, rightSibling, level } = node;
    if (leftSibling !== undefined) {
      const left = this.#read(leftSibling, level);
      this.#write({ ...left, rightSibling });
    }
    if (rightSibling !== undefined) {
      const right = this.#read(rightSibling, level);
      // The names after it begin where those of this node began.
      this.#write({ ...right, leftSibling, keys: [node.keys[0] ?? 0, ...right.keys.slice(1)] });
    }
    this.#edit.free(node.address, bTreeV1NodeSize(this.#kind, this.#edit));
    return { isEmpty: true };
  }

  /** Two neighbours share the key between them. */
  #setLeftKey(address: number | undefined, level: number, key: number): void {
    if (address === undefined) return;
    const node = this.#read(address, level);
    node.keys[0] = key;
    this.#write(node);
  }

  /** The first child whose right key is not before the name; the number of children where all are. */
  #childFor(node: Node, name: Uint8Array): number {
    let low = 0;
    let high = node.children.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareBytes(name, this.#heap.string(node.keys[middle + 1] ?? 0)) > 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The first entry whose name is not before this one. */
  #entryFor(entries: readonly SymbolTableEntry[], name: Uint8Array): number {
    let low = 0;
    let high = entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const offset = entries[middle]?.linkNameOffset ?? 0;
      if (compareBytes(name, this.#heap.string(offset)) > 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #read(address: number, level: number | undefined): Node {
    const whole: WholeBTreeV1Node<number> = readWholeBTreeV1Node(
      this.#edit.context,
      this.#kind,
      groupKey,
      address,
      level,
    );
    if (whole.level > 0 && whole.children.length === 0) {
      throw new FormatError("an inner node has no children", { structure: "version 1 B-tree node", address });
    }
    const { leftSibling, rightSibling } = whole;
    return {
      address,
      level: whole.level,
      leftSibling,
      rightSibling,
      keys: [...whole.keys],
      children: [...whole.children],
    };
  }

  #write(node: Node): void {
    const w = this.#edit.writer();
    encodeBTreeV1Node(w, this.#kind, groupKey, { ...node, nodeType: this.#kind.nodeType });
    this.#edit.write(node.address, w.bytes);
  }

  #allocateNode(): number {
    return this.#edit.allocate(bTreeV1NodeSize(this.#kind, this.#edit), "metadata");
  }

  #createLeaf(entries: readonly SymbolTableEntry[]): number {
    const address = this.#edit.allocate(symbolTableNodeSize(this.#maxEntries, this.#edit), "metadata");
    this.#writeLeaf(address, entries);
    return address;
  }

  #writeLeaf(address: number, entries: readonly SymbolTableEntry[]): void {
    const w = this.#edit.writer();
    encodeSymbolTableNode(w, entries, this.#maxEntries);
    this.#edit.write(address, w.bytes);
  }
}
