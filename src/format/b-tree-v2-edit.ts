import { FormatError, H5Error } from "../errors.ts";
import type { CompareRecord } from "./b-tree-v2.ts";
import { EditedNode, type EditedNode as Node, type EditedPointer as Pointer } from "./b-tree-v2-edit-node.ts";
import {
  type BTreeV2Header,
  type BTreeV2Level,
  bTreeV2HeaderSize,
  bTreeV2Levels,
  decodeBTreeV2Header,
  encodeBTreeV2Header,
} from "./b-tree-v2-header.ts";
import { type BTreeV2Node, encodeBTreeV2Node, readBTreeV2Node } from "./b-tree-v2-node.ts";
import type { EditContext } from "./edit-context.ts";
import { type KeptStructure, keepStructure } from "./kept-structures.ts";

const STRUCTURE = "B-tree v2 header";
/** Bytes of nodes that are kept in memory; when there are more, half of those that are written are forgotten. */
const KEPT_NODES = 8 * 2 ** 20;
/** Bytes that a node takes in memory besides its own. */
const NODE_MEMORY = 512;
/** Times that records are dealt out anew among siblings before a node is split or merged, as libhdf5 does. */
const RETRIES = 2;

/** What a new tree is made of; the defaults are those of libhdf5 for groups, attributes and huge objects. */
export interface NewBTreeV2 {
  /** Of its records: `RecordType`. */
  readonly type: number;
  /** Bytes. */
  readonly recordSize: number;
  /** Bytes: 512 by default; libhdf5 takes 2048 for chunk indexes. */
  readonly nodeSize?: number;
  /** How full, in percent, a node is when it is split, and how empty when it is merged. */
  readonly splitPercent?: number;
  readonly mergePercent?: number;
}

/**
 * A version 2 B-tree that is being changed (Specification III.A.2): its nodes are split, merged and made even as libhdf5
 * does it, on the way down. What was changed is in memory until `write`, which the transaction calls.
 */
export class BTreeV2Editor implements KeptStructure {
  readonly address: number;
  #edit: EditContext;
  readonly #parameters: Pick<BTreeV2Header, "type" | "recordSize" | "nodeSize" | "splitPercent" | "mergePercent">;
  readonly #nodes = new Map<number, Node>();
  readonly #changedNodes = new Set<Node>();
  #levels: readonly BTreeV2Level[];
  #depth: number;
  #root: Pointer | undefined;
  #changed = false;

  private constructor(edit: EditContext, address: number, header: BTreeV2Header) {
    this.address = address;
    this.#edit = edit;
    this.#parameters = header;
    this.#depth = header.depth;
    this.#levels = this.#levelsOf(header.depth);
    const { rootNodeAddress, rootNodeRecords, totalRecords } = header;
    if (rootNodeAddress !== undefined) {
      this.#root = { address: rootNodeAddress, records: rootNodeRecords, total: totalRecords };
    }
  }

  /** An empty tree. @returns its editor; the header is at its `address` */
  static create(edit: EditContext, { type, recordSize, ...sizes }: NewBTreeV2): BTreeV2Editor {
    const address = edit.allocate(bTreeV2HeaderSize(edit), "metadata");
    const { nodeSize = 512, splitPercent = 100, mergePercent = 40 } = sizes;
    const empty = { depth: 0, rootNodeAddress: undefined, rootNodeRecords: 0, totalRecords: 0 };
    const editor = new BTreeV2Editor(edit, address, {
      type,
      nodeSize,
      recordSize,
      splitPercent,
      mergePercent,
      ...empty,
    });
    keepStructure(edit, address, editor);
    editor.#touch();
    return editor;
  }

