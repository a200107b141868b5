import type { EditContext } from "./edit-context.ts";
import { DoublingTable } from "./fractal-heap-doubling-table.ts";
import { HeapBlocks } from "./fractal-heap-edit-blocks.ts";
import { HeapFreeSpace } from "./fractal-heap-free-space.ts";
import {
  decodeFractalHeapHeader,
  type EditedHeapHeader,
  encodeFractalHeapHeader,
  fractalHeapHeaderSize,
} from "./fractal-heap-header.ts";
import { HugeObjects } from "./fractal-heap-huge-edit.ts";
import { decodeFractalHeapId, encodeFractalHeapId, type FractalHeapId, maxTinyObject } from "./fractal-heap-id.ts";
import { type KeptStructure, keepStructure } from "./kept-structures.ts";

const STRUCTURE = "fractal heap";

/** How a new heap is laid out. */
export interface NewFractalHeap {
  /** Bytes. */
  readonly startingBlockSize: number;
  /** Bits of an offset in the heap. */
  readonly offsetBits: number;
}

/** What all heaps have that libhdf5 makes for links and attributes. */
const WIDTH = 4;
const MAX_MANAGED_OBJECT_SIZE = 4 * 1024;
/** libhdf5 takes 64 KiB; but each transaction that changes a block computes the checksum of what follows in it. */
const MAX_DIRECT_BLOCK_SIZE = 16 * 1024;

/**
 * A fractal heap that is being changed (Specification III.G): objects are inserted, overwritten and removed. What was
 * changed is in memory until `write`, which the transaction calls.
 */
export class FractalHeapEditor implements KeptStructure {
  readonly address: number;
  #edit: EditContext;
  readonly #header: EditedHeapHeader;
  readonly #table: DoublingTable;
  readonly #blocks: HeapBlocks;
  readonly #huge: HugeObjects;
  #freeSpace: HeapFreeSpace | undefined;
  #changed = false;

  private constructor(edit: EditContext, header: EditedHeapHeader) {
    this.address = header.address;
    this.#edit = edit;
    this.#header = header;
    this.#table = new DoublingTable(header);
    this.#blocks = new HeapBlocks(edit, header, this.#table);
    this.#huge = new HugeObjects(edit, header);
  }

  /** An empty heap. */
  static create(edit: EditContext, { startingBlockSize, offsetBits }: NewFractalHeap): FractalHeapEditor {
    const address = edit.allocate(fractalHeapHeaderSize(edit), "metadata");
    const header: EditedHeapHeader = {
      address,
      heapIdLength: 0,
      checksummedDirectBlocks: true,
      hugeIdsWrapped: false,
      maxManagedObjectSize: MAX_MANAGED_OBJECT_SIZE,
      nextHugeObjectId: 0,
      hugeObjectsBTreeAddress: undefined,
      freeSpaceInManagedBlocks: 0,
      freeSpaceManagerAddress: undefined,
      managedSpace: 0,
      allocatedManagedSpace: 0,
      iteratorOffset: 0,
      managedObjects: 0,
      sizeOfHugeObjects: 0,
      hugeObjects: 0,
      sizeOfTinyObjects: 0,
      tinyObjects: 0,
      tableWidth: WIDTH,
      startingBlockSize,
      // Where lengths have 2 bytes, libhdf5 writes 0 in its place, and cannot read the heap.
      maxDirectBlockSize: Math.min(MAX_DIRECT_BLOCK_SIZE, 2 ** (8 * edit.sizeOfLengths - 1)),
      offsetBits,
      startingRowsInRootIndirectBlock: 1,
      rootBlockAddress: undefined,
      rowsInRootIndirectBlock: 0,
    };
    const { offsetWidth, lengthWidth } = new DoublingTable(header);
    header.heapIdLength = 1 + offsetWidth + lengthWidth;
    const editor = new FractalHeapEditor(edit, header);
    keepStructure(edit, address, editor);
    editor.#touch();
    return editor;
  }

  /** @throws FormatError where there is no fractal heap, UnsupportedError where it has filters */
  static open(edit: EditContext, address: number): FractalHeapEditor {
    const kept = edit.kept.get(address);
    const editor = kept instanceof FractalHeapEditor ? kept : FractalHeapEditor.#read(edit, address);
    keepStructure(edit, address, editor);
    return editor;
  }

