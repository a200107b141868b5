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

/**
 * Calls `found` with the address of the collection of each heap object that elements refer to, those in heap objects included.
 * @param bytes whole elements, as stored
 * @throws FormatError where the heap is damaged
 */
export function findHeapCollections(
  source: { readonly context: FormatContext; readonly globalHeap: GlobalHeap },
  type: Datatype,
  bytes: Uint8Array,
  found: (collection: number) => void,
): void {
  if (!refersToHeap(type)) return;
  const visit = (type: Datatype, bytes: Uint8Array): void => findHeapCollections(source, type, bytes, found);
  for (let at = 0; at + type.size <= bytes.length; at += type.size) {
    const element = bytes.subarray(at, at + type.size);
    switch (type.class) {
      case "vlen":
        heapObject(element, 4, (object) => visit(type.base, object));
        break;
      case "reference":
        visitReference(type, element);
        break;
      case "array":
        visit(type.base, element);
        break;
      case "compound":
        for (const { offset, type: member } of type.members)
          visit(member, element.subarray(offset, offset + member.size));
    }
  }

  function visitReference({ kind }: ReferenceType, element: Uint8Array): void {
    if (kind === "region") heapObject(element, 0, () => undefined);
    // A standard reference says itself of what kind it is: one to an object of this file has its address inside.
    else if (element[0] !== OBJECT_REFERENCE || element[1] !== 0)
      heapObject(element, STANDARD_HEAP_ID, () => undefined);
  }

  /** The object of the heap id at `idAt` (Specification III.E, "Global Heap ID"), unless it is a null one. */
  function heapObject(element: Uint8Array, idAt: number, use: (object: Uint8Array) => void): void {
    const r = new Reader(element, 0, "global heap id", source.context);
    r.skip(idAt);
    const address = r.offset();
    if (address === undefined || address === 0) return;
    found(address);
    use(source.globalHeap.object(address, r.u32()));
  }
}
