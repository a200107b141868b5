import type { Node } from "../src/tree/node.ts";

interface Row {
  readonly nodeid: number;
  readonly node: Node;
  /** How often the kernel was told of it: it says FORGET so many times. */
  lookups: number;
}

/** FUSE_ROOT_ID */
export const ROOT_ID = 1;

/**
 * The nodes that the kernel knows, by nodeid. A nodeid is never used again, so no generation number is needed; the same
 * node always has the same nodeid as long as the kernel knows it.
 */
export class NodeTable {
  readonly #byId = new Map<number, Row>();
  readonly #byKey = new Map<string, Row>();
  #next = ROOT_ID + 1;

  constructor(root: Node) {
    this.#insert({ nodeid: ROOT_ID, node: root, lookups: 1 });
  }

  get(nodeid: number): Node | undefined {
    return this.#byId.get(nodeid)?.node;
  }

  /** The node's nodeid, one more lookup counted. */
  lookup(node: Node): number {
    const row = this.#byKey.get(node.key) ?? this.#insert({ nodeid: this.#next++, node, lookups: 0 });
    row.lookups++;
    return row.nodeid;
  }

  /** @returns the node, where the kernel no longer knows it */
  forget(nodeid: number, lookups: number): Node | undefined {
    const row = this.#byId.get(nodeid);
    if (row === undefined || nodeid === ROOT_ID) return undefined;
    row.lookups -= lookups;
    if (row.lookups > 0) return undefined;
    this.#byId.delete(nodeid);
    this.#byKey.delete(row.node.key);
    return row.node;
  }

  /** How many nodes the kernel knows. */
  get count(): number {
    return this.#byId.size;
  }

  #insert(row: Row): Row {
    this.#byId.set(row.nodeid, row);
    this.#byKey.set(row.node.key, row);
    return row;
  }
}
