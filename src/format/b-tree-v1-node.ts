import { FormatError } from "../errors.ts";
import { type BTreeV1Kind, readBTreeV1Node } from "./b-tree-v1.ts";
import type { FormatContext } from "./context.ts";
import { type Extent, metadata } from "./extent.ts";
import type { Reader, Sizes } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** A version 1 B-tree node (Specification III.A.1) with all its fields, for those who change it. */
export interface WholeBTreeV1Node<Key> {
  readonly nodeType: number;
  readonly level: number;
  readonly leftSibling: number | undefined;
  readonly rightSibling: number | undefined;
  /** One more than there are children; none in a node without children. */
  readonly keys: readonly Key[];
  readonly children: readonly number[];
}

/** How the keys of one kind of tree are stored. */
export interface BTreeV1Key<Key> {
  decode(r: Reader): Key;
  encode(w: Writer, key: Key): void;
}

/** Group nodes: the offset of a name in the local heap. */
export const groupKey: BTreeV1Key<number> = {
  decode: (r) => r.length(),
  encode: (w, key) => w.length(key),
};

/** Key of a chunk node: the chunk that child i leads to, or begins with. */
export interface ChunkKey {
  /** Bytes as stored. */
  readonly storedSize: number;
  readonly filterMask: number;
  /** In elements; the last, one more than the dataset has dimensions, is 0. */
  readonly offsets: readonly number[];
}

/** Chunk nodes. Offsets have 64 bits, whatever the file's size of offsets. */
export function chunkKey(rank: number): BTreeV1Key<ChunkKey> {
  return {
    decode: (r) => ({
      storedSize: r.u32(),
      filterMask: r.u32(),
      offsets: Array.from({ length: rank + 1 }, () => r.u64()),
    }),
    encode: (w, { storedSize, filterMask, offsets }) => {
      w.u32(storedSize);
      w.u32(filterMask);
      for (const offset of offsets) w.u64(offset);
    },
  };
}

/** Bytes of a key of a chunk node. */
export function chunkKeySize(rank: number): number {
  return 8 + 8 * (rank + 1);
}

function headSize(sizes: Sizes): number {
  return 8 + 2 * sizes.sizeOfOffsets;
}

/** Bytes that a node takes, whatever the number of its children. */
export function bTreeV1NodeSize(kind: BTreeV1Kind, sizes: Sizes): number {
  return headSize(sizes) + kind.maxChildren * (kind.keySize + sizes.sizeOfOffsets) + kind.keySize;
}

/** Where a node has the address of its first child. */
export function bTreeV1FirstChildAt(kind: BTreeV1Kind, sizes: Sizes): number {
  return headSize(sizes) + kind.keySize;
}

const STRUCTURE = "version 1 B-tree node";

/** What the nodes of a tree occupy, each met once. @param owner the address of the tree's object */
export function* bTreeV1Extents(
  context: FormatContext,
  kind: BTreeV1Kind,
  root: number,
  owner: number,
): Generator<Extent> {
  const length = bTreeV1NodeSize(kind, context);
  const seen = new Set<number>();
  const nodes: { readonly address: number; readonly level: number | undefined }[] = [
    { address: root, level: undefined },
  ];
  for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
    const { address } = node;
    if (seen.has(address)) throw new FormatError("has two parents", { structure: STRUCTURE, address });
    seen.add(address);
    const { level, count, reader } = readBTreeV1Node(context, kind, address, node.level);
    yield metadata(STRUCTURE, address, length, owner);
    for (let i = 0; level > 0 && i < count; i++) {
      reader.skip(kind.keySize);
      nodes.push({ address: reader.definedOffset(`address of child ${i}`), level: level - 1 });
    }
  }
}

/** @throws FormatError as `readBTreeV1Node` does */
export function readWholeBTreeV1Node<Key>(
  context: FormatContext,
  kind: BTreeV1Kind,
  key: BTreeV1Key<Key>,
  address: number,
  expectedLevel: number | undefined,
): WholeBTreeV1Node<Key> {
  const { level, count, reader } = readBTreeV1Node(context, kind, address, expectedLevel);
  reader.position = 8;
  const leftSibling = reader.offset();
  const rightSibling = reader.offset();
  const keys: Key[] = [];
  const children: number[] = [];
  for (let i = 0; i < count; i++) {
    keys.push(key.decode(reader));
    children.push(reader.definedOffset(`address of child ${i}`));
  }
  if (count > 0) keys.push(key.decode(reader));
  return { nodeType: kind.nodeType, level, leftSibling, rightSibling, keys, children };
}

/** Writes all bytes of a node, zeros where it has room for more children. */
export function encodeBTreeV1Node<Key>(
  w: Writer,
  kind: BTreeV1Kind,
  key: BTreeV1Key<Key>,
  node: WholeBTreeV1Node<Key>,
): void {
  const end = w.position + bTreeV1NodeSize(kind, w.sizes);
  w.signature("TREE");
  w.u8(node.nodeType);
  w.u8(node.level);
  w.u16(node.children.length);
  w.offset(node.leftSibling);
  w.offset(node.rightSibling);
  for (const [i, child] of node.children.entries()) {
    encodeKey(w, key, node.keys[i]);
    w.offset(child);
  }
  if (node.children.length > 0) encodeKey(w, key, node.keys.at(-1));
  w.zeros(end - w.position);
}

function encodeKey<Key>(w: Writer, codec: BTreeV1Key<Key>, key: Key | undefined): void {
  if (key === undefined) throw new TypeError("a B-tree node has one more key than children");
  codec.encode(w, key);
}