  static #read(edit: EditContext, address: number): FractalHeapEditor {
    const r = edit.context.reader(address, fractalHeapHeaderSize(edit), STRUCTURE);
    return new FractalHeapEditor(edit, { ...decodeFractalHeapHeader(r) });
  }

  attach(edit: EditContext): void {
    if (edit === this.#edit) return;
    this.#edit = edit;
    this.#blocks.attach(edit);
    this.#huge.attach(edit);
    this.#freeSpace?.attach(edit);
  }

  get memory(): number {
    return this.#blocks.memory;
  }

  /** The bytes of an object: a view, until the next change. */
  object(id: Uint8Array): Uint8Array {
    const place = this.#decode(id);
    switch (place.kind) {
      case "managed":
        return this.#blocks.read(place.offset, place.length);
      case "tiny":
        return place.bytes;
      default:
        return this.#huge.read(place);
    }
  }

  /** @returns the new object's id */
  insert(object: Uint8Array): Uint8Array {
    if (object.length === 0) throw new TypeError("an object of no bytes");
    this.#touch();
    return encodeFractalHeapId(this.#insert(object), this.#header, this.#table, this.#edit);
  }

  /** Other bytes for an object, in its place. @returns false: they are not as many, or the id itself holds the object */
  overwrite(id: Uint8Array, object: Uint8Array): boolean {
    const place = this.#decode(id);
    if (place.kind === "tiny" || this.object(id).length !== object.length) return false;
    if (place.kind === "managed") this.#blocks.put(place.offset, object);
    else this.#huge.overwrite(place, object);
    this.#edit.keep(this);
    return true;
  }

  remove(id: Uint8Array): void {
    const place = this.#decode(id);
    this.#touch();
    switch (place.kind) {
      case "managed":
        this.#removeManaged(place);
        return;
      case "tiny":
        this.#header.sizeOfTinyObjects -= place.bytes.length;
        this.#header.tinyObjects--;
        return;
      default:
        this.#huge.remove(place);
    }
  }

  /** Gives all of it back. */
  free(): void {
    this.#huge.free();
    this.#space().free();
    this.#blocks.free();
    this.#edit.free(this.address, fractalHeapHeaderSize(this.#edit));
    this.#edit.forget(this);
  }

  write(): void {
    this.#blocks.write();
    if (!this.#changed) return;
    this.#freeSpace?.write();
    const w = this.#edit.writer();
    encodeFractalHeapHeader(w, this.#header);
    this.#edit.write(this.address, w.bytes);
    this.#changed = false;
  }

  /** The header is to be written, and whatever blocks have changed. */
  #touch(): void {
    this.#changed = true;
    this.#edit.keep(this);
  }

  #decode(id: Uint8Array): FractalHeapId {
    return decodeFractalHeapId(id, this.#header, this.#table, this.#edit);
  }

  #space(): HeapFreeSpace {
    this.#freeSpace ??= new HeapFreeSpace(this.#edit, this.#header);
    return this.#freeSpace;
  }

  #insert(object: Uint8Array): FractalHeapId {
    const { length } = object;
    if (length > this.#header.maxManagedObjectSize) return this.#huge.insert(object);
    if (length <= maxTinyObject(this.#header)) {
      this.#header.sizeOfTinyObjects += length;
      this.#header.tinyObjects++;
      return { kind: "tiny", bytes: object };
    }
    const offset = this.#allocate(length);
    this.#blocks.put(offset, object);
    this.#header.managedObjects++;
    this.#header.freeSpaceInManagedBlocks -= length;
    return { kind: "managed", offset, length };
  }

  #allocate(length: number): number {
    const found = this.#space().take(length);
    if (found !== undefined) return found;
    const made = this.#blocks.create(length);
    if (made.length > length) this.#space().add(made.offset + length, made.length - length);
    return made.offset;
  }

  #removeManaged({ offset, length }: { readonly offset: number; readonly length: number }): void {
    const { start, end } = this.#blocks.space(offset, length);
    this.#space().add(offset, length);
    this.#header.managedObjects--;
    this.#header.freeSpaceInManagedBlocks += length;
    if (!this.#space().isFree(start, end)) return;
    this.#space().drop(start, end);
    this.#blocks.remove(start);
  }
}

/** Where links and attributes are kept: with offsets of 4 and 5 bytes, their ids have 7 and 8. */
export const LINK_HEAP: NewFractalHeap = { startingBlockSize: 512, offsetBits: 32 };
export const ATTRIBUTE_HEAP: NewFractalHeap = { startingBlockSize: 1024, offsetBits: 40 };
