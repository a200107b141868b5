import { CHUNK_NODE } from "../format/b-tree-v1.ts";
import { bTreeV1ChildAt, bTreeV1NodeSize, chunkKeySize } from "../format/b-tree-v1-node.ts";
import type { EditContext } from "../format/edit-context.ts";
import { putUint } from "../storage/little-endian.ts";
import { ChunkBTreeV1Editor } from "./b-tree-v1-editor.ts";

/** What the datasets have in common. */
interface OneChunk {
  readonly chunkDims: readonly number[];
  readonly elementSize: number;
  /** Bytes of the chunk. */
  readonly storedSize: number;
}

/**
 * Version 1 B-trees of datasets of one unfiltered chunk, which differ in its address alone (Specification III.A.1): the first is made as any
 * is, the others get its bytes.
 */
export class OneChunkTrees {
  readonly #chunk: OneChunk;
  /** A node, and where the address of its chunk is. */
  #node: { readonly bytes: Uint8Array; readonly at: number } | undefined;

  constructor(chunk: OneChunk) {
    this.#chunk = chunk;
  }

  /** @param chunk the address of the dataset's first chunk @returns that of the tree */
  create(edit: EditContext, chunk: number): number {
    if (this.#node === undefined) return this.#createFirst(edit, chunk);
    const { bytes, at } = this.#node;
    const address = edit.allocate(bytes.length, "metadata");
    putUint(bytes, at, edit.sizeOfOffsets, chunk);
    edit.write(address, bytes);
    return address;
  }

  #createFirst(edit: EditContext, chunk: number): number {
    const { chunkDims, elementSize, storedSize } = this.#chunk;
    const rank = chunkDims.length;
    const kind = { nodeType: CHUNK_NODE, keySize: chunkKeySize(rank), maxChildren: 2 * edit.chunkK };
    const editor = new ChunkBTreeV1Editor(edit, { chunkDims, elementSize }, undefined, edit.chunkK);
    editor.set(new Array(rank).fill(0), { address: chunk, storedSize, filterMask: 0 });
    editor.flush();
    const { address } = editor;
    if (address === undefined) throw new TypeError("a tree of one chunk has an address");
    const bytes = edit.context.space.read(address, bTreeV1NodeSize(kind, edit), "version 1 B-tree node").slice();
    this.#node = { bytes, at: bTreeV1ChildAt(kind, edit) };
    return address;
  }
}
