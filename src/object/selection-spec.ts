import { H5Error } from "../errors.ts";
import type { Datatype } from "../format/datatype.ts";
import { type DatasetPart, partOf, type SubscriptItem } from "./dataset-part.ts";
import type { Target } from "./dataset-writer.ts";
import { elementsOfMask, elementsOfPoints } from "./write-dataset.ts";

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

/** @throws H5Error "argument" where it is not inside the dataset */
export function selected(spec: SelectionSpec, dims: readonly number[], datatype: Datatype, path: string): Selected {
  if (typeof spec === "object" && "mask" in spec) {
    const count = dims.reduce((product, dim) => product * dim, 1);
    if (spec.mask.length !== count) {
      throw new H5Error("argument", `${path}: a mask of ${spec.mask.length} bytes for ${count} elements`, { path });
    }
    const elements = elementsOfMask(spec.mask);
    return { target: { elements }, dims: [elements.length] };
  }
  if (typeof spec === "object" && "points" in spec) {
    return { target: { elements: elementsOfPoints(dims, spec.points) }, dims: [spec.points.length] };
  }
  const part = boxOf(spec === "all" ? [] : spec, dims, datatype);
  if (part === undefined) {
    throw new H5Error(
      "argument",
      `${path}: the selection ${JSON.stringify(spec)} is not inside the shape (${dims.join(", ")})`,
      { path },
    );
  }
  return { target: part.selection, dims: part.dims };
}

function boxOf(
  spec: readonly DimensionSelection[],
  dims: readonly number[],
  datatype: Datatype,
): DatasetPart | undefined {
  const items = spec.map((each): SubscriptItem => {
    if (typeof each === "number") return { kind: "index", index: each };
    if ("length" in each) return { kind: "list", indexes: each };
    const { start, stop, step = 1 } = each;
    return { kind: "slice", step, ...(start !== undefined && { start }), ...(stop !== undefined && { stop }) };
  });
  return partOf(dims, datatype, items.length === 0 ? [] : [items]);
}
