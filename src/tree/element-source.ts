import type { RangeReader } from "../chunk/read-range.ts";
import type { Dataset } from "../object/dataset.ts";
import { meantDatatype } from "../object/pytables.ts";
import { heapOf } from "../object/value-heap.ts";
import type { ElementSource } from "../view/source.ts";

/** A dataset as the text views want it: elements by number. `name` heads the column of a one-dimensional dataset. */
export function elementSource(dataset: Dataset, name: string, reader: RangeReader): ElementSource {
  const { dataspace, elementSize, dims } = dataset;
  return {
    datatype: meantDatatype(dataset, dataset.datatype),
    dims: dataspace.kind === "null" ? null : dims,
    name,
    heap: heapOf(dataset.file),
    read: (first, count) => reader.borrow(dataset, `${dataset.address}`, first * elementSize, count * elementSize),
  };
}
