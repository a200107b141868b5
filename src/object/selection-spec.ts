import { H5Error } from "../errors.ts";
import type { Dataset } from "./dataset.ts";
import { partOf, type SubscriptItem } from "./dataset-part.ts";
import type { Target } from "./dataset-writer.ts";

/** What is taken along one dimension, as NumPy has it: one index, a slice (negative bounds count from the end), some indexes. */
export type DimensionSelection =
  | number
  | { readonly start?: number; readonly stop?: number; readonly step?: number }
  | readonly number[];

/**
 * Some elements of a dataset: `"all"`; one item for each of the first dimensions, the others being whole; those where a mask,
 * one byte for each element, is not 0; or points, by their coordinates.
 */
export type SelectionSpec =
  | "all"
  | readonly DimensionSelection[]
  | { readonly mask: Uint8Array }
  | { readonly points: readonly (readonly number[])[] };

/** What a selection takes, and the shape in which values for it are nested. */
export interface Selected {
  readonly target: Target;
  readonly dims: readonly number[];
}

/** A dataset, as far as selections depend on it. */
export type SelectedFrom = Pick<Dataset, "dims" | "datatype" | "path">;

/** @throws H5Error "argument" where it is not inside the dataset */
export function selected(spec: SelectionSpec, { dims, datatype, path }: SelectedFrom): Selected {
  if (typeof spec === "object" && spec !== null && "mask" in spec) {
    const count = dims.reduce((product, dim) => product * dim, 1);
    if (spec.mask.length !== count) {
      throw new H5Error("argument", `${path}: a mask of ${spec.mask.length} bytes for ${count} elements`, { path });
    }
    const elements = elementsOfMask(spec.mask);
    return { target: { elements }, dims: [elements.length] };
  }
  if (typeof spec === "object" && spec !== null && "points" in spec) {
    return { target: { elements: elementsOfPoints(dims, spec.points) }, dims: [spec.points.length] };
  }
  if (spec !== "all" && !Array.isArray(spec)) {
    throw new H5Error("argument", `${path}: ${JSON.stringify(spec)} is no selection`, { path });
  }
  const part = partOf(
    dims,
    datatype,
    spec === "all" || spec.length === 0 ? [] : [spec.map((item) => subscriptItem(item, path))],
  );
  if (part !== undefined) return { target: part.selection, dims: part.dims };
  throw new H5Error(
    "argument",
    `${path}: the selection ${JSON.stringify(spec)} is not inside the shape (${dims.join(", ")})`,
    { path },
  );
}

/** @throws H5Error "argument" where something is no whole number, or a step leads backwards */
function subscriptItem(item: DimensionSelection, path: string): SubscriptItem {
  const wrong = (): H5Error =>
    new H5Error(
      "argument",
      `${path}: ${JSON.stringify(item)} is no index, slice with a step from 1 on, or list of indexes`,
      { path },
    );
  if (typeof item === "number") {
    if (!Number.isSafeInteger(item)) throw wrong();
    return { kind: "index", index: item };
  }
  if (item === null || typeof item !== "object") throw wrong();
  if ("length" in item) {
    if (!Array.prototype.every.call(item, Number.isSafeInteger)) throw wrong();
    return { kind: "list", indexes: item };
  }
  const { start, stop, step = 1 } = item;
  if (![start ?? 0, stop ?? 0, step].every(Number.isSafeInteger) || step < 1) throw wrong();
  return { kind: "slice", step, ...(start !== undefined && { start }), ...(stop !== undefined && { stop }) };
}

/** Numbers in C order of the elements whose byte in the mask, which has one for each, is not 0. */
export function elementsOfMask(mask: Uint8Array): Float64Array {
  let count = 0;
  for (const byte of mask) if (byte !== 0) count++;
  const elements = new Float64Array(count);
  let at = 0;
  for (let i = 0; i < mask.length; i++) if (mask[i] !== 0) elements[at++] = i;
  return elements;
}

/** Numbers in C order of the elements at these coordinates; -1 for what is not inside the dataset. */
export function elementsOfPoints(shape: readonly number[], points: readonly (readonly number[])[]): Float64Array {
  return Float64Array.from(points, (point) =>
    point.length === shape.length && point.every((at, d) => Number.isInteger(at) && at >= 0 && at < (shape[d] ?? 0))
      ? point.reduce((number, at, d) => number * (shape[d] ?? 1) + at, 0)
      : -1,
  );
}
