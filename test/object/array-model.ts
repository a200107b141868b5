import type { Selector } from "../../src/chunk/selection.ts";
import { selectedIndex, selectorCount } from "../../src/chunk/selection.ts";

/** What an array of 32-bit integers must hold after the same changes: the truth that a dataset is compared with. */
export class ArrayModel {
  shape: readonly number[];
  values: Int32Array;
  readonly #fill: number;

  constructor(shape: readonly number[], fill: number) {
    this.shape = shape;
    this.#fill = fill;
    this.values = new Int32Array(product(shape)).fill(fill);
  }

  set(selectors: readonly Selector[], values: Int32Array): void {
    const counts = selectors.map(selectorCount);
    for (let i = 0; i < values.length; i++) {
      const at = unravel(i, counts).map((c, d) => selectedIndex(selectors[d] ?? FIRST, c));
      this.values[ravel(at, this.shape)] = values[i] ?? 0;
    }
  }

  resize(shape: readonly number[]): void {
    const values = new Int32Array(product(shape)).fill(this.#fill);
    for (let i = 0; i < values.length; i++) {
      const at = unravel(i, shape);
      if (at.every((c, d) => c < (this.shape[d] ?? 0))) values[i] = this.values[ravel(at, this.shape)] ?? 0;
    }
    this.shape = shape;
    this.values = values;
  }
}

const FIRST: Selector = { kind: "range", start: 0, step: 1, count: 1 };

export function product(shape: readonly number[]): number {
  return shape.reduce((n, dim) => n * dim, 1);
}

function unravel(number: number, shape: readonly number[]): number[] {
  const at: number[] = [];
  let rest = number;
  for (const dim of shape.toReversed()) {
    at.unshift(rest % dim);
    rest = Math.floor(rest / dim);
  }
  return at;
}

function ravel(at: readonly number[], shape: readonly number[]): number {
  return at.reduce((number, c, d) => number * (shape[d] ?? 1) + c, 0);
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
