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
  /** Another one whose node has the same address. */
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
  /** The first of the rows whose node has that address, in whichever file. */
  readonly #byAddress = new Map<number, Row>();
  #next = ROOT_ID + 1;
  /** Rows whose node another row has come to stand for, as long as the kernel knows both. */
  readonly #displaced = new Set<Row>();

  constructor(root: Node) {
    this.#insert({ nodeid: ROOT_ID, node: root, key: root.key, lookups: 1, size: 0, next: undefined });
  }

  get(nodeid: number): Node | undefined {
    return this.#byId.get(nodeid)?.node;
  }

  /** The node's nodeid, one more lookup counted. */
  lookup(node: Node): number {
    const { key } = node;
    const row = this.#byKey.get(key) ?? this.#add(node, key);
    // Of a file the newest name counts; a directory is the one that those below it know as their parent.
    if (node.kind !== "directory") this.#setNode(row, node);
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
    this.#removeFromAddress(row);
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
      this.#setNode(row, node);
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
    for (let row = this.#byAddress.get(address); row !== undefined; row = row.next) {
      const { nodeid, key, node } = row;
      if (key === undefined) continue;
      const isFile = node.kind === "file";
      // The keys of objects of other files begin in another way.
      const isOwn = key.startsWith(`${address}:`) || (isFile && node.part !== undefined) || this.#displaced.has(row);
      // Of a hidden directory the kernel keeps nothing.
      if (!isOwn || (node.kind === "directory" && node.isHidden)) continue;
      found.push({ nodeid, key, isAttributes: isFile && node.view === "attrs.json" });
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

  #add(node: Node, key: string): Row {
    return this.#insert({ nodeid: this.#next++, node, key, lookups: 0, size: 0, next: undefined });
  }

  #insert(row: Row & { readonly key: string }): Row {
    this.#byId.set(row.nodeid, row);
    this.#byKey.set(row.key, row);
    this.#addToAddress(row);
    return row;
  }

  #setNode(row: Row, node: Node): void {
    if (addressOf(node) === addressOf(row.node)) {
      row.node = node;
      return;
    }
    this.#removeFromAddress(row);
    row.node = node;
    this.#addToAddress(row);
  }

  #addToAddress(row: Row): void {
    const address = addressOf(row.node);
    if (address === undefined) return;
    row.next = this.#byAddress.get(address);
    this.#byAddress.set(address, row);
  }

  #removeFromAddress(row: Row): void {
    const address = addressOf(row.node);
    if (address === undefined) return;
    const first = this.#byAddress.get(address);
    if (first === row) {
      if (row.next === undefined) this.#byAddress.delete(address);
      else this.#byAddress.set(address, row.next);
    } else {
      let before = first;
      while (before !== undefined && before.next !== row) before = before.next;
      if (before !== undefined) before.next = row.next;
    }
    row.next = undefined;
  }
}

function addressOf(node: Node): number | undefined {
  return "address" in node ? node.address : undefined;
}
