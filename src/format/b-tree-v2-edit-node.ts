import { NODE_OVERHEAD } from "./b-tree-v2-header.ts";
import { type BTreeV2Node, NODE_PREFIX, type NodePointer } from "./b-tree-v2-node.ts";

/** A child of a node that is being changed. */
export type EditedPointer = { -readonly [K in keyof NodePointer]: NodePointer[K] };

/** Where a node is, and what it has room for. */
interface NodePlace {
  readonly address: number;
  readonly level: number;
  /** Records. */
  readonly capacity: number;
  /** Bytes of a pointer to a child. */
  readonly pointerSize: number;
}

/** A node of a version 2 B-tree that is being changed. */
export class EditedNode {
  readonly address: number;
  /** 0: a leaf. */
  readonly level: number;
  readonly #recordSize: number;
  readonly #pointerSize: number;
  /** Nodes that are to be written; this one is added when it is changed. */
  readonly #changed: Set<EditedNode>;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  /** Bytes of it that are in use in the file; `undefined`: it is new. */
  #stored: number | undefined;
  /** From this byte of it on it is another than in the file. */
  #changedFrom = Number.POSITIVE_INFINITY;
  /** Records. */
  count: number;
  /** One more than there are records; none in a leaf. */
  children: EditedPointer[];

  /** @param node as it was read; `undefined`: it is new */
  constructor(place: NodePlace, recordSize: number, changed: Set<EditedNode>, node?: BTreeV2Node) {
    this.address = place.address;
    this.level = place.level;
    this.#recordSize = recordSize;
    this.#pointerSize = place.pointerSize;
    this.#changed = changed;
    this.#bytes = new Uint8Array(place.capacity * recordSize);
    this.#view = new DataView(this.#bytes.buffer);
    this.count = node?.recordCount ?? 0;
    this.children = node?.children.map((child) => ({ ...child })) ?? [];
    if (node === undefined) {
      this.#touch(0);
      return;
    }
    this.#bytes.set(node.records);
    this.#stored = this.#used;
  }

  /** The records, one after another. */
  get records(): Uint8Array {
    return this.#bytes.subarray(0, this.count * this.#recordSize);
  }

  /** Records here and below. */
  get total(): number {
    return this.children.reduce((sum, { total }) => sum + total, this.count);
  }

  /** Bytes in use. */
  get #used(): number {
    return NODE_OVERHEAD + this.count * this.#recordSize + this.children.length * this.#pointerSize;
  }

  /** It is to be written from that byte on, to its end: there its checksum is. */
  #touch(from: number): void {
    this.#changed.add(this);
    this.#changedFrom = Math.min(this.#changedFrom, from);
  }

  #touchRecord(index: number): void {
    this.#touch(NODE_PREFIX + index * this.#recordSize);
  }

  /** The pointers from a child's on are to be written. */
  touchChild(index: number): void {
    this.#touch(NODE_PREFIX + this.count * this.#recordSize + index * this.#pointerSize);
  }

  /** It is being written. @param size its bytes @returns which of them are others than in the file: what was in use and is not any more, too */
  written(size: number): { readonly from: number; readonly to: number } {
    const from = this.#changedFrom;
    const used = this.#used;
    const to = Math.max(used, this.#stored ?? size);
    this.#stored = used;
    this.#changedFrom = Number.POSITIVE_INFINITY;
    return { from, to };
  }

  record(index: number): Uint8Array {
    return this.#bytes.subarray(index * this.#recordSize, (index + 1) * this.#recordSize);
  }

  /** Where the wanted record is, or the first one after it. */
  locate(compare: (view: DataView, at: number) => number): { readonly index: number; readonly found: boolean } {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = compare(this.#view, middle * this.#recordSize);
      if (order === 0) return { index: middle, found: true };
      if (order < 0) high = middle;
      else low = middle + 1;
    }
    return { index: low, found: false };
  }

  insert(index: number, record: Uint8Array): void {
    const at = index * this.#recordSize;
    this.#bytes.copyWithin(at + this.#recordSize, at, this.count * this.#recordSize);
    this.#bytes.set(record, at);
    this.count++;
    this.#touchRecord(index);
  }

  replace(index: number, record: Uint8Array): void {
    this.#bytes.set(record, index * this.#recordSize);
    this.#touchRecord(index);
  }

  remove(index: number): void {
    const at = index * this.#recordSize;
    this.#bytes.copyWithin(at, at + this.#recordSize, this.count * this.#recordSize);
    this.count--;
    this.#touchRecord(index);
  }

  /** All that is in it, anew. */
  fill(records: Uint8Array, children: EditedPointer[]): void {
    this.#bytes.set(records);
    this.count = records.length / this.#recordSize;
    this.children = children;
    this.#touch(0);
  }
}
