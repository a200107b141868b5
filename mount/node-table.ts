import type { H5File } from "../src/object/file.ts";
import type { DirectoryNode, FileNode, Node } from "../src/tree/node.ts";

interface Row {
  readonly nodeid: number;
  node: Node;
  /** By which the node is found; `undefined`: what it stands for is gone, or going with its last handle. */
  key: string | undefined;
  /** How often the kernel was told of it: it says FORGET so many times. */
  lookups: number;
  /** In bytes, as the kernel was told last; 0: never. */
  size: number;
  /** The ones before and after it of those whose nodes show the same object. */
  previous: Row | undefined;
  next: Row | undefined;
}

/** A node by which an object is shown. */
export interface Showing {
  readonly nodeid: number;
  readonly key: string;
  readonly isAttributes: boolean;
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
  /** The first of the rows whose nodes show the object at that address of the mounted file; `undefined`: nobody has asked, as in a mount that only reads. */
  #byAddress: Map<number, Row> | undefined;
  /** The mounted file. */
  readonly #file: H5File;
  #next = ROOT_ID + 1;

  constructor(root: DirectoryNode) {
    this.#file = root.file;
    this.#insert(ROOT_ID, root).lookups = 1;
  }

  get(nodeid: number): Node | undefined {
    return this.#byId.get(nodeid)?.node;
  }

  /** The node's nodeid, one more lookup counted. */
  lookup(node: Node): number {
    const { key } = node;
    const row = this.#byKey.get(key) ?? this.#insert(this.#next++, node);
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
    this.#leaveAddress(row);
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
      this.#leaveAddress(row);
      row.key = node.key;
      row.node = node;
      this.#joinAddress(row);
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
    for (let row = this.#rowsByAddress().get(address); row !== undefined; row = row.next) {
      const { nodeid, key, node } = row;
      if (key !== undefined)
        found.push({ nodeid, key, isAttributes: node.kind === "file" && node.view === "attrs.json" });
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

  #insert(nodeid: number, node: Node): Row {
    const row: Row = { nodeid, node, key: node.key, lookups: 0, size: 0, previous: undefined, next: undefined };
    this.#byId.set(nodeid, row);
    this.#byKey.set(node.key, row);
    this.#joinAddress(row);
    return row;
  }

  #rowsByAddress(): Map<number, Row> {
    if (this.#byAddress === undefined) {
      this.#byAddress = new Map();
      for (const row of this.#byId.values()) this.#joinAddress(row);
    }
    return this.#byAddress;
  }

  #joinAddress(row: Row): void {
    const address = this.#addressShown(row.node);
    if (this.#byAddress === undefined || address === undefined) return;
    const first = this.#byAddress.get(address);
    if (first !== undefined) first.previous = row;
    row.next = first;
    this.#byAddress.set(address, row);
  }

  #leaveAddress(row: Row): void {
    const address = this.#addressShown(row.node);
    if (this.#byAddress === undefined || address === undefined) return;
    const { previous, next } = row;
    if (next !== undefined) next.previous = previous;
    if (previous !== undefined) previous.next = next;
    else if (next !== undefined) this.#byAddress.set(address, next);
    else this.#byAddress.delete(address);
    row.previous = undefined;
    row.next = undefined;
  }

  /** Of the object in the mounted file that it shows. Of a hidden directory the kernel keeps nothing that could be wrong. */
  #addressShown(node: Node): number | undefined {
    if (node.kind !== "file" && (node.kind !== "directory" || node.isHidden)) return undefined;
    return node.file === this.#file ? node.address : undefined;
  }
}
