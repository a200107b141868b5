import type { BTreeV2Node, NodePointer } from "./b-tree-v2-node.ts";

/** A child of a node that is being changed. */
export type EditedPointer = { -readonly [K in keyof NodePointer]: NodePointer[K] };

/** A node of a version 2 B-tree that is being changed. */
export class EditedNode {
  readonly address: number;
  /** 0: a leaf. */
  readonly level: number;
  readonly #recordSize: number;
  /** Nodes that are to be written; this one is added when it is changed. */
  readonly #changed: Set<EditedNode>;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  /** Records. */
  count: number;
  /** One more than there are records; none in a leaf. */
  children: EditedPointer[];

  /**
   * @param place where it is, and how many records it has room for
   * @param node as it was read; `undefined`: it is new
   */
  constructor(
    place: { readonly address: number; readonly level: number; readonly capacity: number },
    recordSize: number,
    changed: Set<EditedNode>,
    node?: BTreeV2Node,
  ) {
    this.address = place.address;
    this.level = place.level;
    this.#recordSize = recordSize;
    this.#changed = changed;
    this.#bytes = new Uint8Array(place.capacity * recordSize);
    this.#view = new DataView(this.#bytes.buffer);
    this.count = node?.recordCount ?? 0;
    this.children = node?.children.map((child) => ({ ...child })) ?? [];
    if (node === undefined) this.touch();
    else this.#bytes.set(node.records);
  }

  /** The records, one after another. */
  get records(): Uint8Array {
    return this.#bytes.subarray(0, this.count * this.#recordSize);
  }

  /** Records here and below. */
  get total(): number {
    return this.children.reduce((sum, { total }) => sum + total, this.count);
  }

  /** It is to be written. */
  touch(): void {
    this.#changed.add(this);
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
    this.touch();
  }

  replace(index: number, record: Uint8Array): void {
    this.#bytes.set(record, index * this.#recordSize);
    this.touch();
  }

  remove(index: number): void {
    const at = index * this.#recordSize;
    this.#bytes.copyWithin(at, at + this.#recordSize, this.count * this.#recordSize);
    this.count--;
    this.touch();
  }

  /** All that is in it, anew. */
  fill(records: Uint8Array, children: EditedPointer[]): void {
    this.#bytes.set(records);
    this.count = records.length / this.#recordSize;
    this.children = children;
    this.touch();
  }
}
