import { FormatError } from "../errors.ts";
import { type BTreeV1Kind, CHUNK_NODE } from "../format/b-tree-v1.ts";
import {
  type BTreeV1Key,
  bTreeV1NodeSize,
  type ChunkKey,
  chunkKey,
  chunkKeySize,
  encodeBTreeV1Node,
  readWholeBTreeV1Node,
} from "../format/b-tree-v1-node.ts";
import type { EditContext } from "../format/edit-context.ts";
import type { ChunkRecord } from "./chunk-index.ts";
import type { ChunkIndexEditor, IndexedChunk } from "./chunk-index-editor.ts";

interface Node {
  readonly address: number;
  level: number;
  left: number | undefined;
  right: number | undefined;
  /** Key i is that of the first chunk below child i; the last bounds the node. */
  keys: ChunkKey[];
  children: number[];
  changed: boolean;
}

/** Decoded nodes that are kept; more are written and forgotten. */
const MAX_NODES = 4096;

/**
 * The version 1 B-tree of a dataset's chunks, being changed (Specification III.A.1, "Node Type 1"). The root stays where it is; nodes
 * are split as libhdf5 splits them, so that chunks that are appended fill them to nine tenths. A node that has no child
 * any more is freed; others are never merged, as in libhdf5.
 */
export class ChunkBTreeV1Editor implements ChunkIndexEditor {
  readonly #edit: EditContext;
  readonly #chunkDims: readonly number[];
  readonly #elementSize: number;
  readonly #kind: BTreeV1Kind;
  readonly #key: BTreeV1Key<ChunkKey>;
  readonly #nodes = new Map<number, Node>();
  #root: number | undefined;

  /** @param address of the root; `undefined`: there is none yet @param k the file's "Indexed Storage Internal Node K" */
  constructor(
    edit: EditContext,
    { chunkDims, elementSize }: { readonly chunkDims: readonly number[]; readonly elementSize: number },
    address: number | undefined,
    k: number,
  ) {
    this.#edit = edit;
    this.#chunkDims = chunkDims;
    this.#elementSize = elementSize;
    this.#root = address;
    this.#kind = { nodeType: CHUNK_NODE, keySize: chunkKeySize(chunkDims.length), maxChildren: 2 * k };
    this.#key = chunkKey(chunkDims.length);
  }

  get address(): number | undefined {
    return this.#root;
  }

