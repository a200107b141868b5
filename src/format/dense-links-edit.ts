import type { CompareRecord } from "./b-tree-v2.ts";
import { BTreeV2Editor } from "./b-tree-v2-edit.ts";
import {
  encodeLinkCreationOrderRecord,
  encodeLinkNameRecord,
  LINK_CREATION_ORDER_RECORD_SIZE,
  LINK_HEAP_ID,
  LINK_NAME_HEAP_ID_AT,
  LINK_NAME_RECORD_SIZE,
  RecordType,
} from "./b-tree-v2-records.ts";
import { compareBytes } from "./compare-bytes.ts";
import { type DenseLinkInfo, linkMessageName } from "./dense-links.ts";
import type { EditContext } from "./edit-context.ts";
import { FractalHeapEditor, LINK_HEAP } from "./fractal-heap-edit.ts";
import { lookup3 } from "./lookup3.ts";

/** A link as it is stored densely: its raw message (IV.A.2.g), and what its indexes are ordered by. */
export interface StoredLink {
  readonly message: Uint8Array;
  readonly name: Uint8Array;
  /** Where the group tracks it. */
  readonly creationOrder: number | undefined;
}

/** A name, and where its record is in the index. */
interface WantedName {
  readonly name: Uint8Array;
  readonly hash: number;
  readonly compare: CompareRecord;
}

/** The links of a group that are in a fractal heap (IV.A.2.c, "The Link Info Message"), being changed. */
export class DenseLinksEditor {
  readonly info: DenseLinkInfo;
  readonly #edit: EditContext;
  readonly #heap: FractalHeapEditor;
  readonly #names: BTreeV2Editor;
  readonly #order: BTreeV2Editor | undefined;
  /** The name that was looked for last: mostly the next one, too. */
  #wanted: WantedName | undefined;

  constructor(edit: EditContext, info: DenseLinkInfo) {
    const { linkName, linkCreationOrder } = RecordType;
    const { fractalHeapAddress, nameIndexAddress, creationOrderIndexAddress: order } = info;
    this.info = info;
    this.#edit = edit;
    this.#heap = FractalHeapEditor.open(edit, fractalHeapAddress);
    this.#names = BTreeV2Editor.open(edit, nameIndexAddress, linkName, LINK_NAME_RECORD_SIZE);
    if (order === undefined) return;
    this.#order = BTreeV2Editor.open(edit, order, linkCreationOrder, LINK_CREATION_ORDER_RECORD_SIZE);
  }

  /** A heap without links, and its indexes. @param hasOrderIndex links are found by the order of their creation, too */
  static create(edit: EditContext, hasOrderIndex: boolean): DenseLinksEditor {
    const { linkName, linkCreationOrder } = RecordType;
    const create = (type: number, recordSize: number): number =>
      BTreeV2Editor.create(edit, { type, recordSize }).address;
    return new DenseLinksEditor(edit, {
      fractalHeapAddress: FractalHeapEditor.create(edit, LINK_HEAP).address,
      nameIndexAddress: create(linkName, LINK_NAME_RECORD_SIZE),
      creationOrderIndexAddress: hasOrderIndex ? create(linkCreationOrder, LINK_CREATION_ORDER_RECORD_SIZE) : undefined,
    });
  }

  get count(): number {
    return this.#names.totalRecords;
  }

  /** The raw message of the link of that name. */
  find(name: Uint8Array): Uint8Array | undefined {
    const record = this.#names.find(this.#want(name).compare);
    return record === undefined ? undefined : this.#heap.object(record.subarray(LINK_NAME_HEAP_ID_AT)).slice();
  }

  has(name: Uint8Array): boolean {
    return this.#names.has(this.#want(name).compare);
  }

  /** The raw messages of all links, in the order of the index by name. */
  *messages(): Generator<Uint8Array> {
    for (const record of this.#names.records()) {
      yield this.#heap.object(record.subarray(LINK_NAME_HEAP_ID_AT)).slice();
    }
  }

  /** @throws H5Error "argument" where the name exists */
  insert({ message, name, creationOrder }: StoredLink): void {
    const heapId = this.#heap.insert(message);
    const { hash, compare } = this.#want(name);
    const w = this.#edit.writer();
    encodeLinkNameRecord(w, { hash, heapId });
    this.#names.insert(w.bytes, compare);
    if (this.#order === undefined) return;
    const order = this.#edit.writer();
    encodeLinkCreationOrderRecord(order, { creationOrder: BigInt(creationOrder ?? 0), heapId });
    this.#order.insert(order.bytes, byOrder(creationOrder ?? 0));
  }

  /** @param creationOrder that of the link, where the group tracks it */
  remove(name: Uint8Array, creationOrder: number | undefined): void {
    const record = this.#names.remove(this.#want(name).compare);
    if (record === undefined) return;
    this.#order?.remove(byOrder(creationOrder ?? 0));
    this.#heap.remove(record.subarray(LINK_NAME_HEAP_ID_AT));
  }

  /** Gives heap and indexes back. */
  free(): void {
    this.#heap.free();
    this.#names.free();
    this.#order?.free();
  }

  #want(name: Uint8Array): WantedName {
    if (this.#wanted?.name === name) return this.#wanted;
    const hash = lookup3(name);
    const compare: CompareRecord = (view, at) => {
      const order = hash - view.getUint32(at, true);
      if (order !== 0) return order;
      const heapId = new Uint8Array(view.buffer, view.byteOffset + at + LINK_NAME_HEAP_ID_AT, LINK_HEAP_ID);
      return compareBytes(name, linkMessageName(this.#heap.object(heapId), this.#heap.address, this.#edit));
    };
    this.#wanted = { name, hash, compare };
    return this.#wanted;
  }
}

function byOrder(creationOrder: number): CompareRecord {
  return (view, at) => creationOrder - Number(view.getBigInt64(at, true));
}
