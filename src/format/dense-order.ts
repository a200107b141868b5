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
