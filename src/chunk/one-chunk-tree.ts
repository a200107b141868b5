import { CHUNK_NODE } from "../format/b-tree-v1.ts";
import { bTreeV1FirstChildAt, bTreeV1NodeSize, chunkKeySize } from "../format/b-tree-v1-node.ts";
import type { EditContext } from "../format/edit-context.ts";
import { putFitting } from "../format/writer.ts";
import { ChunkBTreeV1Editor } from "./b-tree-v1-editor.ts";
import { type ChunkGeometry, chunkSize } from "./geometry.ts";

/** The shape of a chunk, and the bytes of an element. */
type ChunkShape = Pick<ChunkGeometry, "chunkDims" | "elementSize">;

/**
 * Version 1 B-trees of datasets of one unfiltered chunk, which differ in its address alone (Specification III.A.1): the first is made as any
 * is, the others get its bytes.
 */
export class OneChunkTrees {
  readonly #shape: ChunkShape;
  /** A node, and where the address of its chunk is. */
  #node: { readonly bytes: Uint8Array; readonly at: number } | undefined;

  constructor(shape: ChunkShape) {
    this.#shape = shape;
  }

  /** @param chunk the address of the dataset's first chunk @returns that of the tree @throws H5Error "limit" where an address does not fit */
  create(edit: EditContext, chunk: number): number {
    if (this.#node === undefined) return this.#createFirst(edit, chunk);
    const { bytes, at } = this.#node;
    const address = edit.allocate(bytes.length, "metadata");
    putFitting(bytes, at, edit.sizeOfOffsets, chunk);
    edit.write(address, bytes);
    return address;
  }

  #createFirst(edit: EditContext, chunk: number): number {
    const { chunkDims, elementSize } = this.#shape;
    const rank = chunkDims.length;
    const storedSize = chunkSize(this.#shape);
    const kind = { nodeType: CHUNK_NODE, keySize: chunkKeySize(rank), maxChildren: 2 * edit.chunkK };
    const editor = new ChunkBTreeV1Editor(edit, { chunkDims, elementSize }, undefined, edit.chunkK);
    editor.set(new Array(rank).fill(0), { address: chunk, storedSize, filterMask: 0 });
    editor.flush();
    const { address } = editor;
    if (address === undefined) throw new TypeError("a tree of one chunk has an address");
    const bytes = edit.context.space.read(address, bTreeV1NodeSize(kind, edit), "version 1 B-tree node").slice();
    this.#node = { bytes, at: bTreeV1FirstChildAt(kind, edit) };
    return address;
  }
}