  find(scaled: readonly number[]): ChunkRecord | undefined {
    if (this.#root === undefined) return undefined;
    const offsets = this.#offsets(scaled);
    let node = this.#node(this.#root, undefined);
    for (;;) {
      const i = lastNotAfter(node, offsets);
      const child = node.children[i];
      if (child === undefined) return undefined;
      if (node.level > 0) {
        node = this.#node(child, node.level - 1);
        continue;
      }
      const key = node.keys[i];
      if (key === undefined || compare(key.offsets, offsets) !== 0) return undefined;
      return { address: child, storedSize: key.storedSize, filterMask: key.filterMask };
    }
  }

  set(scaled: readonly number[], { address, storedSize, filterMask }: ChunkRecord): void {
    if (this.#nodes.size > MAX_NODES) this.#forget();
    const key: ChunkKey = { storedSize, filterMask, offsets: this.#offsets(scaled) };
    if (this.#root === undefined)
      this.#root = this.#createNode({ level: 0, left: undefined, right: undefined }).address;
    const root = this.#node(this.#root, undefined);
    const twin = this.#insert(root, key, address);
    if (twin !== undefined) this.#growRoot(root, twin);
  }

  remove(scaled: readonly number[]): void {
    if (this.#nodes.size > MAX_NODES) this.#forget();
    if (this.#root === undefined) return;
    this.#removeBelow(this.#node(this.#root, undefined), this.#offsets(scaled));
  }

  *entries(): Generator<IndexedChunk> {
    if (this.#root !== undefined) yield* this.#entriesBelow(this.#node(this.#root, undefined));
  }

  flush(): void {
    for (const node of this.#nodes.values()) {
      if (!node.changed) continue;
      const w = this.#edit.writer(bTreeV1NodeSize(this.#kind, this.#edit));
      const { level, left: leftSibling, right: rightSibling, keys, children } = node;
      const { nodeType } = this.#kind;
      encodeBTreeV1Node(w, this.#kind, this.#key, { nodeType, level, leftSibling, rightSibling, keys, children });
      this.#edit.write(node.address, w.bytes);
      node.changed = false;
    }
  }

  *#entriesBelow(node: Node): Generator<IndexedChunk> {
    for (const [i, child] of node.children.entries()) {
      if (node.level > 0) {
        yield* this.#entriesBelow(this.#node(child, node.level - 1));
        continue;
      }
      const key = node.keys[i];
      if (key === undefined) continue;
      const { storedSize, filterMask, offsets } = key;
      const scaled = this.#chunkDims.map((dim, d) => (offsets[d] ?? 0) / dim);
      yield { scaled, record: { address: child, storedSize, filterMask } };
    }
  }

  /** As keys have them: in elements, and 0 for the element's own bytes. */
  #offsets(scaled: readonly number[]): number[] {
    return [...this.#chunkDims.map((dim, d) => (scaled[d] ?? 0) * dim), 0];
  }

  /** Returns the new node behind `node`, where that was split. */
  #insert(node: Node, key: ChunkKey, address: number): Node | undefined {
    const i = lastNotAfter(node, key.offsets);
    if (node.level === 0) {
      const found = node.keys[i];
      if (i >= 0 && found !== undefined && compare(found.offsets, key.offsets) === 0) {
        node.keys[i] = key;
        node.children[i] = address;
        node.changed = true;
        return undefined;
      }
      return this.#insertChild(node, i, key, address, this.#bound(node, key));
    }
    const at = Math.max(0, i);
    const child = this.#node(node.children[at] ?? 0, node.level - 1);
    const twin = this.#insert(child, key, address);
    const [first] = child.keys;
    if (first !== undefined && first !== node.keys[at]) {
      node.keys[at] = first;
      node.changed = true;
    }
    const bound = (twin ?? child).keys.at(-1);
    if (at === node.children.length - 1 && bound !== undefined && bound !== node.keys.at(-1)) {
      node.keys[at + 1] = bound;
      node.changed = true;
    }
    const [twinKey] = twin?.keys ?? [];
    if (twin === undefined || twinKey === undefined) return undefined;
    return this.#insertChild(node, at, twinKey, twin.address, node.keys.at(-1));
  }

  /** The last key of a leaf with that chunk in it: its neighbour's first, or that of the chunk behind its last, in every dimension. */
  #bound(node: Node, { offsets }: ChunkKey): ChunkKey | undefined {
    const last = node.keys.at(-1);
    if (last !== undefined && compare(offsets, last.offsets) < 0) return last;
    if (node.right !== undefined) return this.#node(node.right, node.level).keys[0];
    const steps = [...this.#chunkDims, this.#elementSize];
    return { storedSize: 0, filterMask: 0, offsets: offsets.map((offset, d) => offset + (steps[d] ?? 0)) };
  }

  /** Adds a child behind child `at`, or before all where that is -1. */
  #insertChild(node: Node, at: number, key: ChunkKey, child: number, bound: ChunkKey | undefined): Node | undefined {
    const twin = node.children.length === this.#kind.maxChildren ? this.#split(node, at) : undefined;
    const half = twin !== undefined && at >= node.children.length ? twin : node;
    const place = at + 1 - (half === twin ? node.children.length : 0);
    half.keys.splice(place, 0, key);
    half.children.splice(place, 0, child);
    half.changed = true;
    const last = twin ?? node;
    if (bound !== undefined) last.keys[last.children.length] = bound;
    if (twin !== undefined) node.keys[node.children.length] = twin.keys[0] ?? key;
    return twin;
  }

  /** Moves the last children of a full node into a new one: a tenth at the end of the level, nine tenths at its beginning, else half. */
  #split(node: Node, at: number): Node {
    const count = node.children.length;
    const share = node.right === undefined ? 0.9 : node.left === undefined ? 0.1 : 0.5;
    let kept = Math.floor(count * share);
    if (at < kept && kept === count) kept--;
    else if (at >= kept && kept === 0) kept++;
    const twin = this.#createNode({ level: node.level, left: node.address, right: node.right });
    twin.keys = node.keys.slice(kept);
    twin.children = node.children.slice(kept);
    if (node.right !== undefined) this.#change(node.right, node.level).left = twin.address;
    node.right = twin.address;
    node.keys = node.keys.slice(0, kept + 1);
    node.children = node.children.slice(0, kept);
    node.changed = true;
    return twin;
  }

  /** The root was split: it moves, and a root of one level more takes its place. */
  #growRoot(root: Node, twin: Node): void {
    const moved = this.#createNode({ level: root.level, left: undefined, right: twin.address });
    moved.keys = root.keys;
    moved.children = root.children;
    twin.left = moved.address;
    const [first] = moved.keys;
    const [middle] = twin.keys;
    const last = twin.keys.at(-1);
    if (first === undefined || middle === undefined || last === undefined) throw new TypeError("a node without keys");
    root.level++;
    root.right = undefined;
    root.keys = [first, middle, last];
    root.children = [moved.address, twin.address];
    root.changed = true;
  }

  /** True: the node has no child any more, and is freed. */
  #removeBelow(node: Node, offsets: readonly number[]): boolean {
    const i = lastNotAfter(node, offsets);
    const child = node.children[i];
    const key = node.keys[i];
    if (child === undefined || key === undefined) return false;
    if (node.level === 0) {
      if (compare(key.offsets, offsets) !== 0) return false;
    } else {
      const below = this.#node(child, node.level - 1);
      if (!this.#removeBelow(below, offsets)) {
        const [first] = below.keys;
        if (first !== undefined && first !== key) {
          node.keys[i] = first;
          node.changed = true;
          if (i === 0) this.#firstChanged(node);
        }
        return false;
      }
    }
    node.keys.splice(i, 1);
    node.children.splice(i, 1);
    node.changed = true;
    if (node.children.length === 0) return this.#emptied(node);
    if (i === 0) this.#firstChanged(node);
    return false;
  }

  /** Two neighbours share the key between them: libhdf5 relies on it when it adds a chunk. */
  #firstChanged(node: Node): void {
    const [first] = node.keys;
    if (node.left === undefined || first === undefined) return;
    const left = this.#change(node.left, node.level);
    left.keys[left.children.length] = first;
  }

  #emptied(node: Node): boolean {
    const bound = node.keys[0];
    if (node.address === this.#root) {
      node.level = 0;
      node.keys = [];
      return false;
    }
    if (node.left !== undefined) {
      const left = this.#change(node.left, node.level);
      left.right = node.right;
      if (bound !== undefined) left.keys[left.children.length] = bound;
    }
    if (node.right !== undefined) this.#change(node.right, node.level).left = node.left;
    this.#nodes.delete(node.address);
    this.#edit.free(node.address, bTreeV1NodeSize(this.#kind, this.#edit));
    return true;
  }

