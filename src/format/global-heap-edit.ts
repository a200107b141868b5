import type { EditContext, EditedStructure } from "./edit-context.ts";
import {
  encodeGlobalHeapCollection,
  type GlobalHeapObject,
  globalHeapHeaderSize,
  readGlobalHeapCollection,
  roundUp8,
} from "./global-heap.ts";
import type { GlobalHeapSpace } from "./global-heap-space.ts";

/** libhdf5's least size of a collection (H5HG_MINSIZE), and its least size from which on it makes no larger one for small objects. */
const MIN_COLLECTION = 4096;
const MAX_COLLECTION = 65_536;

/** An object's index has 16 bits, and 0 is the free space. */
const MAX_INDEX = 65_535;

/** A collection that is being changed. Objects lie one after another from the header on; what is free is at the end. */
class OpenCollection {
  readonly address: number;
  readonly size: number;
  readonly #headerSize: number;
  readonly #objects: GlobalHeapObject[];
  #used: number;
  #lastIndex = 0;
  /** From here on the bytes differ from those of the file. */
  #changedFrom: number;

  constructor(address: number, size: number, headerSize: number, objects: readonly GlobalHeapObject[], isNew: boolean) {
    this.address = address;
    this.size = size;
    this.#headerSize = headerSize;
    this.#objects = [...objects];
    this.#used = headerSize;
    for (const { index, bytes } of objects) {
      this.#used += this.spaceFor(bytes.length);
      this.#lastIndex = Math.max(this.#lastIndex, index);
    }
    this.#changedFrom = isNew ? 0 : size;
  }

  spaceFor(length: number): number {
    return this.#headerSize + roundUp8(length);
  }

  /** Bytes that are free, the headers of objects included. */
  get room(): number {
    return this.size - this.#used;
  }

  get isEmpty(): boolean {
    return this.#objects.length === 0;
  }

  /** `undefined`: it has no room for so many bytes, or no number left. */
  insert(bytes: Uint8Array): number | undefined {
    if (this.spaceFor(bytes.length) > this.room) return undefined;
    const index = this.#nextIndex();
    if (index === undefined) return undefined;
    this.#changedFrom = Math.min(this.#changedFrom, this.#used);
    this.#objects.push({ index, referenceCount: 0, bytes: bytes.slice() });
    this.#used += this.spaceFor(bytes.length);
    return index;
  }

