import { UnsupportedError } from "../errors.ts";
import type { CompareRecord } from "./b-tree-v2.ts";
import { BTreeV2Editor } from "./b-tree-v2-edit.ts";
import {
  ATTRIBUTE_CREATION_ORDER_RECORD_SIZE,
  ATTRIBUTE_HEAP_ID,
  ATTRIBUTE_NAME_HASH_AT,
  ATTRIBUTE_NAME_RECORD_SIZE,
  type AttributeRecord,
  decodeAttributeRecord,
  encodeAttributeRecord,
  RecordType,
} from "./b-tree-v2-records.ts";
import { compareBytes } from "./compare-bytes.ts";
import { attributeMessageName, type DenseAttribute, type DenseAttributeInfo } from "./dense-attributes.ts";
import type { EditContext } from "./edit-context.ts";
import { ATTRIBUTE_HEAP, FractalHeapEditor } from "./fractal-heap-edit.ts";
import { MESSAGE_FLAG } from "./header-message.ts";
import { lookup3 } from "./lookup3.ts";
import { Reader } from "./reader.ts";

const RECORD = "B-tree v2 attribute record";

/** The attributes of an object that are in a fractal heap (IV.A.2.v, "The Attribute Info Message"), being changed. */
export class DenseAttributesEditor {
  readonly info: DenseAttributeInfo;
  readonly #edit: EditContext;
  readonly #heap: FractalHeapEditor;
  readonly #names: BTreeV2Editor;
  readonly #order: BTreeV2Editor | undefined;

  constructor(edit: EditContext, info: DenseAttributeInfo) {
    const { attributeName, attributeCreationOrder } = RecordType;
    const { fractalHeapAddress, nameIndexAddress, creationOrderIndexAddress: order } = info;
    this.info = info;
    this.#edit = edit;
    this.#heap = FractalHeapEditor.open(edit, fractalHeapAddress);
    this.#names = BTreeV2Editor.open(edit, nameIndexAddress, attributeName, ATTRIBUTE_NAME_RECORD_SIZE);
    if (order === undefined) return;
    this.#order = BTreeV2Editor.open(edit, order, attributeCreationOrder, ATTRIBUTE_CREATION_ORDER_RECORD_SIZE);
  }

  /** A heap without attributes, and its indexes. @param hasOrderIndex they are found by the order of their creation, too */
  static create(edit: EditContext, hasOrderIndex: boolean): DenseAttributesEditor {
    const { attributeName, attributeCreationOrder } = RecordType;
    const create = (type: number, recordSize: number): number =>
      BTreeV2Editor.create(edit, { type, recordSize }).address;
    return new DenseAttributesEditor(edit, {
      fractalHeapAddress: FractalHeapEditor.create(edit, ATTRIBUTE_HEAP).address,
      nameIndexAddress: create(attributeName, ATTRIBUTE_NAME_RECORD_SIZE),
      creationOrderIndexAddress: hasOrderIndex
        ? create(attributeCreationOrder, ATTRIBUTE_CREATION_ORDER_RECORD_SIZE)
        : undefined,
    });
  }

  get count(): number {
    return this.#names.totalRecords;
  }

  /** @throws UnsupportedError where it is in the file's heap of shared messages */
  find(name: Uint8Array): DenseAttribute | undefined {
    const record = this.#names.find(this.#byName(name));
    return record === undefined ? undefined : this.#attribute(record);
  }

  /** All attributes, in the order of the index by name. @throws UnsupportedError as `find` does */
  *attributes(): Generator<DenseAttribute> {
    for (const record of this.#names.records()) yield this.#attribute(record);
  }

  /** @throws H5Error "argument" where the name exists */
  insert(name: Uint8Array, { message, flags, creationOrder }: DenseAttribute): void {
    const record = { heapId: this.#heap.insert(message), flags, creationOrder };
    this.#names.insert(this.#nameRecord(name, record), this.#byName(name));
    this.#order?.insert(this.#orderRecord(record), byOrder(creationOrder));
  }

  /** Another message for the attribute of that name, which stays where it is among the others. @returns false: there is none */
  replace(name: Uint8Array, message: Uint8Array): boolean {
    const found = this.#names.find(this.#byName(name));
    if (found === undefined) return false;
    const old = this.#decode(found);
    if (this.#heap.overwrite(old.heapId, message)) return true;
    // The name is compared with the message that the record leads to: the old one goes last.
    const record = { ...old, heapId: this.#heap.insert(message) };
    this.#names.replace(this.#nameRecord(name, record), this.#byName(name));
    this.#order?.replace(this.#orderRecord(record), byOrder(record.creationOrder));
    this.#heap.remove(old.heapId);
    return true;
  }

  /** @returns false: there is none of that name */
  remove(name: Uint8Array): boolean {
    const found = this.#names.remove(this.#byName(name));
    if (found === undefined) return false;
    const { heapId, creationOrder } = this.#decode(found);
    this.#order?.remove(byOrder(creationOrder));
    this.#heap.remove(heapId);
    return true;
  }

  /** Gives heap and indexes back. */
  free(): void {
    this.#heap.free();
    this.#names.free();
    this.#order?.free();
  }

  #decode(bytes: Uint8Array): AttributeRecord {
    const record = decodeAttributeRecord(new Reader(bytes, this.#names.address, RECORD, this.#edit));
    if ((record.flags & MESSAGE_FLAG.shared) !== 0) {
      throw new UnsupportedError("attributes in the file's heap of shared object header messages are not written");
    }
    return record;
  }

  #attribute(bytes: Uint8Array): DenseAttribute {
    const { heapId, flags, creationOrder } = this.#decode(bytes);
    return { message: this.#heap.object(heapId).slice(), flags, creationOrder };
  }

  #nameRecord(name: Uint8Array, record: AttributeRecord): Uint8Array {
    const w = this.#edit.writer();
    encodeAttributeRecord(w, record);
    w.u32(lookup3(name));
    return w.bytes;
  }

  #orderRecord(record: AttributeRecord): Uint8Array {
    const w = this.#edit.writer();
    encodeAttributeRecord(w, record);
    return w.bytes;
  }

  #byName(name: Uint8Array): CompareRecord {
    const hash = lookup3(name);
    return (view, at) => {
      const order = hash - view.getUint32(at + ATTRIBUTE_NAME_HASH_AT, true);
      if (order !== 0) return order;
      const bytes = new Uint8Array(view.buffer, view.byteOffset + at, ATTRIBUTE_NAME_RECORD_SIZE);
      const message = this.#heap.object(this.#decode(bytes).heapId);
      return compareBytes(name, attributeMessageName(message, this.#heap.address, this.#edit));
    };
  }
}

function byOrder(creationOrder: number): CompareRecord {
  return (view, at) => creationOrder - view.getUint32(at + ATTRIBUTE_HEAP_ID + 1, true);
}
