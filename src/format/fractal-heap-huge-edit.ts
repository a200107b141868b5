import { FormatError, H5Error } from "../errors.ts";
import type { CompareRecord } from "./b-tree-v2.ts";
import { BTreeV2Editor } from "./b-tree-v2-edit.ts";
import {
  decodeHugeObjectRecord,
  encodeHugeObjectRecord,
  type HugeObjectRecord,
  hugeObjectRecordSize,
  RecordType,
} from "./b-tree-v2-records.ts";
import type { EditContext } from "./edit-context.ts";
import type { EditedHeapHeader } from "./fractal-heap-header.ts";
import { type FractalHeapId, hasHugeAddresses, hugeKeySize } from "./fractal-heap-id.ts";
import { Reader } from "./reader.ts";

type HugeId = Extract<FractalHeapId, { kind: "huge" | "huge-indirect" }>;

/** The huge objects of a fractal heap that is being changed (Specification III.G): each in space of its own, counted in a B-tree. */
export class HugeObjects {
  #edit: EditContext;
  readonly #header: EditedHeapHeader;
  readonly #type: 1 | 3;

  constructor(edit: EditContext, header: EditedHeapHeader) {
    this.#edit = edit;
    this.#header = header;
    this.#type = hasHugeAddresses(header, edit) ? RecordType.hugeDirect : RecordType.hugeIndirect;
  }

  attach(edit: EditContext): void {
    this.#edit = edit;
  }

  read(id: HugeId): Uint8Array {
    const { address, length } = id.kind === "huge" ? id : this.#find(id);
    return this.#edit.context.space.read(address, length, "huge object of a fractal heap");
  }

  insert(object: Uint8Array): HugeId {
    const header = this.#header;
    const tree = this.#openOrCreate();
    let key: number | undefined;
    if (this.#type === RecordType.hugeIndirect) {
      key = header.nextHugeObjectId + 1;
      if (header.hugeIdsWrapped || key > Number.MAX_SAFE_INTEGER) {
        throw new H5Error(
          "limit",
          `the fractal heap at 0x${header.address.toString(16)} has no more ids for huge objects`,
        );
      }
      header.nextHugeObjectId = key;
      header.hugeIdsWrapped = key === 2 ** (8 * hugeKeySize(header)) - 1;
    }
    const address = this.#edit.allocate(object.length, "raw");
    this.#edit.write(address, object);
    const id: HugeId =
      key === undefined ? { kind: "huge", address, length: object.length } : { kind: "huge-indirect", key };
    const w = this.#edit.writer();
    const record = { address, length: object.length, filterMask: undefined, memorySize: undefined, id: key };
    encodeHugeObjectRecord(w, record);
    tree.insert(w.bytes, this.#compare(id));
    header.sizeOfHugeObjects += object.length;
    header.hugeObjects++;
    return id;
  }

  /** Other bytes, as many, for an object. */
  overwrite(id: HugeId, object: Uint8Array): void {
    const { address, length } = id.kind === "huge" ? id : this.#find(id);
    if (object.length !== length) throw new TypeError(`${object.length} bytes for an object of ${length}`);
    this.#edit.write(address, object);
  }

  remove(id: HugeId): void {
    const header = this.#header;
    const tree = this.#openOrCreate();
    const removed = tree.remove(this.#compare(id));
    if (removed === undefined) this.#fail();
    const { address, length } = this.#decode(removed);
    this.#edit.free(address, length);
    header.sizeOfHugeObjects -= length;
    header.hugeObjects--;
    if (header.hugeObjects > 0) return;
    tree.free();
    header.hugeObjectsBTreeAddress = undefined;
    header.nextHugeObjectId = 0;
    header.hugeIdsWrapped = false;
  }

  /** Gives all of them back, and the B-tree. */
  free(): void {
    if (this.#header.hugeObjectsBTreeAddress === undefined) return;
    const tree = this.#openOrCreate();
    for (const bytes of tree.records()) {
      const { address, length } = this.#decode(bytes);
      this.#edit.free(address, length);
    }
    tree.free();
  }

  #fail(): never {
    const { address } = this.#header;
    throw new FormatError("a huge object is not in the B-tree of huge objects", { structure: "fractal heap", address });
  }

  #find(id: HugeId): HugeObjectRecord {
    const record = this.#openOrCreate().find(this.#compare(id));
    if (record === undefined) this.#fail();
    return this.#decode(record);
  }

  #decode(record: Uint8Array): HugeObjectRecord {
    const address = this.#header.hugeObjectsBTreeAddress ?? 0;
    return decodeHugeObjectRecord(new Reader(record, address, "B-tree v2 record", this.#edit), this.#type);
  }

  #openOrCreate(): BTreeV2Editor {
    const recordSize = hugeObjectRecordSize(this.#type, this.#edit);
    const { hugeObjectsBTreeAddress } = this.#header;
    if (hugeObjectsBTreeAddress !== undefined) {
      return BTreeV2Editor.open(this.#edit, hugeObjectsBTreeAddress, this.#type, recordSize);
    }
    const tree = BTreeV2Editor.create(this.#edit, { type: this.#type, recordSize });
    this.#header.hugeObjectsBTreeAddress = tree.address;
    return tree;
  }

  /** By address and length where those are in the ids, else by key. */
  #compare(id: HugeId): CompareRecord {
    const recordSize = hugeObjectRecordSize(this.#type, this.#edit);
    return (view, at) => {
      const record = this.#decode(new Uint8Array(view.buffer, view.byteOffset + at, recordSize));
      if (id.kind === "huge-indirect") return id.key - (record.id ?? 0);
      return id.address - record.address || id.length - record.length;
    };
  }
}
