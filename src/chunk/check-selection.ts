import { H5Error } from "../errors.ts";
import type { Selection, Selector } from "./selection.ts";

/** @throws H5Error "argument" where the selection is not one of such a dataset, or names an index twice. @param dims [] for a scalar */
export function checkSelection(
  path: string,
  dims: readonly number[],
  elementSize: number,
  { selectors, runs }: Selection,
): void {
  const fail = (message: string): never => {
    throw new H5Error("argument", `${path}: ${message}`, { path });
  };
  if (selectors.length !== dims.length) {
    fail(`a selection along ${selectors.length} dimensions, but the dataset has ${dims.length}`);
  }
  for (const [d, selector] of selectors.entries()) {
    const dim = dims[d] ?? 0;
    const problem = selector.kind === "range" ? rangeProblem(selector, dim) : listProblem(selector.indexes, dim);
    if (problem !== undefined) fail(`dimension ${d}: ${problem}`);
  }
  for (const { offset, length } of runs) {
    const isInside = offset >= 0 && length > 0 && offset + length <= elementSize;
    if (!isInside) fail(`bytes ${offset} to ${offset + length} of elements of ${elementSize} bytes`);
  }
}

function rangeProblem({ start, step, count }: Selector & { kind: "range" }, dim: number): string | undefined {
  if (!Number.isSafeInteger(count) || count < 0) return `${count} indexes`;
  if (count === 0) return undefined;
  if (!Number.isSafeInteger(step) || step < 1) return `a step of ${step}`;
  const last = start + (count - 1) * step;
  if (!(Number.isSafeInteger(start) && start >= 0)) return `index ${start} lies outside the dataset`;
  return last < dim ? undefined : `index ${last} lies outside the dataset, which has ${dim} there`;
}

function listProblem(indexes: readonly number[], dim: number): string | undefined {
  const wrong = indexes.find((index) => !(Number.isSafeInteger(index) && index >= 0 && index < dim));
  if (wrong !== undefined) return `index ${wrong} lies outside the dataset, which has ${dim} there`;
  return new Set(indexes).size === indexes.length ? undefined : "an index is named twice";
}

/** @throws H5Error "argument" where an element is not one of the dataset. @param elements numbers in C order */
export function checkElements(path: string, dims: readonly number[], elements: ArrayLike<number>): void {
  const count = dims.reduce((product, dim) => product * dim, 1);
  for (let i = 0; i < elements.length; i++) {
    const element = elements[i] ?? -1;
    if (!(Number.isSafeInteger(element) && element >= 0 && element < count)) {
      throw new H5Error("argument", `${path}: element ${element} lies outside the dataset of ${count}`, { path });
    }
  }
}
