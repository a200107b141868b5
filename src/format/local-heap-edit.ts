import { FormatError } from "../errors.ts";
import type { EditContext } from "./edit-context.ts";
import {
  decodeLocalHeapFreeBlock,
  encodeLocalHeapFreeBlock,
  encodeLocalHeapHeader,
  LocalHeap,
  type LocalHeapFreeBlock,
  localHeapHeaderSize,
} from "./local-heap.ts";

/** Strings begin at multiples of this. */
const ALIGNMENT = 8;

/** The data segment of a new heap: the empty string, and room for some names. */
const FIRST_SIZE = 88;

/**
 * A local heap that is being changed (Specification III.D): strings are put into free blocks of its data segment, which
 * moves where it has to grow. Each change is written at once.
 */
export class LocalHeapEditor {
  readonly #edit: EditContext;
  readonly #address: number;
  #dataAddress: number;
  #dataSize: number;
  #free: LocalHeapFreeBlock[];

  constructor(edit: EditContext, address: number) {
    const heap = new LocalHeap(edit.context, address);
    this.#edit = edit;
    this.#address = address;
    this.#dataAddress = heap.dataAddress;
    this.#dataSize = heap.dataSize;
    this.#free = this.#readFreeList(heap.freeListHead);
  }

  /** A new heap that holds nothing but the empty string, at offset 0. @returns its address */
  static create(edit: EditContext): number {
    const address = edit.allocate(localHeapHeaderSize(edit), "metadata");
    const dataAddress = edit.allocate(FIRST_SIZE, "metadata");
    edit.write(dataAddress, new Uint8Array(FIRST_SIZE));
    const w = edit.writer();
    encodeLocalHeapHeader(w, { dataSize: FIRST_SIZE, freeListHead: ALIGNMENT, dataAddress });
    edit.write(address, w.bytes);
    const block = edit.writer();
    encodeLocalHeapFreeBlock(block, FIRST_SIZE - ALIGNMENT, undefined);
    edit.write(dataAddress + ALIGNMENT, block.bytes);
    return address;
  }

  /** The string at `offset`, without its NUL. */
  string(offset: number): Uint8Array {
    return new LocalHeap(this.#edit.context, this.#address).string(offset);
  }

  /** Stores a string. @returns its offset */
  insert(text: Uint8Array): number {
    const size = Math.ceil((text.length + 1) / ALIGNMENT) * ALIGNMENT;
    const index = this.#find(size) ?? this.#grow(size);
    const { offset, size: available } = this.#free[index] ?? { offset: 0, size: 0 };
    if (available === size) this.#free.splice(index, 1);
    else this.#free[index] = { offset: offset + size, size: available - size };
    const padded = new Uint8Array(size);
    padded.set(text);
    this.#edit.write(this.#dataAddress + offset, padded);
    this.#writeFreeList();
    return offset;
  }

  /** The string at `offset` is needed no more. Too small a piece to stand in the list is lost, unless it joins another. */
  remove(offset: number): void {
    const size = Math.ceil((this.string(offset).length + 1) / ALIGNMENT) * ALIGNMENT;
    let start = offset;
    let end = offset + size;
    for (const block of this.#free) {
      if (block.offset + block.size === start) start = block.offset;
      else if (block.offset === end) end += block.size;
    }
    if (end - start < 2 * this.#edit.sizeOfLengths) return;
    this.#free = this.#free.filter((block) => block.offset < start || block.offset >= end);
    this.#free.unshift({ offset: start, size: end - start });
    this.#writeFreeList();
  }

  /** A free block of that size, or of which enough is left to be one. */
  #find(size: number): number | undefined {
    const least = 2 * this.#edit.sizeOfLengths;
    const index = this.#free.findIndex((block) => block.size === size || block.size >= size + least);
    return index < 0 ? undefined : index;
  }

  /** Moves the data segment to a larger place. @returns the free block at its end */
  #grow(size: number): number {
    const last = this.#free.findIndex((block) => block.offset + block.size === this.#dataSize);
    const start = this.#free[last]?.offset ?? this.#dataSize;
    // So much that what is left is a block again.
    const newSize = Math.max(2 * this.#dataSize, start + size + Math.max(ALIGNMENT, 2 * this.#edit.sizeOfLengths));
    const data = new Uint8Array(newSize);
    data.set(this.#edit.context.space.read(this.#dataAddress, this.#dataSize, "local heap data segment"));
    const address = this.#edit.allocate(newSize, "metadata");
    this.#edit.write(address, data);
    this.#edit.free(this.#dataAddress, this.#dataSize);
    this.#dataAddress = address;
    this.#dataSize = newSize;
    if (last >= 0) this.#free.splice(last, 1);
    this.#free.push({ offset: start, size: newSize - start });
    return this.#free.length - 1;
  }

  #readFreeList(head: number | undefined): LocalHeapFreeBlock[] {
    const blocks: LocalHeapFreeBlock[] = [];
    const { context, sizeOfLengths } = this.#edit;
    for (let offset = head; offset !== undefined; ) {
      if (offset + 2 * sizeOfLengths > this.#dataSize || blocks.length * ALIGNMENT > this.#dataSize) {
        throw new FormatError("its free list leads outside, or back", {
          structure: "local heap",
          address: this.#address,
        });
      }
      const r = context.reader(this.#dataAddress + offset, 2 * sizeOfLengths, "free block of a local heap");
      const { size, next } = decodeLocalHeapFreeBlock(r);
      blocks.push({ offset, size });
      offset = next;
    }
    return blocks;
  }

  #writeFreeList(): void {
    for (const [i, { offset, size }] of this.#free.entries()) {
      const w = this.#edit.writer();
      encodeLocalHeapFreeBlock(w, size, this.#free[i + 1]?.offset);
      this.#edit.write(this.#dataAddress + offset, w.bytes);
    }
    const w = this.#edit.writer();
    encodeLocalHeapHeader(w, {
      dataSize: this.#dataSize,
      freeListHead: this.#free[0]?.offset,
      dataAddress: this.#dataAddress,
    });
    this.#edit.write(this.#address, w.bytes);
  }
}
