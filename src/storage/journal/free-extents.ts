import { H5Error } from "../../errors.ts";

/** [offset, offset + length) of the file. */
export interface Extent {
  readonly offset: number;
  readonly length: number;
}

/** Free extents of one size class that are looked at for the best fit before the next class is taken. */
const LOOKED_AT = 64;

/**
 * Extents that nothing uses; neighbours are one. Kept by size class (powers of two), so that finding room does not take
 * longer the more holes there are.
 */
export class FreeExtents {
  readonly #lengths = new Map<number, number>();
  readonly #startsByEnd = new Map<number, number>();
  /** By size class: starts, ascending. */
  readonly #classes: number[][] = [];

  #bytes = 0;

  /** Of all extents. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Extents in order. */
  *[Symbol.iterator](): Generator<Extent> {
    const starts = [...this.#lengths.keys()].sort((a, b) => a - b);
    for (const offset of starts) yield { offset, length: this.#lengths.get(offset) ?? 0 };
  }

  /** Where the free extent that ends at `end` begins; `end` where there is none. */
  startOfLast(end: number): number {
    return this.#startsByEnd.get(end) ?? end;
  }

  /** @throws H5Error where a part of it is free already: the caller's books are wrong, and data might be lost */
  add(offset: number, length: number): void {
    if (length === 0) return;
    if (this.#lengths.has(offset) || this.#startsByEnd.has(offset + length)) {
      throw new H5Error("format", `space at byte ${offset} is freed that is free already`);
    }
    let start = offset;
    let end = offset + length;
    const before = this.#startsByEnd.get(start);
    if (before !== undefined) {
      this.#remove(before);
      start = before;
    }
    const after = this.#lengths.get(end);
    if (after !== undefined) {
      this.#remove(end);
      end += after;
    }
    this.#insert(start, end - start);
  }

  /** Takes `length` bytes that begin at a multiple of `alignment`, counted from `origin`: out of the smallest extent that is found, the lowest of those. */
  take(length: number, alignment: number, origin = 0): number | undefined {
    const start = this.#find(length, alignment, origin);
    if (start === undefined) return undefined;
    const available = this.#lengths.get(start) ?? 0;
    const offset = alignUp(start - origin, alignment) + origin;
    this.#remove(start);
    if (offset > start) this.#insert(start, offset - start);
    const rest = start + available - (offset + length);
    if (rest > 0) this.#insert(offset + length, rest);
    return offset;
  }

  /** Takes back [offset, offset + length), all of which must be free. */
  claim(offset: number, length: number): void {
    if (length === 0) return;
    const start = this.#lengths.has(offset) ? offset : this.#startAround(offset);
    const end = start === undefined ? 0 : start + (this.#lengths.get(start) ?? 0);
    if (start === undefined || end < offset + length) {
      throw new H5Error("format", `space at byte ${offset} is not free`);
    }
    this.#remove(start);
    if (offset > start) this.#insert(start, offset - start);
    if (end > offset + length) this.#insert(offset + length, end - offset - length);
  }

  #startAround(offset: number): number | undefined {
    for (const [start, length] of this.#lengths) if (start <= offset && offset < start + length) return start;
    return undefined;
  }

  #find(length: number, alignment: number, origin: number): number | undefined {
    const fits = (start: number): boolean =>
      alignUp(start - origin, alignment) + origin + length <= start + (this.#lengths.get(start) ?? 0);
    for (let c = sizeClass(length); c < this.#classes.length; c++) {
      const starts = this.#classes[c] ?? [];
      let best: number | undefined;
      for (const start of starts.slice(0, LOOKED_AT)) {
        if (!fits(start)) continue;
        if (best === undefined || (this.#lengths.get(start) ?? 0) < (this.#lengths.get(best) ?? 0)) best = start;
      }
      if (best !== undefined) return best;
    }
    return undefined;
  }

  #insert(start: number, length: number): void {
    this.#bytes += length;
    this.#lengths.set(start, length);
    this.#startsByEnd.set(start + length, start);
    const c = sizeClass(length);
    while (this.#classes.length <= c) this.#classes.push([]);
    const starts = this.#classes[c] ?? [];
    starts.splice(lowerBound(starts, start), 0, start);
  }

  #remove(start: number): void {
    const length = this.#lengths.get(start) ?? 0;
    this.#bytes -= length;
    this.#lengths.delete(start);
    this.#startsByEnd.delete(start + length);
    const starts = this.#classes[sizeClass(length)] ?? [];
    starts.splice(lowerBound(starts, start), 1);
  }
}

export function alignUp(value: number, alignment: number): number {
  return Math.ceil(value / alignment) * alignment;
}

function sizeClass(length: number): number {
  return Math.floor(Math.log2(length));
}

function lowerBound(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
