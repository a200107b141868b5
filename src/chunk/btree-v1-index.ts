import { LRUCache } from "lru-cache";
import { H5Error } from "../errors.ts";
import { type BTreeV1Kind, bTreeV1Leaves, CHUNK_NODE, readBTreeV1Node } from "../format/b-tree-v1.ts";
import { bTreeV1Extents, chunkKeySize } from "../format/b-tree-v1-node.ts";
import type { FormatContext } from "../format/context.ts";
import type { Extent } from "../format/extent.ts";
import type { ChunkIndex, ChunkRecord } from "./chunk-index.ts";

/** A node of the tree (Specification III.A.1, "Node Type 1"), its keys side by side. */
interface ChunkNode {
  readonly address: number;
  readonly level: number;
  readonly children: Float64Array;
  /** Key i has its `rank` scaled coordinates at `i * rank`. The last key, which bounds the node, is left out. */
  readonly scaled: Float64Array;
  readonly storedSizes: Uint32Array;
  readonly filterMasks: Uint32Array;
}

/** Bytes of nodes that are kept for each file. */
const CACHE_SIZE = 8 * 1024 * 1024;

/** Nodes in use, of all datasets of a file; a node is its index's own, for the index says how to read it. */
const nodesByFile = new WeakMap<
  FormatContext,
  LRUCache<number, { readonly index: object; readonly node: ChunkNode }>
>();

/** The index of chunked data up to layout version 3: a version 1 B-tree, ordered by the chunks' offsets. */
export class BTreeV1Index implements ChunkIndex {
  readonly #context: FormatContext;
  readonly #chunkDims: readonly number[];
  readonly #address: number | undefined;
  readonly #maxChildren: number;

  /**
   * @param chunkDims in elements, without the element size
   * @param address of the root; `undefined`: no chunk was ever written
   * @param k the file's "Indexed Storage Internal Node K"
   */
  constructor(context: FormatContext, chunkDims: readonly number[], address: number | undefined, k: number) {
    this.#context = context;
    this.#chunkDims = chunkDims;
    this.#address = address;
    this.#maxChildren = 2 * k;
  }

  get isEmpty(): boolean {
    return this.#address === undefined;
  }

  find(scaled: readonly number[]): ChunkRecord | undefined {
    const rank = this.#chunkDims.length;
    if (scaled.length !== rank)
      throw new H5Error("argument", `chunk [${scaled.join(", ")}] of a dataset of rank ${rank}`);
    if (this.#address === undefined) return undefined;
    let node = this.#node(this.#address, undefined);
    for (;;) {
      const i = lastNotAfter(node, scaled);
      const child = node.children[i];
      if (child === undefined) return undefined;
      if (node.level === 0) return compare(node.scaled, i * rank, scaled) === 0 ? record(node, i) : undefined;
      node = this.#node(child, node.level - 1);
    }
  }

  *entries(): Generator<{ readonly scaled: readonly number[]; readonly record: ChunkRecord }> {
    if (this.#address === undefined) return;
    const rank = this.#chunkDims.length;
    for (const node of bTreeV1Leaves((address, level) => this.#node(address, level), this.#address)) {
      for (let i = 0; i < node.children.length; i++) {
        yield { scaled: Array.from(node.scaled.subarray(i * rank, (i + 1) * rank)), record: record(node, i) };
      }
    }
  }

  extents(owner: number): Iterable<Extent> {
    return this.#address === undefined ? [] : bTreeV1Extents(this.#context, this.#kind, this.#address, owner);
  }

  /** Offsets in keys are one more than dimensions: the last is that of the element's bytes, always 0. */
  get #kind(): BTreeV1Kind {
    return { nodeType: CHUNK_NODE, keySize: chunkKeySize(this.#chunkDims.length), maxChildren: this.#maxChildren };
  }

  #node(address: number, level: number | undefined): ChunkNode {
    let nodes = nodesByFile.get(this.#context);
    if (nodes === undefined) {
      nodes = new LRUCache({
        maxSize: CACHE_SIZE,
        sizeCalculation: ({ node }) => 512 + node.scaled.byteLength + 16 * node.children.length,
      });
      nodesByFile.set(this.#context, nodes);
    }
    const cached = nodes.get(address);
    if (cached?.index === this && (level === undefined || cached.node.level === level)) return cached.node;
    const node = this.#read(address, level);
    nodes.set(address, { index: this, node });
    return node;
  }

  #read(address: number, expectedLevel: number | undefined): ChunkNode {
    const rank = this.#chunkDims.length;
    const { level, count, reader } = readBTreeV1Node(this.#context, this.#kind, address, expectedLevel);
    const node: ChunkNode = {
      address,
      level,
      children: new Float64Array(count),
      scaled: new Float64Array(count * rank),
      storedSizes: new Uint32Array(count),
      filterMasks: new Uint32Array(count),
    };
    for (let i = 0; i < count; i++) {
      node.storedSizes[i] = reader.u32();
      node.filterMasks[i] = reader.u32();
      for (let d = 0; d < rank; d++) {
        const offset = reader.u64();
        const chunkDim = this.#chunkDims[d] ?? 1;
        if (offset % chunkDim !== 0)
          reader.fail(`chunk offset ${offset} is no multiple of the chunk dimension ${chunkDim}`);
        node.scaled[i * rank + d] = offset / chunkDim;
      }
      reader.skip(8);
      node.children[i] = reader.definedOffset(`address of child ${i}`);
    }
    return node;
  }
}

function record(node: ChunkNode, i: number): ChunkRecord {
  return {
    address: node.children[i] ?? 0,
    storedSize: node.storedSizes[i] ?? 0,
    filterMask: node.filterMasks[i] ?? 0,
  };
}

/** The last key that is not after `scaled`, or -1. */
function lastNotAfter(node: ChunkNode, scaled: readonly number[]): number {
  const rank = scaled.length;
  let low = 0;
  let high = node.children.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(node.scaled, middle * rank, scaled) <= 0) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function compare(keys: Float64Array, at: number, scaled: readonly number[]): number {
  for (let d = 0; d < scaled.length; d++) {
    const difference = (keys[at + d] ?? 0) - (scaled[d] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
