import type { ChunkGeometry } from "./geometry.ts";
import type { SelectedPlan } from "./select-plan.ts";
import { type Interval, type Run, type Selection, selectedElementSize } from "./selection.ts";
import { visitBox } from "./visit-box.ts";

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
  const { runs } = selection;
  const size = selectedElementSize(selection);
  const copy = chunk === undefined ? filler(runs, fillValue) : copier(chunk, runs);
  visitBox(selection, geometry, scaled, intervals, (at, step, selectedAt, count) => {
    copy(at, step, target, selectedAt - first * size, count);
  });
}

/** The other way: copies what `source`, the selected elements, has for a box into the decoded chunk. */
export function copyBoxToChunk(
  selection: Selection,
  geometry: Pick<ChunkGeometry, "chunkDims" | "elementSize">,
  scaled: readonly number[],
  intervals: readonly Interval[],
  source: Uint8Array,
  chunk: Uint8Array,
): void {
  const { runs } = selection;
  const only = runs.length === 1 ? runs[0] : undefined;
  visitBox(selection, geometry, scaled, intervals, (at, step, selectedAt, count) => {
    if (only !== undefined && (only.length === step || count === 1)) {
      place(source, selectedAt, only.length * count, chunk, at + only.offset);
      return;
    }
    let from = selectedAt;
    for (let i = 0; i < count; i++) {
      for (const { offset, length } of runs) {
        place(source, from, length, chunk, at + i * step + offset);
        from += length;
      }
    }
  });
}

/** `subarray` and `set` cost about 100 ns: short runs are copied faster by hand. */
function place(source: Uint8Array, from: number, length: number, target: Uint8Array, to: number): void {
  if (length > 48) target.set(source.subarray(from, from + length), to);
  else for (let b = 0; b < length; b++) target[to + b] = source[from + b] ?? 0;
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
