import { Errno, ErrnoError } from "../errno.ts";

/** Bytes that are compared at once. */
const STEP = 4096;

/** The same bytes of a dataset's elements, three times. */
export interface ComparedBytes {
  /** Of all elements' bytes, the first is number `offset`. */
  readonly offset: number;
  /** As they were when a view of them was begun to be changed. */
  readonly before: Uint8Array;
  /** As that view has them. */
  readonly after: Uint8Array;
  /** As they are by now: the same array as `before` where nobody else has changed them. */
  readonly present: Uint8Array;
}

/**
 * Which elements a view has changed: ranges of bytes, from and to, of whole elements, in order.
 * @throws ErrnoError ESTALE where one of them was changed by another view meanwhile, to something else
 */
export function changedElements(parts: Iterable<ComparedBytes>, elementSize: number): [from: number, to: number][] {
  const here: [number, number][] = [];
  const there = new Set<number>();
  const apart = new Set<number>();
  for (const { offset, before, after, present } of parts) {
    for (const element of differing(before, after, offset, elementSize)) {
      const last = here.at(-1);
      const from = element * elementSize;
      if (last?.[1] === from) last[1] += elementSize;
      // An element may lie in two parts.
      else if (last === undefined || last[1] < from) here.push([from, from + elementSize]);
    }
    if (present === before) continue;
    for (const element of differing(before, present, offset, elementSize)) there.add(element);
    for (const element of differing(after, present, offset, elementSize)) apart.add(element);
  }
  if (there.size === 0) return here;
  for (const [from, to] of here) {
    for (let element = from / elementSize; element < to / elementSize; element++) {
      if (there.has(element) && apart.has(element)) {
        throw new ErrnoError(Errno.ESTALE, `element ${element} was changed through another view meanwhile`);
      }
    }
  }
  return here;
}

/** Numbers of the elements of which any byte differs, in order. @param offset of the first byte among those of all elements */
function* differing(a: Uint8Array, b: Uint8Array, offset: number, elementSize: number): Generator<number> {
  let last = -1;
  for (let start = 0; start < a.length; start += STEP) {
    const end = Math.min(start + STEP, a.length);
    if (Buffer.compare(a.subarray(start, end), b.subarray(start, end)) === 0) continue;
    for (let i = start; i < end; i++) {
      if (a[i] === b[i]) continue;
      const element = Math.floor((offset + i) / elementSize);
      if (element !== last) yield element;
      last = element;
    }
  }
}
