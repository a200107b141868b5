import type { Datatype } from "../format/datatype.ts";
import { complexPart } from "../object/value-meaning.ts";
import { type LeafColumn, leafColumns } from "./columns.ts";

/** How a dataset's elements are arranged in the rows of a CSV text. */
export interface CsvLayout {
  readonly elementsPerRow: number;
  /** The dimensions that have index columns, before all others. */
  readonly indexed: readonly number[];
  /** The columns of a row's elements, in which their offsets are. */
  columns(): Generator<LeafColumn>;
}

/**
 * - One dimension, or a scalar: an element is a row; its columns are named as the dataset, those of a compound as its
 *   members.
 * - Two dimensions: a row is a row, the columns are 0, 1, 2...
 * - More: index columns d0, d1... for all dimensions but the last, then the last as columns.
 * - Compounds of two dimensions and more: index columns for all dimensions, then the members.
 * @param name the dataset's own
 */
export function csvLayout(datatype: Datatype, dims: readonly number[], name: string): CsvLayout {
  const isTable = datatype.class === "compound" && complexPart(datatype) === undefined;
  const isRowEach = isTable || dims.length < 2;
  const elementsPerRow = isRowEach ? 1 : (dims.at(-1) ?? 1);
  return {
    elementsPerRow,
    indexed: isTable ? (dims.length < 2 ? [] : dims) : dims.length < 3 ? [] : dims.slice(0, -1),
    *columns() {
      if (isRowEach) yield* leafColumns(datatype, isTable ? "" : name);
      else for (let e = 0; e < elementsPerRow; e++) yield* leafColumns(datatype, `${e}`, e * datatype.size);
    },
  };
}
