import type { FormatContext } from "../format/context.ts";
import type { Datatype, ReferenceType } from "../format/datatype.ts";
import type { GlobalHeap } from "../format/global-heap.ts";
import { Reader } from "../format/reader.ts";

/** Type of a standard reference (`H5R_OBJECT2`); flags follow it. */
const OBJECT_REFERENCE = 2;
/** Where in a standard reference its heap id is: after type, flags and the number of bytes. */
const STANDARD_HEAP_ID = 2 + 4;

/** Whether elements of that type refer to objects of the global heap. */
export function refersToHeap(type: Datatype): boolean {
  switch (type.class) {
    case "vlen":
      return true;
    case "reference":
      return type.kind !== "object";
    case "array":
      return refersToHeap(type.base);
    case "compound":
      return type.members.some((member) => refersToHeap(member.type));
    default:
      return false;
  }
}

/** What has a file's global heap. */
interface HeapSource {
  readonly context: FormatContext;
  readonly globalHeap: GlobalHeap;
}

/** Finds the collections of the global heap that elements have objects in, those in objects of the heap included. */
export class HeapCollections {
  readonly #source: HeapSource;
  readonly #found: (collection: number, index: number) => void;
  /** Objects whose own elements were looked through, by type: damaged ones may lead to the same ones over and over. */
  readonly #visited = new Map<Datatype, Set<string>>();

  /** @param found is called with a collection's address and the number of an object in it, once for each that is met */
  constructor(source: HeapSource, found: (collection: number, index: number) => void) {
    this.#source = source;
    this.#found = found;
  }

  /**
   * @param bytes whole elements, as stored
   * @throws FormatError where an element's object is not there
   */
  visit(type: Datatype, bytes: Uint8Array): void {
    if (type.size < 1 || !refersToHeap(type)) return;
    for (let at = 0; at + type.size <= bytes.length; at += type.size) {
      this.#element(type, bytes.subarray(at, at + type.size));
    }
  }

  #element(type: Datatype, element: Uint8Array): void {
    switch (type.class) {
      case "vlen":
        this.#object(element, 4, type.base);
        break;
      case "reference":
        this.#reference(type, element);
        break;
      case "array":
        this.visit(type.base, element);
        break;
      case "compound":
        for (const { offset, type: member } of type.members) {
          this.visit(member, element.subarray(offset, offset + member.size));
        }
    }
  }

  #reference({ kind }: ReferenceType, element: Uint8Array): void {
    if (kind === "region") this.#object(element, 0, undefined);
    // A standard reference says itself of what kind it is: one to an object of this file has its address inside.
    else if (element[0] !== OBJECT_REFERENCE || element[1] !== 0) this.#object(element, STANDARD_HEAP_ID, undefined);
  }

  /** The object of the heap id at `idAt` (Specification III.E, "Global Heap ID"), unless it is a null one. */
  #object(element: Uint8Array, idAt: number, base: Datatype | undefined): void {
    const r = new Reader(element, 0, "global heap id", this.#source.context);
    r.skip(idAt);
    const address = r.offset();
    if (address === undefined || address === 0) return;
    const index = r.u32();
    const object = this.#source.globalHeap.object(address, index);
    this.#found(address, index);
    if (base === undefined || !refersToHeap(base)) return;
    let visited = this.#visited.get(base);
    if (visited === undefined) {
      visited = new Set();
      this.#visited.set(base, visited);
    }
    const key = `${address} ${index}`;
    if (visited.has(key)) return;
    visited.add(key);
    this.visit(base, object);
  }
}
