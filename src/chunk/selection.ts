import { coordinates } from "./geometry.ts";
/** The indexes that a selection takes along one dimension of the dataset, in the order of the result. */
export type Selector =
  | { readonly kind: "range"; readonly start: number; readonly step: number; readonly count: number }
  /** In any order, also several times the same. */
  | { readonly kind: "list"; readonly indexes: readonly number[] };

/** Bytes of a stored element; the runs one after the other are the selected element. */
export interface Run {
  readonly offset: number;
  readonly length: number;
}

/**
 * A part of a dataset: along each dimension some indexes, and of each element some bytes. All indexes are inside the
 * dataset. A plain value: it survives `postMessage`.
 */
export interface Selection {
  /** As many as the dataset has dimensions. */
  readonly selectors: readonly Selector[];
  readonly runs: readonly Run[];
}

export function selectorCount(selector: Selector): number {
  return selector.kind === "range" ? selector.count : selector.indexes.length;
}

/** The dataset's index of the result's index `i`. */
export function selectedIndex(selector: Selector, i: number): number {
  return selector.kind === "range" ? selector.start + i * selector.step : (selector.indexes[i] ?? 0);
}

/** Elements of the result. */
export function selectionCount({ selectors }: Selection): number {
  return selectors.reduce((product, selector) => product * selectorCount(selector), 1);
}

/** Bytes of an element of the result. */
export function selectedElementSize({ runs }: Selection): number {
  return runs.reduce((sum, { length }) => sum + length, 0);
}

/** Result indexes from `from` up to, not including, `to`, of one dimension. */
export interface Interval {
  readonly from: number;
  readonly to: number;
}

/**
 * The elements [start, end) in C order of an array of these dimensions as boxes, in C order, at most 2 * rank - 1 of them.
 * The range must lie inside the array, and not be empty.
 */
export function boxesOfRange(dims: readonly number[], start: number, end: number): Interval[][] {
  const boxes: Interval[][] = [];
  const first = coordinates(start, dims);
  const last = coordinates(end - 1, dims);
  const allFrom = (d: number, at: readonly number[], isEnd: (index: number, d: number) => boolean): boolean =>
    at.slice(d).every((index, i) => isEnd(index, d + i));

  // A lexicographic range: along a dimension the lower bound holds only while every coordinate before equals `first`'s,
  // the upper bound only while it equals `last`'s.
  const visit = (d: number, prefix: readonly Interval[], atFirst: boolean, atLast: boolean): void => {
    if (d === dims.length) {
      boxes.push([...prefix]);
      return;
    }
    let low = atFirst ? (first[d] ?? 0) : 0;
    let high = atLast ? (last[d] ?? 0) : (dims[d] ?? 1) - 1;
    if (low === high) {
      visit(d + 1, [...prefix, { from: low, to: low + 1 }], atFirst, atLast);
      return;
    }
    if (atFirst && !allFrom(d + 1, first, (index) => index === 0)) {
      visit(d + 1, [...prefix, { from: low, to: low + 1 }], true, false);
      low++;
    }
    const cutAtLast = atLast && !allFrom(d + 1, last, (index, i) => index === (dims[i] ?? 1) - 1);
    if (cutAtLast) high--;
    if (low <= high) {
      const rest = dims.slice(d + 1).map((dim) => ({ from: 0, to: dim }));
      boxes.push([...prefix, { from: low, to: high + 1 }, ...rest]);
    }
    if (cutAtLast) visit(d + 1, [...prefix, { from: high + 1, to: high + 2 }], false, true);
  };
  visit(0, [], true, true);
  return boxes;
}
