import type { ChunkGeometry } from "./geometry.ts";
import {
  type Interval,
  type Selection,
  type Selector,
  selectedElementSize,
  selectedIndex,
  selectorCount,
} from "./selection.ts";

/** What of a selection lies in one chunk. */
export interface WritePart {
  readonly scaled: readonly number[];
  /** One for each dimension. */
  readonly intervals: readonly Interval[];
  /**
   * "chunk": all of the chunk; "extent": all of it that lies inside the dataset, whose edge it reaches past; "some": less.
   */
  readonly covers: "chunk" | "extent" | "some";
  /** Where the selected elements of the part begin, in bytes of the whole selection, if they lie one after the other. */
  readonly contiguousAt: number | undefined;
}

/** A selection chunk by chunk: of each chunk one part, or several where indexes are listed in no order. */
export function* partsOfSelection(geometry: ChunkGeometry, selection: Selection): Generator<WritePart> {
  const { selectors } = selection;
  const { dims, chunkDims, elementSize } = geometry;
  const size = selectedElementSize(selection);
  const alongs = selectors.map((selector, d) => chunkIntervals(selector, chunkDims[d] ?? 1));
  if (alongs.some(({ length }) => length === 0)) return;
  const counts = selectors.map(selectorCount);
  const at = alongs.map(() => 0);
  for (;;) {
    const along = at.map((i, d) => alongs[d]?.[i] ?? NOTHING);
    const scaled = along.map((each) => each.scaled);
    const intervals = along.map(({ interval }) => interval);
    let isWhole = size === elementSize;
    let isInside = true;
    for (let d = 0; d < scaled.length; d++) {
      const { from, to } = intervals[d] ?? NOTHING.interval;
      const chunkDim = chunkDims[d] ?? 1;
      const inside = Math.min(chunkDim, (dims[d] ?? 0) - (scaled[d] ?? 0) * chunkDim);
      isWhole &&= isRange(selectors[d]) && to - from === inside;
      isInside &&= inside === chunkDim;
    }
    yield {
      scaled,
      intervals,
      covers: isWhole ? (isInside ? "chunk" : "extent") : "some",
      contiguousAt: contiguousAt(intervals, counts, size),
    };
    let d = at.length - 1;
    for (; d >= 0; d--) {
      const next = (at[d] ?? 0) + 1;
      at[d] = next;
      if (next < (alongs[d]?.length ?? 0)) break;
      at[d] = 0;
    }
    if (d < 0) return;
  }
}

const NOTHING = { scaled: 0, interval: { from: 0, to: 0 } };

function isRange(selector: Selector | undefined): boolean {
  return selector?.kind === "range" && (selector.step === 1 || selector.count === 1);
}

function contiguousAt(intervals: readonly Interval[], counts: readonly number[], size: number): number | undefined {
  let start = 0;
  let below = size;
  let isWhole = true;
  for (let d = intervals.length - 1; d >= 0; d--) {
    const { from, to } = intervals[d] ?? NOTHING.interval;
    const count = counts[d] ?? 0;
    if (to - from > 1 && !isWhole) return undefined;
    start += from * below;
    below *= count;
    isWhole &&= to - from === count;
  }
  return start;
}

interface Along {
  readonly scaled: number;
  readonly interval: Interval;
}

/** Runs of a selector's indexes that are in the same row of chunks. */
function chunkIntervals(selector: Selector, chunkDim: number): Along[] {
  const alongs: Along[] = [];
  const count = selectorCount(selector);
  for (let from = 0; from < count; ) {
    const scaled = Math.floor(selectedIndex(selector, from) / chunkDim);
    let to = from + 1;
    if (selector.kind === "range") {
      to = Math.min(count, Math.max(to, Math.ceil(((scaled + 1) * chunkDim - selector.start) / selector.step)));
    } else {
      while (to < count && Math.floor(selectedIndex(selector, to) / chunkDim) === scaled) to++;
    }
    alongs.push({ scaled, interval: { from, to } });
    from = to;
  }
  return alongs;
}