  /** @throws FormatError where there is no tree with records of that type and size (in bytes) */
  static open(edit: EditContext, address: number, type: number, recordSize: number): BTreeV2Editor {
    const kept = edit.kept.get(address);
    const editor = kept instanceof BTreeV2Editor ? kept : BTreeV2Editor.#read(edit, address);
    keepStructure(edit, address, editor);
    const found = editor.#parameters;
    if (found.type !== type || found.recordSize !== recordSize) {
      editor.#fail(
        `has records of type ${found.type} and ${found.recordSize} bytes, expected type ${type}, ${recordSize} bytes`,
      );
    }
    return editor;
  }

  static #read(edit: EditContext, address: number): BTreeV2Editor {
    const r = edit.context.reader(address, bTreeV2HeaderSize(edit), STRUCTURE);
    return new BTreeV2Editor(edit, address, decodeBTreeV2Header(r, edit.context));
  }

  attach(edit: EditContext): void {
    this.#edit = edit;
  }

  get memory(): number {
    return this.#nodes.size * (this.#parameters.nodeSize + NODE_MEMORY);
  }

  get totalRecords(): number {
    return this.#root?.total ?? 0;
  }

  /** A copy of the record for which `compare` gives 0. */
  find(compare: CompareRecord): Uint8Array | undefined {
    const place = this.#find(compare);
    return place?.node.record(place.index).slice();
  }

  /** Whether there is a record for which `compare` gives 0. */
  has(compare: CompareRecord): boolean {
    return this.#find(compare) !== undefined;
  }

  /** Copies of all records, in order; the tree must not change meanwhile. */
  *records(): Generator<Uint8Array> {
    if (this.#root !== undefined) yield* this.#recordsBelow(this.#root, this.#depth);
  }

  /**
   * @param compare the place of `record` among the others
   * @throws H5Error "argument" where there is one already for which `compare` gives 0
   */
  insert(record: Uint8Array, compare: CompareRecord): void {
    if (record.length !== this.#parameters.recordSize) throw new TypeError(`a record of ${record.length} bytes`);
    this.#touch();
    if (this.#root === undefined) {
      this.#root = this.#create(0);
    } else if (this.#root.records >= this.#limits(this.#depth).split) {
      this.#splitRoot(this.#root);
    }
    let pointer = this.#root;
    const path: Pointer[] = [pointer];
    for (let level = this.#depth; level > 0; level--) {
      pointer = this.#makeRoom(this.#node(pointer, level), pointer, level, compare);
      path.push(pointer);
    }
    const leaf = this.#node(pointer, 0);
    leaf.insert(placeOfNew(leaf, compare), record);
    pointer.records++;
    // Not before it is known that the tree has no such record: until then what was changed is as good a tree as before.
    for (const [i, each] of path.entries()) {
      each.total++;
      const child = path[i + 1];
      if (child === undefined) break;
      const node = this.#node(each, this.#depth - i);
      node.touchChild(node.children.indexOf(child));
    }
  }

  /** Puts `record` in place of the one for which `compare` gives 0, with the same place among the others. @returns false: there is none */
  replace(record: Uint8Array, compare: CompareRecord): boolean {
    if (record.length !== this.#parameters.recordSize) throw new TypeError(`a record of ${record.length} bytes`);
    const place = this.#find(compare);
    if (place === undefined) return false;
    place.node.replace(place.index, record);
    this.#edit.keep(this);
    return true;
  }

  /** Takes out the record for which `compare` gives 0. @returns it, or `undefined`: there is none */
  remove(compare: CompareRecord): Uint8Array | undefined {
    const record = this.find(compare);
    if (record === undefined || this.#root === undefined) return undefined;
    this.#touch();
    let pointer = this.#root;
    /** Of an internal node: what takes its place is the first record below on its right. */
    let gap: { readonly node: Node; readonly index: number } | undefined;
    for (let level = this.#depth; level > 0; ) {
      const node = this.#node(pointer, level);
      if (this.#collapseRoot(node, level)) {
        level--;
        continue;
      }
      const place = this.#fillUp(node, pointer, level, gap === undefined ? compare : () => -1);
      if (place.found) gap = { node, index: place.index - 1 };
      pointer.total--;
      node.touchChild(place.index);
      pointer = place.child;
      level--;
    }
    const leaf = this.#node(pointer, 0);
    if (gap !== undefined) gap.node.replace(gap.index, leaf.record(0));
    leaf.remove(gap === undefined ? leaf.locate(compare).index : 0);
    pointer.records--;
    pointer.total--;
    if (pointer.total === 0 && pointer === this.#root) {
      this.#free(pointer);
      this.#root = undefined;
    }
    return record;
  }

  /** Gives all of it back, the header too. */
  free(): void {
    if (this.#root !== undefined) this.#freeBelow(this.#root, this.#depth);
    this.#edit.free(this.address, bTreeV2HeaderSize(this.#edit));
    this.#edit.forget(this);
  }

  write(): void {
    for (const node of this.#changedNodes) {
      const w = this.#edit.writer(this.#parameters.nodeSize);
      encodeBTreeV2Node(w, this.#parameters, this.#levels, node, node.level);
      const { from, to } = node.written(this.#parameters.nodeSize);
      this.#edit.write(node.address + from, w.part(from, to));
    }
    this.#changedNodes.clear();
    this.#trim();
    if (!this.#changed) return;
    const w = this.#edit.writer();
    encodeBTreeV2Header(w, this.#header());
    this.#edit.write(this.address, w.bytes);
    this.#changed = false;
  }

  /** The ones that were read first are the first to go: the others are more likely to be needed again. */
  #trim(): void {
    const most = KEPT_NODES / this.#parameters.nodeSize;
    if (this.#nodes.size <= most) return;
    for (const address of this.#nodes.keys()) {
      if (this.#nodes.size <= most / 2) break;
      this.#nodes.delete(address);
    }
  }

  /** The header is to be written, and whatever nodes have changed. */
  #touch(): void {
    this.#changed = true;
    this.#edit.keep(this);
  }

  #header(): BTreeV2Header {
    return {
      type: this.#parameters.type,
      nodeSize: this.#parameters.nodeSize,
      recordSize: this.#parameters.recordSize,
      depth: this.#depth,
      splitPercent: this.#parameters.splitPercent,
      mergePercent: this.#parameters.mergePercent,
      rootNodeAddress: this.#root?.address,
      rootNodeRecords: this.#root?.records ?? 0,
      totalRecords: this.totalRecords,
    };
  }

  #fail(message: string): never {
    throw new FormatError(message, { structure: STRUCTURE, address: this.address });
  }

  /** @throws FormatError where nodes are so small that they cannot be halved */
  #levelsOf(depth: number): readonly BTreeV2Level[] {
    const fail = (message: string): never => this.#fail(message);
    const levels = bTreeV2Levels({ ...this.#parameters, depth }, this.#edit.sizeOfOffsets, { fail });
    for (const level of levels) {
      const { split, merge } = this.#limitsOf(level);
      if (split < 3 || split > level.maxRecords || merge < 1 || 2 * merge >= split) {
        fail(`nodes of ${level.maxRecords} records cannot be split at ${split} and merged at ${merge} of them`);
      }
    }
    return levels;
  }

  #limits(level: number): { readonly split: number; readonly merge: number } {
    return this.#limitsOf(this.#level(level));
  }

  #limitsOf({ maxRecords }: BTreeV2Level): { readonly split: number; readonly merge: number } {
    const { splitPercent, mergePercent } = this.#parameters;
    return {
      split: Math.floor((maxRecords * splitPercent) / 100),
      merge: Math.floor((maxRecords * mergePercent) / 100),
    };
  }

  #level(level: number): BTreeV2Level {
    const found = this.#levels[level];
    if (found === undefined) throw new TypeError(`a tree of depth ${this.#depth} has no level ${level}`);
    return found;
  }

  #node(pointer: Pointer, level: number): Node {
    let node = this.#nodes.get(pointer.address);
    if (node === undefined) {
      const read = readBTreeV2Node(this.#edit.context, this.#header(), this.#levels, pointer, level);
      node = this.#keep(pointer.address, level, read);
    }
    return node;
  }

  /** Where the record is for which `compare` gives 0. */
  #find(compare: CompareRecord): { readonly node: Node; readonly index: number } | undefined {
    let pointer = this.#root;
    for (let level = this.#depth; pointer !== undefined; level--) {
      const node = this.#node(pointer, level);
      const { index, found } = node.locate(compare);
      if (found) return { node, index };
      pointer = node.children[index];
    }
    return undefined;
  }

  #create(level: number): Pointer {
    const address = this.#edit.allocate(this.#parameters.nodeSize, "metadata");
    this.#keep(address, level);
    return { address, records: 0, total: 0 };
  }

  #keep(address: number, level: number, read?: BTreeV2Node): Node {
    const { maxRecords: capacity, pointerSize } = this.#level(level);
    const place = { address, level, capacity, pointerSize };
    const node = new EditedNode(place, this.#parameters.recordSize, this.#changedNodes, read);
    this.#nodes.set(address, node);
    return node;
  }

  #free({ address }: Pointer): void {
    const node = this.#nodes.get(address);
    if (node !== undefined) this.#changedNodes.delete(node);
    this.#nodes.delete(address);
    this.#edit.free(address, this.#parameters.nodeSize);
  }

  #freeBelow(pointer: Pointer, level: number): void {
    for (const child of this.#node(pointer, level).children) this.#freeBelow(child, level - 1);
    this.#free(pointer);
  }

  *#recordsBelow(pointer: Pointer, level: number): Generator<Uint8Array> {
    const node = this.#node(pointer, level);
    for (let i = 0; i <= node.count; i++) {
      const child = node.children[i];
      if (child !== undefined) yield* this.#recordsBelow(child, level - 1);
      if (i < node.count) yield node.record(i).slice();
    }
  }

  /** A new root over the old one, which becomes two. */
  #splitRoot(old: Pointer): void {
    this.#depth++;
    this.#levels = this.#levelsOf(this.#depth);
    const pointer = this.#create(this.#depth);
    pointer.total = old.total;
    const root = this.#node(pointer, this.#depth);
    root.children = [old];
    this.#split(root, pointer, this.#depth, 0);
    this.#root = pointer;
  }

  /** Makes sure that the child into which the new record goes is not full. @returns it */
  #makeRoom(node: Node, pointer: Pointer, level: number, compare: CompareRecord): Pointer {
    const { split } = this.#limits(level - 1);
    for (let retries = RETRIES; ; retries--) {
      const index = placeOfNew(node, compare);
      const child = childAt(node, index);
      if (child.records < split) return child;
      const hasRoom = (i: number): boolean => (node.children[i]?.records ?? split) < split;
      if (retries > 0 && (hasRoom(index - 1) || hasRoom(index + 1))) this.#makeEven(node, level, index);
      else this.#split(node, pointer, level, index);
    }
  }

  /** Makes sure that the child from which a record is taken is not too empty. @returns it; `found`: the record is the one before it */
  #fillUp(
    node: Node,
    pointer: Pointer,
    level: number,
    compare: CompareRecord,
  ): { readonly child: Pointer; readonly index: number; readonly found: boolean } {
    const { merge } = this.#limits(level - 1);
    for (let retries = RETRIES; ; retries--) {
      const place = node.locate(compare);
      const index = place.found ? place.index + 1 : place.index;
      const child = childAt(node, index);
      if (child.records > merge || node.count === 0) return { child, index, found: place.found };
      const canGive = (i: number): boolean => (node.children[i]?.records ?? merge) > merge;
      if (retries > 0 && (canGive(index - 1) || canGive(index + 1))) this.#makeEven(node, level, index);
      else if (!this.#merge(node, pointer, level, index)) return { child, index, found: place.found };
    }
  }

  /** The two children of a root with one record become the root, where they fit into one node. */
  #collapseRoot(node: Node, level: number): boolean {
    const root = this.#root;
    const [left, right] = node.children;
    if (level !== this.#depth || root === undefined || node.count !== 1) return false;
    if (left === undefined || right === undefined) throw new TypeError("a node with one record has two children");
    if (left.records + right.records > 2 * this.#limits(level - 1).merge + 1) return false;
    this.#deal(node, level, 0, 2, [left.records + right.records + 1]);
    this.#free(root);
    this.#depth--;
    this.#levels = this.#levelsOf(this.#depth);
    // The caller goes on with the pointer that it has.
    root.address = left.address;
    root.records = left.records;
    return true;
  }

  #split(node: Node, pointer: Pointer, level: number, index: number): void {
    const { records } = childAt(node, index);
    const left = Math.floor(records / 2);
    this.#deal(node, level, index, 1, [left, records - left - 1]);
    pointer.records = node.count;
  }

  /** Evens out the records of a child and its neighbours. */
  #makeEven(node: Node, level: number, index: number): void {
    const from = Math.max(0, index - 1);
    const counts = node.children.slice(from, index + 2).map(({ records }) => records);
    const sum = counts.reduce((a, b) => a + b, 0);
    if (counts.length === 2) {
      const [left = 0, right = 0] = counts;
      const half = Math.floor(sum / 2);
      this.#deal(node, level, from, 2, left < right ? [sum - half, half] : [half, sum - half]);
      return;
    }
    const middle = Math.floor(sum / 3);
    const left = Math.floor((sum - middle) / 2);
    this.#deal(node, level, from, 3, [left, middle, sum - left - middle]);
  }

  /** Makes one child less of two or three. @returns false: what is left has no room for all */
  #merge(node: Node, pointer: Pointer, level: number, index: number): boolean {
    const isMiddle = index > 0 && index < node.count;
    const from = isMiddle || index === node.count ? index - 1 : index;
    const siblings = isMiddle ? 3 : 2;
    const counts = node.children.slice(from, from + siblings).map(({ records }) => records);
    const sum = counts.reduce((a, b) => a + b, siblings - 1);
    const left = Math.floor((sum - 1) / 2);
    const merged = isMiddle ? [left, sum - 1 - left] : [sum];
    if (merged.some((records) => records > this.#level(level - 1).maxRecords)) return false;
    this.#deal(node, level, from, siblings, merged);
    pointer.records = node.count;
    return true;
  }

  /**
   * Deals out the records of neighbouring children, and those of `node` between them, anew.
   * @param count how many children there are from `from` on
   * @param counts how many records each of the new ones gets; between them one record goes up into `node`
   */
  #deal(node: Node, level: number, from: number, count: number, counts: readonly number[]): void {
    const { recordSize } = this.#parameters;
    const old = node.children.slice(from, from + count);
    const parts: Uint8Array[] = [];
    const grandchildren: Pointer[] = [];
    for (const [i, pointer] of old.entries()) {
      const child = this.#node(pointer, level - 1);
      if (i > 0) parts.push(node.record(from + i - 1));
      parts.push(child.records);
      grandchildren.push(...child.children);
    }
    const records = Buffer.concat(parts);
    const pointers = counts.map((_, i) => old[i] ?? this.#create(level - 1));
    for (let i = 0; i < count - 1; i++) node.remove(from);
    let at = 0;
    let childrenAt = 0;
    for (const [i, pointer] of pointers.entries()) {
      const n = counts[i] ?? 0;
      if (i > 0) {
        node.insert(from + i - 1, records.subarray((at - 1) * recordSize, at * recordSize));
      }
      const child = this.#node(pointer, level - 1);
      const below = level > 1 ? grandchildren.slice(childrenAt, childrenAt + n + 1) : [];
      child.fill(records.subarray(at * recordSize, (at + n) * recordSize), below);
      pointer.records = n;
      pointer.total = child.total;
      at += n + 1;
      childrenAt += n + 1;
    }
    for (const gone of old.slice(counts.length)) this.#free(gone);
    node.children.splice(from, count, ...pointers);
    node.touchChild(from);
  }
}

/** Where a new record goes. @throws H5Error "argument" where the node has it already */
function placeOfNew(node: Node, compare: CompareRecord): number {
  const { index, found } = node.locate(compare);
  if (found) throw new H5Error("argument", "the B-tree has such a record already");
  return index;
}

function childAt(node: Node, index: number): Pointer {
  const child = node.children[index];
  if (child === undefined) throw new TypeError(`a node of ${node.count} records has no child ${index}`);
  return child;
}
