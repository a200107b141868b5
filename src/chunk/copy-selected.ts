import { strides } from "./geometry.ts";
import type { SelectedPlan } from "./select-plan.ts";
import { type Interval, type Run, selectedElementSize, selectedIndex, selectorCount } from "./selection.ts";

/**
 * Copies the selected elements of a box, all of which lie in the chunk `scaled`, to their places in `target`, whose first
 * byte is that of the result's element `first`. `chunk` holds the decoded chunk; `undefined` stands for one that was never
 * written, of fill values.
 */
export function copySelectedBox(
  { selection, geometry, fillValue }: Pick<SelectedPlan, "selection" | "geometry" | "fillValue">,
  scaled: readonly number[],
  intervals: readonly Interval[],
  chunk: Uint8Array | undefined,
  first: number,
  target: Uint8Array,
): void {
  const { selectors, runs } = selection;
  const { chunkDims, elementSize } = geometry;
  const size = selectedElementSize(selection);
  const last = selectors.length - 1;
  const sourceStrides = strides(chunkDims, elementSize);
  const targetStrides = strides(selectors.map(selectorCount), size);
  const copy = chunk === undefined ? filler(runs, fillValue) : copier(chunk, runs);

  const visit = (d: number, sourceAt: number, targetAt: number): void => {
    const selector = selectors[d];
    const interval = intervals[d];
    if (selector === undefined || interval === undefined)
      throw new TypeError("a box has an interval for each dimension");
    const origin = (scaled[d] ?? 0) * (chunkDims[d] ?? 1);
    const sourceStride = sourceStrides[d] ?? 1;
    const targetStride = targetStrides[d] ?? 1;
    if (d === last && selector.kind === "range") {
      const at = sourceAt + (selectedIndex(selector, interval.from) - origin) * sourceStride;
      copy(at, selector.step * sourceStride, target, targetAt + interval.from * size, interval.to - interval.from);
      return;
    }
    for (let i = interval.from; i < interval.to; i++) {
      const at = sourceAt + (selectedIndex(selector, i) - origin) * sourceStride;
      if (d === last) copy(at, 0, target, targetAt + i * size, 1);
      else visit(d + 1, at, targetAt + i * targetStride);
    }
  };
  visit(0, 0, -first * size);
}

/** Copies `count` elements that are `step` bytes apart in the source, and next to each other in `target`. */
type Copy = (at: number, step: number, target: Uint8Array, to: number, count: number) => void;

function copier(chunk: Uint8Array, runs: readonly Run[]): Copy {
  return (start, step, target, to, count) => {
    const only = runs.length === 1 ? runs[0] : undefined;
    if (only !== undefined && (only.length === step || count === 1)) {
      const from = start + only.offset;
      target.set(chunk.subarray(from, from + only.length * count), to);
      return;
    }
    let out = to;
    for (let i = 0, at = start; i < count; i++, at += step) {
      for (let r = 0; r < runs.length; r++) {
        const { offset, length } = runs[r] ?? EMPTY;
        const from = at + offset;
        // `subarray` and `set` cost about 100 ns: short runs are copied faster by hand.
        if (length > 48) target.set(chunk.subarray(from, from + length), out);
        else for (let b = 0; b < length; b++) target[out + b] = chunk[from + b] ?? 0;
        out += length;
      }
    }
  };
}

const EMPTY: Run = { offset: 0, length: 0 };

function filler(runs: readonly Run[], fillValue: Uint8Array | undefined): Copy {
  if (fillValue === undefined) {
    const size = runs.reduce((sum, { length }) => sum + length, 0);
    return (_at, _step, target, to, count) => target.fill(0, to, to + size * count);
  }
  const copy = copier(fillValue, runs);
  return (_at, _step, target, to, count) => copy(0, 0, target, to, count);
}
