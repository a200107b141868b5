import { FormatError } from "../errors.ts";
import type { FormatContext } from "./context.ts";
import { type Extent, metadata } from "./extent.ts";
import { Reader, type Sizes } from "./reader.ts";
import { Writer } from "./writer.ts";

const STRUCTURE = "local heap";

/** The head of a free list that is empty: no offset is odd. */
const NO_FREE_BLOCK = 1;

/** How many bytes of a name are looked at first. */
const FIRST_LOOK = 64;

/** Local heap (Specification III.D): the names of an old-style group's links, and the targets of its soft links. */
export class LocalHeap {
  readonly address: number;
  readonly dataSize: number;
  readonly dataAddress: number;
  /** Offset of the first free block in the data segment; `undefined`: none. */
  readonly freeListHead: number | undefined;
  readonly #context: FormatContext;

  constructor(context: FormatContext, address: number) {
    const { sizeOfOffsets, sizeOfLengths } = context;
    const r = context.reader(address, 8 + 2 * sizeOfLengths + sizeOfOffsets, STRUCTURE);
    r.signature("HEAP");
    r.version(0);
    r.skip(3);
    this.address = address;
    this.dataSize = r.length();
    const head = r.lengthOrUnlimited();
    this.freeListHead = head === NO_FREE_BLOCK ? undefined : head;
    this.dataAddress = r.definedOffset("address of the data segment");
    this.#context = context;
    context.space.check(this.dataAddress, this.dataSize, "local heap data segment");
  }

  /** The string at `offset`, without its NUL: a view, not a copy. Reads little, however large the heap is. */
  string(offset: number): Uint8Array {
    for (let length = FIRST_LOOK; ; length *= 8) {
      const available = Math.min(length, this.dataSize - offset);
      if (available <= 0) this.#fail(offset, "lies outside the data segment");
      const bytes = this.#context.space.read(this.dataAddress + offset, available, STRUCTURE);
      const end = bytes.indexOf(0);
      if (end >= 0) return bytes.subarray(0, end);
      if (available < length) this.#fail(offset, "has no terminating NUL");
    }
  }

  #fail(offset: number, what: string): never {
    throw new FormatError(`the string at offset ${offset} of ${this.dataSize} ${what}`, {
      structure: STRUCTURE,
      address: this.address,
    });
  }
}

export function extentsOfLocalHeap(heap: LocalHeap, sizes: Sizes, owner: number): Extent[] {
  return [
    metadata(STRUCTURE, heap.address, localHeapHeaderSize(sizes), owner),
    metadata("local heap data segment", heap.dataAddress, heap.dataSize, owner),
  ].filter(({ length }) => length > 0);
}

/** Bytes that a heap's header takes: libhdf5 rounds them up to a multiple of 8. */
export function localHeapHeaderSize({ sizeOfOffsets, sizeOfLengths }: Sizes): number {
  return Math.ceil((8 + 2 * sizeOfLengths + sizeOfOffsets) / 8) * 8;
}

export function encodeLocalHeapHeader(
  w: Writer,
  heap: Pick<LocalHeap, "dataSize" | "freeListHead" | "dataAddress">,
): void {
  const end = w.position + localHeapHeaderSize(w.sizes);
  w.signature("HEAP");
  w.u8(0);
  w.zeros(3);
  w.length(heap.dataSize);
  w.length(heap.freeListHead ?? NO_FREE_BLOCK);
  w.offset(heap.dataAddress);
  w.zeros(end - w.position);
}

/** A free block of a heap's data segment: it begins with the offset of the next one and its own size. */
export interface LocalHeapFreeBlock {
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
}

/** The fields that a free block begins with. @returns `next`: where the next one begins; `undefined`: it is the last */
export function decodeLocalHeapFreeBlock(r: Reader): { readonly size: number; readonly next: number | undefined } {
  const next = r.length();
  return { size: r.length(), next: next === NO_FREE_BLOCK ? undefined : next };
}

export function encodeLocalHeapFreeBlock(w: Writer, size: number, next: number | undefined): void {
  w.length(next ?? NO_FREE_BLOCK);
  w.length(size);
}

/** The free list of a heap whose data segment is `data`. @throws FormatError where it leads outside, or back */
export function decodeLocalHeapFreeList(
  context: FormatContext,
  heap: Pick<LocalHeap, "freeListHead" | "dataAddress">,
  data: Uint8Array,
): LocalHeapFreeBlock[] {
  const r = new Reader(data, heap.dataAddress, "free list of a local heap", context);
  const blocks: LocalHeapFreeBlock[] = [];
  let free = 0;
  for (let offset = heap.freeListHead; offset !== undefined; ) {
    if (offset > data.length) r.fail(`a free block begins at byte ${offset} of ${data.length}`);
    r.position = offset;
    const { size, next } = decodeLocalHeapFreeBlock(r);
    free += size;
    if (size < 2 * context.sizeOfLengths || offset + size > data.length || free > data.length) {
      r.fail(`a free block at byte ${offset} has ${size} bytes`);
    }
    blocks.push({ offset, size });
    offset = next;
  }
  return blocks;
}

/** Writes the free blocks' own fields into `data`, a heap's data segment. */
export function putLocalHeapFreeList(data: Uint8Array, blocks: readonly LocalHeapFreeBlock[], sizes: Sizes): void {
  for (const [i, { offset, size }] of blocks.entries()) {
    const w = new Writer(sizes);
    encodeLocalHeapFreeBlock(w, size, blocks[i + 1]?.offset);
    data.set(w.bytes, offset);
  }
}
