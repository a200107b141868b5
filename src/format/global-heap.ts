import { LRUCache } from "lru-cache";
import { FormatError } from "../errors.ts";
import type { FormatContext } from "./context.ts";
import { type Extent, metadata } from "./extent.ts";
import { Reader, type Sizes } from "./reader.ts";
import type { Writer } from "./writer.ts";

const STRUCTURE = "global heap collection";

/** Bytes of collections that are kept, in all. */
const CACHE_SIZE = 16 * 1024 * 1024;

/** Global heap collection (Specification III.E): its bytes, and where in them each object is. */
interface Collection {
  readonly address: number;
  readonly bytes: Uint8Array;
  /** By index: start and end. Index 0 is the free space. */
  readonly extents: ReadonlyMap<number, readonly [start: number, end: number]>;
}

/** The objects of a file's global heap: variable-length data and region references. */
export class GlobalHeap {
  readonly #context: FormatContext;
  readonly #cache = new LRUCache<number, Collection>({
    maxSize: CACHE_SIZE,
    sizeCalculation: (collection) => collection.bytes.length + 64 * collection.extents.size + 1,
  });
  /** Neighbouring elements are in the same collection, which may be too large to be kept. */
  #last: Collection | undefined;

  constructor(context: FormatContext) {
    this.#context = context;
  }

  /**
   * The bytes of object `index` of the collection at `address`: a view, do not write to it.
   * @throws FormatError where the collection is damaged or has no such object
   */
  object(address: number, index: number): Uint8Array {
    const collection = this.#last?.address === address ? this.#last : this.#collection(address);
    const extent = index === 0 ? undefined : collection.extents.get(index);
    if (extent === undefined) throw new FormatError(`has no object ${index}`, { structure: STRUCTURE, address });
    return collection.bytes.subarray(extent[0], extent[1]);
  }

  #collection(address: number): Collection {
    let collection = this.#cache.get(address);
    if (collection === undefined) {
      collection = readCollection(this.#context, address);
      this.#cache.set(address, collection);
    }
    this.#last = collection;
    return collection;
  }
}

function readCollection(context: FormatContext, address: number): Collection {
  const headerSize = globalHeapHeaderSize(context);
  const head = context.reader(address, headerSize, STRUCTURE);
  head.signature("GCOL");
  head.version(1);
  head.skip(3);
  const size = head.length();
  if (size < headerSize) head.fail(`size is ${size}, less than its header's ${headerSize}`);

  const r = context.reader(address, size, STRUCTURE);
  const extents = new Map<number, readonly [number, number]>();
  r.skip(headerSize);
  // What is too small for another header is free space.
  while (r.remaining >= headerSize) {
    const start = r.position;
    const index = r.u16();
    r.skip(6); // reference count, reserved
    const objectSize = r.length();
    if (index === 0) {
      // Free space counts its own header, and is the last; a size of 0 ends the collection, too.
      if (objectSize < headerSize) break;
      if (objectSize > size - start) r.fail(`free space of ${objectSize} bytes at byte ${start} ends outside`);
      r.position = start + objectSize;
      continue;
    }
    const data = start + headerSize;
    if (objectSize > size - data) r.fail(`object ${index} of ${objectSize} bytes at byte ${data} ends outside`);
    if (extents.has(index)) r.fail(`object ${index} is there twice`);
    extents.set(index, [data, data + objectSize]);
    r.position = Math.min(size, data + roundUp8(objectSize));
  }
  return { address, bytes: r.bytes, extents };
}

export function roundUp8(n: number): number {
  return Math.ceil(n / 8) * 8;
}

/**
 * Bytes of a collection's header, and of an object's: both are padded to a multiple of 8 (the specification does not say so;
 * libhdf5's H5HG_SIZEOF_HDR does).
 */
export function globalHeapHeaderSize({ sizeOfLengths }: Pick<Sizes, "sizeOfLengths">): number {
  return roundUp8(8 + sizeOfLengths);
}

/** An object of a collection. */
export interface GlobalHeapObject {
  readonly index: number;
  readonly referenceCount: number;
  readonly bytes: Uint8Array;
}

/** A collection with all that is in it, for those who change it. */
export interface GlobalHeapCollection {
  /** Bytes that it takes. */
  readonly size: number;
  /** As they lie one after another, each rounded up to a multiple of 8. */
  readonly objects: readonly GlobalHeapObject[];
  /** The size that the free space after the objects says of itself; `undefined`: it is too small to say it. */
  readonly freeSpace: number | undefined;
}

/** @throws FormatError where the collection is damaged */
export function readGlobalHeapCollection(context: FormatContext, address: number): GlobalHeapCollection {
  const headerSize = globalHeapHeaderSize(context);
  const { bytes, extents } = readCollection(context, address);
  const r = new Reader(bytes, address, STRUCTURE, context);
  const objects: GlobalHeapObject[] = [];
  let end = headerSize;
  for (const [index, [from, to]] of extents) {
    r.position = from - headerSize + 2;
    objects.push({ index, referenceCount: r.u16(), bytes: bytes.subarray(from, to) });
    end = from + roundUp8(to - from);
  }
  if (bytes.length - end < headerSize) return { size: bytes.length, objects, freeSpace: undefined };
  r.position = end + 8;
  return { size: bytes.length, objects, freeSpace: r.length() };
}

/** @param owner one of the objects that have elements in it: a collection may have those of several */
export function extentOfGlobalHeapCollection(context: FormatContext, address: number, owner: number): Extent {
  return metadata(STRUCTURE, address, readCollection(context, address).bytes.length, owner);
}

/** Writes all bytes of a collection, zeros where it is free. */
export function encodeGlobalHeapCollection(w: Writer, { size, objects, freeSpace }: GlobalHeapCollection): void {
  const headerSize = globalHeapHeaderSize(w.sizes);
  const start = w.position;
  w.signature("GCOL");
  w.u8(1);
  w.zeros(3);
  w.length(size);
  w.zeros(start + headerSize - w.position);
  for (const object of objects) {
    encodeObjectHead(w, object.index, object.referenceCount, object.bytes.length);
    w.put(object.bytes);
    w.align(8, start);
  }
  if (freeSpace !== undefined) encodeObjectHead(w, 0, 0, freeSpace);
  w.zeros(start + size - w.position);
}

function encodeObjectHead(w: Writer, index: number, referenceCount: number, size: number): void {
  const end = w.position + globalHeapHeaderSize(w.sizes);
  w.u16(index);
  w.u16(referenceCount);
  w.zeros(4);
  w.length(size);
  w.zeros(end - w.position);
}
