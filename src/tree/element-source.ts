import type { RangeReader } from "../chunk/read-range.ts";
import type { Dataset } from "../object/dataset.ts";
import type { DatasetPart } from "../object/dataset-part.ts";
import type { H5Object } from "../object/file.ts";
import { meantDatatype } from "../object/pytables.ts";
import { heapOf } from "../object/value-heap.ts";
import type { ElementSource } from "../view/source.ts";
import { shownAs } from "./shown-as.ts";

/** A dataset, or a part of it, as the text views want it: elements by number. `name` heads the column of a one-dimensional one. */
export function elementSource(
  dataset: Dataset,
  name: string,
  reader: RangeReader,
  part: DatasetPart | undefined,
): ElementSource {
  const { dataspace, dims } = dataset;
  const datatype = part?.datatype ?? meantDatatype(dataset, dataset.datatype);
  const data = part === undefined ? dataset : { source: dataset, selection: part.selection };
  const { size } = datatype;
  return {
    datatype,
    dims: dataspace.kind === "null" ? null : (part?.dims ?? dims),
    name,
    heap: heapOf(dataset.file),
    csvStyle: part === undefined ? shownAs(dataset)?.style : undefined,
    jsonStyle: part === undefined ? shownAs(dataset)?.json : undefined,
    txtStyle: part === undefined ? shownAs(dataset)?.txt : undefined,
    arrowStyle: part === undefined ? shownAs(dataset)?.arrow : undefined,
    read: (first, count) => reader.borrow(data, cacheName(dataset), first * size, count * size),
  };
}

/** Tells a dataset from every other of all files that are open, for caches of its chunks. */
export function cacheName({ file, address }: Pick<H5Object, "file" | "address">): string {
  return `${file.id}:${address}`;
}
