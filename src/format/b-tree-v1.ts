import { FormatError } from "../errors.ts";
import type { FormatContext } from "./context.ts";
import type { Reader } from "./reader.ts";

const STRUCTURE = "version 1 B-tree node";

/** Node types. */
export const GROUP_NODE = 0;
export const CHUNK_NODE = 1;

/** What all version 1 B-tree nodes have in common (Specification III.A.1): child i lies between keys i and i + 1. */
export interface BTreeV1Node {
  readonly address: number;
  /** 0 for a leaf, whose children are not nodes of this tree. */
  readonly level: number;
  readonly children: ArrayLike<number>;
}

/** A node's level, its number of children, and a reader over its keys and children, which alternate and begin and end with a key. */
export interface RawBTreeV1Node {
  readonly level: number;
  readonly count: number;
  readonly reader: Reader;
}

/** What distinguishes the trees. `maxChildren` is twice the tree's K. */
export interface BTreeV1Kind {
  readonly nodeType: number;
  readonly keySize: number;
  readonly maxChildren: number;
}

/**
 * @param level the level that the node must have; `undefined` at the root
 * @throws FormatError
 */
export function readBTreeV1Node(
  context: FormatContext,
  kind: BTreeV1Kind,
  address: number,
  level: number | undefined,
): RawBTreeV1Node {
  const headSize = 8 + 2 * context.sizeOfOffsets;
  const head = context.reader(address, headSize, STRUCTURE);
  head.signature("TREE");
  const nodeType = head.u8();
  if (nodeType !== kind.nodeType) head.fail(`node type is ${nodeType}, expected ${kind.nodeType}`);
  const found = head.u8();
  if (level !== undefined && found !== level) head.fail(`level is ${found}, expected ${level}`);
  const count = head.u16();
  if (count > kind.maxChildren) head.fail(`${count} children, expected at most ${kind.maxChildren}`);
  const reader = context.reader(
    address,
    headSize + count * (kind.keySize + context.sizeOfOffsets) + (count === 0 ? 0 : kind.keySize),
    STRUCTURE,
  );
  reader.skip(headSize);
  return { level: found, count, reader };
}

/**
 * All leaves of a tree, left to right. Each node is met once: a tree whose nodes have several parents is an error, or
 * a small file could make an endless walk.
 */
export function* bTreeV1Leaves<Node extends BTreeV1Node>(
  read: (address: number, level: number | undefined) => Node,
  root: number,
): Generator<Node> {
  const seen = new Set<number>([root]);
  const stack: { readonly node: Node; next: number }[] = [{ node: read(root, undefined), next: 0 }];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const { node } = top;
    const child = node.level === 0 ? undefined : node.children[top.next++];
    if (child === undefined) {
      stack.pop();
      if (node.level === 0) yield node;
      continue;
    }
    if (seen.has(child)) throw new FormatError("has two parents", { structure: STRUCTURE, address: child });
    seen.add(child);
    stack.push({ node: read(child, node.level - 1), next: 0 });
  }
}
