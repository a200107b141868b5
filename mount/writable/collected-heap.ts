import { H5Error } from "../../src/errors.ts";
import type { Datatype } from "../../src/format/datatype.ts";
import type { HeapWriter, ReferredObject } from "../../src/object/value-encode.ts";
import { putUint } from "../../src/storage/little-endian.ts";

/** Values that are to be put into the heap, one after the other; plain data, which other threads can be given. */
export interface HeapValues {
  readonly bytes: Uint8Array;
  readonly lengths: Uint32Array;
}

/** What elements refer to, before there is a heap for it: they have the numbers of these values, counted from 1. */
export class CollectedHeap implements HeapWriter {
  readonly sizeOfOffsets: number;
  #values: Uint8Array[] = [];

  constructor(sizeOfOffsets: number) {
    this.sizeOfOffsets = sizeOfOffsets;
  }

  insert(bytes: Uint8Array): { readonly collection: number; readonly index: number } {
    return { collection: 0, index: this.#values.push(bytes.slice()) };
  }

  object(path: string): ReferredObject {
    throw new H5Error("argument", `${path}: a reference cannot be made before the elements are in the file`);
  }

  /** The values since this was called last; the next has the number 1. */
  take(): HeapValues {
    const values = this.#values;
    this.#values = [];
    return { bytes: Buffer.concat(values), lengths: Uint32Array.from(values, ({ length }) => length) };
  }
}

/** Puts what elements refer to into a heap, and in the elements its place there for the number of the value. */
export class HeapValuePlacer {
  readonly #values: HeapValues;
  /** Where each value begins. */
  readonly #starts: Uint32Array;

  constructor(values: HeapValues) {
    this.#values = values;
    this.#starts = new Uint32Array(values.lengths.length);
    let start = 0;
    for (const [i, length] of values.lengths.entries()) {
      this.#starts[i] = start;
      start += length;
    }
  }

  /** @param elements whole ones of that type, which are changed */
  place(type: Datatype, elements: Uint8Array, heap: HeapWriter): void {
    const places = heapPlaces(type, 0);
    if (places.length === 0) return;
    const view = new DataView(elements.buffer, elements.byteOffset, elements.length);
    const { sizeOfOffsets } = heap;
    for (let element = 0; element < elements.length; element += type.size) {
      for (const { offset, base, refers } of places) {
        const at = element + offset;
        const number = view.getUint32(at + 4 + sizeOfOffsets, true);
        // A null.
        if (number === 0) continue;
        const start = this.#starts[number - 1] ?? 0;
        let value = this.#values.bytes.subarray(start, start + (this.#values.lengths[number - 1] ?? 0));
        if (refers) {
          value = value.slice();
          this.place(base, value, heap);
        }
        const { collection, index } = heap.insert(value);
        putUint(elements, at + 4, sizeOfOffsets, collection);
        view.setUint32(at + 4 + sizeOfOffsets, index, true);
      }
    }
  }
}

/** A value in the heap (Specification IV.B, "Variable-length"), and what it is made of. */
interface HeapPlace {
  /** In an element. */
  readonly offset: number;
  readonly base: Datatype;
  /** Whether it has values in the heap itself. */
  readonly refers: boolean;
}

function heapPlaces(type: Datatype, at: number): HeapPlace[] {
  switch (type.class) {
    case "vlen":
      return [{ offset: at, base: type.base, refers: heapPlaces(type.base, 0).length > 0 }];
    case "compound":
      return type.members.flatMap((member) => heapPlaces(member.type, at + member.offset));
    case "array": {
      const count = type.dims.reduce((product, dim) => product * dim, 1);
      return Array.from({ length: count }, (_, i) => heapPlaces(type.base, at + i * type.base.size)).flat();
    }
    default:
      return [];
  }
}
