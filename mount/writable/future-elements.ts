import { RangeReader } from "../../src/chunk/read-range.ts";
import type { Dataset } from "../../src/object/dataset.ts";
import { cacheName } from "../../src/tree/element-source.ts";
import type { FutureElements } from "./encode-ahead.ts";
import type { OpenFile } from "./open-file.ts";
import type { RowRun, TextChange } from "./text-edit.ts";
import { storedShape } from "./view-store.ts";

/** Of a dataset that a text changes. */
export function elementsOfText(dataset: Dataset, { dims, runs, staged, rowSize }: TextChange): FutureElements {
  const reader = new RangeReader("native", 2 ** 22);
  const present = dataset.elementCount * dataset.elementSize;
  /** The number of the first run that ends behind that byte. */
  const firstAfter = (byte: number): number => {
    let [low, high] = [0, runs.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (endOf(runs[middle], rowSize) > byte) high = middle;
      else low = middle + 1;
    }
    return low;
  };
  return {
    dims,
    range: runs.length === 0 ? [0, 0] : [startOf(runs[0], rowSize), endOf(runs.at(-1), rowSize)],
    changes: (from, to) => startOf(runs[firstAfter(from)], rowSize) < to,
    read: (from, target) => {
      const to = from + target.length;
      const first = firstAfter(from);
      const isAll = startOf(runs[first], rowSize) <= from && endOf(runs[first], rowSize) >= to;
      if (!isAll && from < present) {
        reader.readInto(dataset, cacheName(dataset), from, target.subarray(0, present - from));
      }
      for (let i = first; i < runs.length; i++) {
        const run = runs[i];
        const start = startOf(run, rowSize);
        if (start >= to) break;
        if (run?.staged === undefined) return false;
        const [begin, end] = [Math.max(from, start), Math.min(to, endOf(run, rowSize))];
        target.set(staged.bytes(run.staged + begin - start, end - begin), begin - from);
      }
      return true;
    },
  };
}

function startOf(run: RowRun | undefined, rowSize: number): number {
  return run === undefined ? Number.POSITIVE_INFINITY : run.row * rowSize;
}

function endOf(run: RowRun | undefined, rowSize: number): number {
  return run === undefined ? Number.POSITIVE_INFINITY : (run.row + run.count) * rowSize;
}

/** Of a dataset whose view `bin` or `npy` was written; `undefined`: they will be of another type, or in another order. */
export function elementsOfArray(dataset: Dataset, file: OpenFile): FutureElements | undefined {
  const { node, buffer, isWhole } = file;
  const { offset, dims, datatype, fortran } = storedShape({ node, dataset, buffer, isWhole });
  if (datatype !== undefined || fortran !== undefined) return undefined;
  const isSame = buffer.isInPlace && dims.every((dim, d) => dim === dataset.dims[d]);
  return {
    dims,
    range: [0, buffer.size - offset],
    changes: (from, to) => !isSame || buffer.hasWritten(offset + from, to - from),
    read: (from, target) => buffer.read(offset + from, target) === target.length,
  };
}