  #nextIndex(): number | undefined {
    if (this.#lastIndex < MAX_INDEX) return ++this.#lastIndex;
    if (this.#objects.length >= MAX_INDEX) return undefined;
    const taken = new Set(this.#objects.map(({ index }) => index));
    for (let index = 1; index <= MAX_INDEX; index++) if (!taken.has(index)) return index;
    return undefined;
  }

  /** As libhdf5 does, the objects behind it move down. One that is referred to several times only loses a reference. */
  remove(index: number): boolean {
    let at = this.#headerSize;
    for (const [i, object] of this.#objects.entries()) {
      const space = this.spaceFor(object.bytes.length);
      if (object.index === index) {
        if (object.referenceCount > 1) {
          this.#objects[i] = { ...object, referenceCount: object.referenceCount - 1 };
        } else {
          this.#objects.splice(i, 1);
          this.#used -= space;
        }
        this.#changedFrom = Math.min(this.#changedFrom, at);
        return true;
      }
      at += space;
    }
    return false;
  }

  write(edit: EditContext): void {
    if (this.#changedFrom >= this.size) return;
    const w = edit.writer();
    const freeSpace = this.room < this.#headerSize ? undefined : this.room;
    encodeGlobalHeapCollection(w, { size: this.size, objects: this.#objects, freeSpace });
    // What lies behind the header of the free space says nothing.
    const to = this.#changedFrom === 0 ? this.size : Math.min(this.size, this.#used + this.#headerSize);
    edit.write(this.address + this.#changedFrom, w.bytes.slice(this.#changedFrom, to));
    this.#changedFrom = this.size;
  }
}

const editors = new WeakMap<EditContext, GlobalHeapEditor>();

/** Puts objects into the global heap of a file (Specification III.E), and takes them out. */
export class GlobalHeapEditor implements EditedStructure {
  readonly #edit: EditContext;
  readonly #space: GlobalHeapSpace;
  readonly #headerSize: number;
  #filling: OpenCollection | undefined;
  /** Collections get larger, so that many objects do not take many. */
  #nextSize = MIN_COLLECTION;

  private constructor(edit: EditContext) {
    this.#edit = edit;
    this.#space = edit.globalHeapSpace;
    this.#headerSize = globalHeapHeaderSize(edit);
  }

  /** The one of a transaction. */
  static of(edit: EditContext): GlobalHeapEditor {
    let editor = editors.get(edit);
    if (editor === undefined) {
      editor = new GlobalHeapEditor(edit);
      editors.set(edit, editor);
    }
    return editor;
  }

  /** A collection of the file that may have room, such as the one of a dataset's last element. */
  offer(collection: number): void {
    const { size, objects, freeSpace } = readGlobalHeapCollection(this.#edit.context, collection);
    const room = objects.reduce((left, { bytes }) => left - this.#spaceFor(bytes.length), size - this.#headerSize);
    // Where there is free space between objects, it is left as it is.
    if (freeSpace === undefined || freeSpace !== room) return;
    if (this.#filling?.address !== collection) this.#space.remember(collection, room);
  }

  #spaceFor(length: number): number {
    return this.#headerSize + roundUp8(length);
  }

  /** @returns where it is: the address of its collection, and its number there */
  insert(bytes: Uint8Array): { readonly collection: number; readonly index: number } {
    this.#edit.keep(this);
    const filling = this.#filling;
    const index = filling?.insert(bytes);
    if (filling !== undefined && index !== undefined) return { collection: filling.address, index };
    this.write();
    const needed = this.#spaceFor(bytes.length);
    for (;;) {
      const collection = this.#withRoom(needed);
      this.#filling = collection;
      const found = collection.insert(bytes);
      if (found !== undefined) return { collection: collection.address, index: found };
      // It has room, but no number left.
      this.#space.remember(collection.address, 0);
    }
  }

  /**
   * Takes out an object whose element was overwritten or deleted, if nobody else can refer to it: that is known of what was
   * inserted since the file was opened. (Elements may have been copied as they are stored; whoever asked could not tell.)
   * A collection without objects is freed.
   * @returns whether it is gone
   */
  remove(collection: number, index: number): boolean {
    if (!this.#space.isOwn(collection)) return false;
    this.#edit.keep(this);
    if (this.#filling?.address !== collection) {
      this.write();
      this.#filling = this.#open(collection);
    }
    const filling = this.#filling;
    if (filling === undefined || !filling.remove(index)) return false;
    if (filling.isEmpty) {
      this.#edit.free(collection, filling.size);
      this.#space.forget(collection);
      this.#filling = undefined;
    }
    return true;
  }

  write(): void {
    if (this.#filling === undefined) return;
    this.#filling.write(this.#edit);
    this.#space.remember(this.#filling.address, this.#filling.room);
    this.#filling = undefined;
  }

  #withRoom(needed: number): OpenCollection {
    const known = this.#space.withRoom(needed);
    if (known !== undefined) return this.#open(known);
    const size = Math.max(this.#nextSize, roundUp8(this.#headerSize + needed));
    // A size of two bytes goes up to 65,535.
    this.#nextSize = Math.min(2 * this.#nextSize, this.#edit.sizeOfLengths > 2 ? MAX_COLLECTION : MAX_COLLECTION / 2);
    const address = this.#edit.allocate(size, size > MAX_COLLECTION ? "raw" : "metadata");
    this.#space.made(address);
    return new OpenCollection(address, size, this.#headerSize, [], true);
  }

  #open(address: number): OpenCollection {
    const { size, objects } = readGlobalHeapCollection(this.#edit.context, address);
    return new OpenCollection(address, size, this.#headerSize, objects, false);
  }
}