  #change(address: number, level: number): Node {
    const node = this.#node(address, level);
    node.changed = true;
    return node;
  }

  #node(address: number, level: number | undefined): Node {
    const open = this.#nodes.get(address);
    if (open !== undefined) {
      if (level !== undefined && open.level !== level) {
        throw new FormatError(`level is ${open.level}, expected ${level}`, {
          structure: "version 1 B-tree node",
          address,
        });
      }
      return open;
    }
    const found = readWholeBTreeV1Node(this.#edit.context, this.#kind, this.#key, address, level);
    const node: Node = {
      address,
      level: found.level,
      left: found.leftSibling,
      right: found.rightSibling,
      keys: [...found.keys],
      children: [...found.children],
      changed: false,
    };
    this.#nodes.set(address, node);
    return node;
  }

  #createNode({ level, left, right }: Pick<Node, "level" | "left" | "right">): Node {
    const address = this.#edit.allocate(bTreeV1NodeSize(this.#kind, this.#edit), "metadata");
    const node: Node = { address, level, left, right, keys: [], children: [], changed: true };
    this.#nodes.set(address, node);
    return node;
  }

  /** Nobody has a node in his hands. */
  #forget(): void {
    this.flush();
    this.#nodes.clear();
  }
}

/** The last key that is not after `offsets`, or -1; the last key, which only bounds the node, left out. */
function lastNotAfter({ keys, children }: Node, offsets: readonly number[]): number {
  let low = 0;
  let high = children.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const key = keys[middle];
    if (key !== undefined && compare(key.offsets, offsets) <= 0) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** By the offsets of the chunks; the last, of the element's bytes, says nothing. */
function compare(a: readonly number[], b: readonly number[]): number {
  for (let d = 0; d < a.length - 1; d++) {
    const difference = (a[d] ?? 0) - (b[d] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
