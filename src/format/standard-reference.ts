import { type DataspaceSelection, decodeDataspaceSelection, encodeDataspaceSelection } from "./dataspace-selection.ts";
import { Reader } from "./reader.ts";
import { decodeText, encodeText } from "./text.ts";
import { Writer } from "./writer.ts";

/** What a standard reference (`H5R_ref_t` of HDF5 1.12, H5R__encode) leads to: an object, a region or an attribute of it. */
export interface StandardReference {
  /** The object's address in the file that it is in. */
  readonly address: number;
  /** The name of that file, where it is another one. */
  readonly file: string | undefined;
  readonly region: DataspaceSelection | undefined;
  readonly attribute: string | undefined;
}

/** How a standard reference is stored. */
export type StoredReference =
  /** All of it is in the element, from byte `at` on. */
  | { readonly kind: "inside"; readonly at: number }
  /** It is an object of the global heap; the element has its size at `sizeAt` and its id at `idAt`. */
  | { readonly kind: "heap"; readonly collection: number; readonly index: number; readonly idAt: number };

const OBJECT = 2;
const REGION = 3;
const ATTRIBUTE = 4;

/** Flag: the object is in another file. */
const EXTERNAL = 0x01;

/** Type and flags; in an element that has a heap id, the size of the object is between them and that. */
const PREFIX = 2;
const HEAP_ID = PREFIX + 4;

/** Where the reference of an element is; `undefined`: it is null. @param element at its beginning */
export function locateStandardReference(element: Reader): StoredReference | undefined {
  const type = element.u8();
  const isExternal = (element.u8() & EXTERNAL) !== 0;
  if (type === OBJECT && !isExternal) return { kind: "inside", at: PREFIX };
  element.position = HEAP_ID;
  const collection = element.offset();
  if (type === 0 && (collection === undefined || collection === 0)) return undefined;
  if (type < OBJECT || type > ATTRIBUTE) {
    element.fail(`type of a reference is ${type}, expected ${OBJECT} to ${ATTRIBUTE}`);
  }
  if (collection === undefined || collection === 0) element.fail("a reference of the heap has no heap object");
  return { kind: "heap", collection, index: element.u32(), idAt: HEAP_ID };
}

/**
 * @param element as it is stored
 * @param body the reference itself: the element from its place on, or the object of the heap
 */
export function decodeStandardReference(element: Uint8Array, body: Reader): StandardReference {
  const [type = 0, flags = 0] = element;
  const tokenSize = body.u8();
  if (tokenSize !== body.sizes.sizeOfOffsets) {
    body.fail(`the address in a reference has ${tokenSize} bytes, expected ${body.sizes.sizeOfOffsets}`);
  }
  const address = body.offset();
  if (address === undefined) body.fail("a reference leads nowhere");
  const file = (flags & EXTERNAL) !== 0 ? readText(body) : undefined;
  return {
    address,
    file,
    region: type === REGION ? readRegion(body) : undefined,
    attribute: type === ATTRIBUTE ? readText(body) : undefined,
  };
}

/** Where in the body of a reference its address is, after the number of the address's bytes. */
export const REFERENCE_ADDRESS = 1;

function readText(r: Reader): string {
  return decodeText(r.take(r.u16()));
}

/** Its size and rank, then the selection. */
function readRegion(r: Reader): DataspaceSelection {
  const size = r.u32();
  r.skip(4);
  return decodeDataspaceSelection(new Reader(r.take(size), r.address, "region reference", r.sizes));
}

/**
 * An element that is such a reference, into the file that it is in.
 * @param rank of the dataset that the region is in
 * @param insert puts the reference's body into the global heap
 */
export function encodeStandardReference(
  w: Writer,
  { address, region, attribute }: StandardReference,
  rank: number,
  insert: (body: Uint8Array) => { readonly collection: number; readonly index: number },
): void {
  const type = attribute !== undefined ? ATTRIBUTE : region !== undefined ? REGION : OBJECT;
  const body = new Writer(w.sizes);
  body.u8(w.sizes.sizeOfOffsets);
  body.offset(address);
  if (region !== undefined) {
    const selection = new Writer(w.sizes);
    encodeDataspaceSelection(selection, region);
    body.u32(selection.position);
    body.u32(rank);
    body.put(selection.bytes);
  } else if (attribute !== undefined) {
    const name = encodeText(attribute);
    body.u16(name.length);
    body.put(name);
  }
  w.u8(type);
  w.u8(0);
  if (type === OBJECT) {
    w.put(body.bytes);
    return;
  }
  const { collection, index } = insert(body.bytes);
  w.u32(body.position);
  w.offset(collection);
  w.u32(index);
}
