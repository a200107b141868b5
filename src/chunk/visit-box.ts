import { type ChunkGeometry, strides } from "./geometry.ts";
import { type Interval, type Selection, selectedElementSize, selectedIndex, selectorCount } from "./selection.ts";

/**
 * Told of `count` elements of a box: they are `step` bytes apart in the chunk, from its byte `at` on, and one after the
 * other among the selected elements, from byte `selectedAt` on.
 */
type VisitRow = (at: number, step: number, selectedAt: number, count: number) => void;

/** Calls `visit` for the elements of a box, all of which lie in the chunk `scaled`, in C order, as many at a time as can be. */
export function visitBox(
  selection: Selection,
  { chunkDims, elementSize }: Pick<ChunkGeometry, "chunkDims" | "elementSize">,
  scaled: readonly number[],
  intervals: readonly Interval[],
  visit: VisitRow,
): void {
  const { selectors } = selection;
  const size = selectedElementSize(selection);
  const chunkStrides = strides(chunkDims, elementSize);
  const selectedStrides = strides(selectors.map(selectorCount), size);
  // Dimensions from the last on that chunk and selection have whole are one with the dimension before them.
  let last = selectors.length - 1;
  let below = 1;
  while (last > 0 && isWhole(last) && isPlain(last - 1)) below *= chunkDims[last--] ?? 1;

  function isPlain(d: number): boolean {
    const selector = selectors[d];
    return selector?.kind === "range" && (selector.step === 1 || selector.count === 1);
  }

  function isWhole(d: number): boolean {
    const selector = selectors[d];
    const interval = intervals[d];
    return (
      selector?.kind === "range" &&
      selector.step === 1 &&
      selector.count === chunkDims[d] &&
      interval?.from === 0 &&
      interval.to === selector.count
    );
  }

  const visitDimension = (d: number, at: number, selectedAt: number): void => {
    const selector = selectors[d];
    const interval = intervals[d];
    if (selector === undefined || interval === undefined)
      throw new TypeError("a box has an interval for each dimension");
    const origin = (scaled[d] ?? 0) * (chunkDims[d] ?? 1);
    const chunkStride = chunkStrides[d] ?? 1;
    const selectedStride = selectedStrides[d] ?? 1;
    if (d === last && selector.kind === "range") {
      const from = at + (selectedIndex(selector, interval.from) - origin) * chunkStride;
      const count = (interval.to - interval.from) * below;
      visit(
        from,
        below === 1 ? selector.step * chunkStride : elementSize,
        selectedAt + interval.from * selectedStride,
        count,
      );
      return;
    }
    for (let i = interval.from; i < interval.to; i++) {
      const from = at + (selectedIndex(selector, i) - origin) * chunkStride;
      if (d === last) visit(from, 0, selectedAt + i * selectedStride, 1);
      else visitDimension(d + 1, from, selectedAt + i * selectedStride);
    }
  };
  visitDimension(0, 0, 0);
}
