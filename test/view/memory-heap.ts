import { H5Error } from "../../src/errors.ts";
import type { HeapWriter, ReferredObject } from "../../src/object/value-encode.ts";
import type { HeapResolver } from "../../src/object/value-heap.ts";

/** A heap in memory, whose objects are found by their number; it knows one path. */
export class MemoryHeap implements HeapWriter {
  readonly sizeOfOffsets = 8;
  readonly #values: Uint8Array[] = [];

  insert(bytes: Uint8Array): { collection: number; index: number } {
    return { collection: 1, index: this.#values.push(bytes.slice()) };
  }

  object(path: string): ReferredObject {
    if (path !== "/g") throw new H5Error("not-found", `${path}: there is no such link`);
    return { address: 96, dims: undefined, hasAttribute: () => false };
  }

  readonly resolver: HeapResolver = {
    vlen: (stored) => this.#values[new DataView(stored.buffer, stored.byteOffset).getUint32(12, true) - 1],
    path: (stored) => (stored[0] === 96 ? "/g" : undefined),
  };
}
