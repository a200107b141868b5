import { type Selector, selectedIndex, selectorCount } from "../../src/chunk/selection.ts";

/** What an array must hold after the same changes: the truth that a dataset is compared with. */
export class ArrayModel {
  shape: readonly number[];
  /** The elements in C order. */
  bytes: Uint8Array<ArrayBuffer>;
  readonly #fill: Uint8Array;

  /** @param fill one element */
  constructor(shape: readonly number[], fill: Uint8Array) {
    this.#fill = fill;
    this.shape = shape;
    this.bytes = this.#filled(shape);
  }

  /** Elements of 4 bytes, to be read and written. */
  get values(): Int32Array {
    return new Int32Array(this.bytes.buffer);
  }

  set(selectors: readonly Selector[], source: Uint8Array): void {
    const size = this.#fill.length;
    let from = 0;
    const visit = (d: number, element: number): void => {
      const selector = selectors[d];
      if (selector === undefined) {
        this.bytes.set(source.subarray(from, from + size), element * size);
        from += size;
        return;
      }
      for (let i = 0; i < selectorCount(selector); i++) {
        visit(d + 1, element * (this.shape[d] ?? 1) + selectedIndex(selector, i));
      }
    };
    visit(0, 0);
  }

  resize(shape: readonly number[]): void {
    const old = this.bytes;
    this.bytes = this.#filled(shape);
    const kept = shape.map((dim, d) => Math.min(dim, this.shape[d] ?? 0));
    const size = this.#fill.length;
    const visit = (d: number, from: number, to: number): void => {
      if (d === kept.length) {
        this.bytes.set(old.subarray(from * size, (from + 1) * size), to * size);
        return;
      }
      for (let i = 0; i < (kept[d] ?? 0); i++) {
        visit(d + 1, from * (this.shape[d] ?? 1) + i, to * (shape[d] ?? 1) + i);
      }
    };
    visit(0, 0, 0);
    this.shape = shape;
  }

  #filled(shape: readonly number[]): Uint8Array<ArrayBuffer> {
    const size = this.#fill.length;
    const bytes = new Uint8Array(product(shape) * size);
    if (this.#fill.some((byte) => byte !== 0)) {
      for (let at = 0; at < bytes.length; at += size) bytes.set(this.#fill, at);
    }
    return bytes;
  }
}

export function product(shape: readonly number[]): number {
  return shape.reduce((n, dim) => n * dim, 1);
}

/** Whole numbers below `limit`, the same for the same seed. */
export function seededBelow(seed: number): (limit: number) => number {
  let state = seed >>> 0 || 1;
  return (limit) => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % limit;
  };
}

/** Some indexes along a dimension of that length: all, some with a step, or a list in any order. */
export function someIndexes(dim: number, below: (limit: number) => number): Selector {
  const how = below(4);
  if (how === 0 || dim === 0) return { kind: "range", start: 0, step: 1, count: dim };
  const start = below(dim);
  if (how < 3) {
    const step = how === 1 ? 1 : 1 + below(4);
    return { kind: "range", start, step, count: 1 + below(Math.floor((dim - 1 - start) / step) + 1) };
  }
  const indexes = Array.from({ length: 1 + below(Math.min(dim, 6)) }, () => below(dim));
  return { kind: "list", indexes: [...new Set(indexes)] };
}
