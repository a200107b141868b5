import { FormatError } from "../errors.ts";
import type { FormatContext } from "./context.ts";
import type { FractalHeap } from "./fractal-heap.ts";

/** Records sorted at a time: enough that each block of a heap is read few times, and a few MiB of memory. */
const WINDOW = 32 * 1024;
/** What is left of 53 bits when the place in the window has 15. Offsets above it are not sorted, only slower to read. */
const LARGEST_KEY = 2 ** 38 - 1;

/**
 * Records of a B-tree in the order in which their objects lie in the heap, a window at a time: in the order of an index
 * by hash each object would be in another block.
 * @param heapIdAt where in a record its heap id is
 */
export function* inHeapOrder(
  heap: FractalHeap,
  records: Iterable<Uint8Array>,
  heapIdAt: number,
): Generator<Uint8Array, void, undefined> {
  let window: Uint8Array[] = [];
  for (const record of records) {
    window.push(record);
    if (window.length === WINDOW) {
      yield* sorted(heap, window, heapIdAt);
      window = [];
    }
  }
  yield* sorted(heap, window, heapIdAt);
}

/**
 * Counts the bytes of a heap's objects as an index leads to them. Each has one record: together they are no larger than
 * the file, unless records share them, and then a small file could stand for any amount of memory.
 */
export class ObjectBytes {
  readonly #heap: FractalHeap;
  readonly #most: number;
  #total = 0;

  constructor(context: FormatContext, heap: FractalHeap) {
    this.#heap = heap;
    this.#most = context.space.end;
  }

  /** The object of that id. @throws FormatError where there have been more bytes of them than the file has */
  next(heapId: Uint8Array): Uint8Array {
    const object = this.#heap.object(heapId);
    this.#total += object.length;
    if (this.#total > this.#most) {
      throw new FormatError(`its index leads to ${this.#total} bytes of objects, more than the file holds`, {
        structure: "fractal heap",
        address: this.#heap.header.address,
      });
    }
    return object;
  }
}

function* sorted(heap: FractalHeap, window: readonly Uint8Array[], heapIdAt: number): Generator<Uint8Array> {
  // Key and place in one number, so that the sort needs no function of ours.
  const keys = new Float64Array(window.length);
  for (let i = 0; i < window.length; i++) {
    const record = window[i];
    if (record !== undefined) keys[i] = Math.min(heap.offsetOf(record, heapIdAt), LARGEST_KEY) * WINDOW + i;
  }
  keys.sort();
  for (const key of keys) {
    const record = window[key % WINDOW];
    if (record !== undefined) yield record;
  }
}
