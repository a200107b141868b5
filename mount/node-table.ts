import type { DirectoryNode, FileNode, Node } from "../src/tree/node.ts";
import { VIEW_NAMES } from "../src/view/view.ts";

interface Row {
  readonly nodeid: number;
  node: Node;
  /** By which the node is found; `undefined`: what it stands for is gone, or going with its last handle. */
  key: string | undefined;
  /** How often the kernel was told of it: it says FORGET so many times. */
  lookups: number;
  /** In bytes, as the kernel was told last; 0: never. */
  size: number;
}

/** A node by which an object is shown. */
export interface Showing {
  readonly nodeid: number;
  readonly key: string;
  readonly isAttributes: boolean;
}

/** What comes after an address in the keys of nodes that show an object; the last is that of its attributes. */
const SHOWING = ["directory", ...VIEW_NAMES, "attrs.json"].map((view) => `:${view}`);
const ATTRIBUTES = SHOWING.length - 1;

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
  /** Rows whose node another row has come to stand for, as long as the kernel knows both. */
  readonly #displaced = new Set<Row>();
  /** How many of the nodes are parts of datasets. */
  #parts = 0;

  constructor(root: Node) {
    this.#insert({ nodeid: ROOT_ID, node: root, key: root.key, lookups: 1, size: 0 });
  }

  get(nodeid: number): Node | undefined {
    return this.#byId.get(nodeid)?.node;
  }

  /** The node's nodeid, one more lookup counted. */
  lookup(node: Node): number {
    const { key } = node;
    const row = this.#byKey.get(key) ?? this.#insert({ nodeid: this.#next++, node, key, lookups: 0, size: 0 });
    // Of a file the newest name counts; a directory is the one that those below it know as their parent.
    if (node.kind !== "directory") row.node = node;
    row.lookups++;
    return row.nodeid;
  }

  /** The kernel is being told a file's size. */
  tellSize(node: FileNode, size: number): void {
    const row = this.#byKey.get(node.key);
    if (row !== undefined) row.size = size;
  }

  /**
   * What the kernel believes a file's size to be, where it is not known now. A reply that must name one names this: another
   * would be the end of the file to whoever is reading it, whatever its time of validity.
   */
  toldSize(nodeid: number): number {
    return this.#byId.get(nodeid)?.size ?? 0;
  }

  /** @returns the node, where the kernel no longer knows it */
  forget(nodeid: number, lookups: number): Node | undefined {
    const row = this.#byId.get(nodeid);
    if (row === undefined || nodeid === ROOT_ID) return undefined;
    row.lookups -= lookups;
    if (row.lookups > 0) return undefined;
    this.#byId.delete(nodeid);
    this.#displaced.delete(row);
    this.#parts -= partsIn(row.node);
    if (row.key !== undefined && this.#byKey.get(row.key) === row) this.#byKey.delete(row.key);
    return row.node;
  }

  /** The node that the kernel knows by that key. */
  known(key: string): Node | undefined {
    return this.#byKey.get(key)?.node;
  }

  /** Each node that has `key` is found as `node` from now on: it was renamed; several may have changed places. */
  rekey(changes: readonly { readonly key: string; readonly node: Node }[]): void {
    const rows = changes.map(({ key }) => this.#byKey.get(key));
    for (const { key } of changes) this.#byKey.delete(key);
    for (const [i, { node }] of changes.entries()) {
      const row = rows[i];
      if (row === undefined) continue;
      row.key = node.key;
      row.node = node;
      const displaced = this.#byKey.get(node.key);
      if (displaced !== undefined && displaced !== row) this.#displaced.add(displaced);
      this.#byKey.set(node.key, row);
    }
  }

  /** Another node of that key is another one. @returns its nodeid, which the kernel may know for some time */
  remove(key: string): number | undefined {
    const row = this.#byKey.get(key);
    if (row === undefined) return undefined;
    this.#byKey.delete(key);
    row.key = undefined;
    return row.nodeid;
  }

  /** The nodes that show the object at an address of the mounted file, or its attributes. */
  showing(address: number): Showing[] {
    const found: Showing[] = [];
    const add = ({ nodeid, key }: Row, isAttributes = false): void => {
      if (key !== undefined) found.push({ nodeid, key, isAttributes });
    };
    const start = String(address);
    for (const [i, end] of SHOWING.entries()) {
      const row = this.#byKey.get(start + end);
      if (row !== undefined) add(row, i === ATTRIBUTES);
    }
    for (const row of this.#displaced) if ("address" in row.node && row.node.address === address) add(row);
    if (this.#parts === 0) return found;
    for (const row of this.#byId.values()) {
      const { node } = row;
      if (node.kind === "file" && node.part !== undefined && node.address === address) add(row);
    }
    return found;
  }

  *directories(): Generator<DirectoryNode> {
    for (const { node } of this.#byId.values()) if (node.kind === "directory") yield node;
  }

  *files(): Generator<FileNode> {
    for (const { node } of this.#byId.values()) if (node.kind === "file") yield node;
  }

  /** How many nodes the kernel knows. */
  get count(): number {
    return this.#byId.size;
  }

  #insert(row: Row & { readonly key: string }): Row {
    this.#byId.set(row.nodeid, row);
    this.#byKey.set(row.key, row);
    this.#parts += partsIn(row.node);
    return row;
  }
}

function partsIn(node: Node): number {
  return node.kind === "file" && node.part !== undefined ? 1 : 0;
}
