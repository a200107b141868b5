import { UnsupportedError } from "../errors.ts";
import type { Datatype, ReferenceType, VlenType } from "../format/datatype.ts";
import { Reader } from "../format/reader.ts";
import { decodeStandardReference, locateStandardReference, REFERENCE_ADDRESS } from "../format/standard-reference.ts";
import { putUint } from "../storage/little-endian.ts";
import type { H5File } from "./file.ts";
import type { FileHeapWriter } from "./heap-writer.ts";
import { heapOf } from "./value-heap.ts";

/** Where an object of the source is in the target; `undefined`: nowhere. */
export type AddressOf = (source: number) => number | undefined;

/** Whether elements of that type have more in them than their own bytes: addresses of a file, which mean nothing in another. */
export function hasAddresses(type: Datatype): boolean {
  switch (type.class) {
    case "reference":
      return true;
    case "array":
    case "vlen":
      return type.class === "vlen" || hasAddresses(type.base);
    case "compound":
      return type.members.some((member) => hasAddresses(member.type));
    default:
      return false;
  }
}

/**
 * Makes elements of one file those of another: what they have in the global heap is put into the target's, and references lead to
 * where their objects are there.
 */
export class ElementCopier {
  readonly #source: H5File;
  readonly #heap: FileHeapWriter;
  readonly #addressOf: AddressOf;

  /** @throws UnsupportedError where addresses have another size in the target: such elements would have another size, too */
  constructor(source: H5File, heap: FileHeapWriter, addressOf: AddressOf) {
    if (source.context.sizeOfOffsets !== heap.sizeOfOffsets) {
      throw new UnsupportedError(
        `${source.name}: has addresses of ${source.context.sizeOfOffsets} bytes; what refers to other data cannot be copied to a file with ${heap.sizeOfOffsets}`,
      );
    }
    this.#source = source;
    this.#heap = heap;
    this.#addressOf = addressOf;
  }

  /** @param bytes whole elements as stored; a copy of them is made */
  copy(type: Datatype, bytes: Uint8Array): Uint8Array {
    const out = bytes.slice();
    this.#elements(type, out);
    return out;
  }

  #elements(type: Datatype, bytes: Uint8Array): void {
    if (type.size < 1 || !hasAddresses(type)) return;
    for (let at = 0; at + type.size <= bytes.length; at += type.size) {
      this.#element(type, bytes.subarray(at, at + type.size));
    }
  }

  #element(type: Datatype, element: Uint8Array): void {
    switch (type.class) {
      case "vlen":
        this.#vlen(type, element);
        break;
      case "reference":
        this.#reference(type, element);
        break;
      case "array":
        this.#elements(type.base, element);
        break;
      case "compound":
        for (const { offset, type: member } of type.members) {
          this.#elements(member, element.subarray(offset, offset + member.size));
        }
    }
  }

  #vlen(type: VlenType, element: Uint8Array): void {
    const stored = heapOf(this.#source).vlen(element, type);
    if (stored === undefined) {
      element.fill(0);
      return;
    }
    const bytes = stored.slice();
    if (hasAddresses(type.base)) this.#elements(type.base, bytes);
    this.#putHeapId(element, 4, bytes);
  }

  #reference({ kind }: ReferenceType, element: Uint8Array): void {
    if (kind === "object") {
      putUint(element, 0, this.#heap.sizeOfOffsets, this.#mapped(element) ?? 0);
      return;
    }
    if (kind !== "region") {
      this.#standardReference(element);
      return;
    }
    const r = new Reader(element, 0, "region reference", this.#source.context);
    const collection = r.offset();
    const object =
      collection === undefined || collection === 0 ? undefined : this.#source.globalHeap.object(collection, r.u32());
    const address = object === undefined ? undefined : this.#mapped(object);
    if (object === undefined || address === undefined) {
      element.fill(0);
      return;
    }
    const bytes = object.slice();
    putUint(bytes, 0, this.#heap.sizeOfOffsets, address);
    this.#putHeapId(element, 0, bytes);
  }

  /** What leads into another file stays as it is. */
  #standardReference(element: Uint8Array): void {
    const { context, globalHeap } = this.#source;
    const place = locateStandardReference(new Reader(element, 0, "standard reference", context));
    if (place === undefined) return;
    const body =
      place.kind === "inside" ? element.subarray(place.at) : globalHeap.object(place.collection, place.index).slice();
    const { address, file } = decodeStandardReference(element, new Reader(body, 0, "standard reference", context));
    if (file === undefined) {
      const mapped = this.#addressOf(address);
      if (mapped === undefined) {
        element.fill(0);
        return;
      }
      putUint(body, REFERENCE_ADDRESS, this.#heap.sizeOfOffsets, mapped);
    }
    if (place.kind === "heap") this.#putHeapId(element, place.idAt, body);
  }

  /** What the address at the beginning of `bytes` is in the target; `undefined`: it is null, or leads to what is not there. */
  #mapped(bytes: Uint8Array): number | undefined {
    const address = new Reader(bytes, 0, "reference", this.#source.context).offset();
    return address === undefined || address === 0 ? undefined : this.#addressOf(address);
  }

  #putHeapId(element: Uint8Array, at: number, object: Uint8Array): void {
    const { collection, index } = this.#heap.insert(object);
    const { sizeOfOffsets } = this.#heap;
    putUint(element, at, sizeOfOffsets, collection);
    new DataView(element.buffer, element.byteOffset + at + sizeOfOffsets).setUint32(0, index, true);
  }
}
