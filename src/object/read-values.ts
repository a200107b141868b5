import { checkElements } from "../chunk/check-selection.ts";
import { RangeReader } from "../chunk/read-range.ts";
import { type SelectedData, sizeOf } from "../chunk/select-plan.ts";
import { selectedElementSize } from "../chunk/selection.ts";
import type { StoredData } from "../chunk/stored-data.ts";
import { H5Error } from "../errors.ts";
import type { Datatype } from "../format/datatype.ts";
import type { Dataset } from "./dataset.ts";
import { type DatasetPart, partOf } from "./dataset-part.ts";
import { numberArray } from "./number-array.ts";
import { meantDatatype } from "./pytables.ts";
import { type SelectionSpec, selected } from "./selection-spec.ts";
import type { NumberArray } from "./storable.ts";
import { decodeElement, nestedValues, type Value } from "./value.ts";
import { heapOf } from "./value-heap.ts";

export interface ReadOptions {
  /** Of compounds only this member, `parents.mom_id` for one within another. */
  readonly member?: string | undefined;
}

/** Elements as they were read. */
interface ReadElements {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly datatype: Datatype;
  /** In which they are nested: dimensions that one index was given for are gone. */
  readonly dims: readonly number[];
}

/** See `Dataset.read`. */
export function readValues(dataset: Dataset, spec: SelectionSpec, options: ReadOptions): Value | NumberArray {
  if (dataset.dataspace.kind === "null") return null;
  const elements = readElements(dataset, spec, options);
  const { datatype, bytes, dims } = elements;
  return (dims.length === 0 ? undefined : numberArray(datatype, bytes)) ?? nested(dataset, elements);
}

/** See `Dataset.readNested`. */
export function readNestedValues(dataset: Dataset, spec: SelectionSpec, options: ReadOptions): Value {
  return dataset.dataspace.kind === "null" ? null : nested(dataset, readElements(dataset, spec, options));
}

function nested({ file }: Dataset, { datatype, bytes, dims }: ReadElements): Value {
  const count = dims.reduce((product, dim) => product * dim, 1);
  const heap = heapOf(file);
  const values = Array.from({ length: count }, (_, i) => decodeElement(datatype, bytes, i * datatype.size, heap));
  return nestedValues(values, dims);
}

function readElements(dataset: Dataset, spec: SelectionSpec, { member }: ReadOptions): ReadElements {
  const { target, dims } = selected(spec, dataset);
  const part = wholeOrMember(dataset, member);
  const { runs } = part.selection;
  const size = selectedElementSize(part.selection);
  const isWhole = spec === "all" && member === undefined;
  const bytes =
    "elements" in target
      ? readEach(dataset, { source: dataset, selection: part.selection }, target.elements, size)
      : readAll(dataset, isWhole ? dataset : { source: dataset, selection: { selectors: target.selectors, runs } });
  return { bytes, datatype: meantDatatype(dataset, part.datatype), dims };
}

function wholeOrMember({ dims, datatype, path }: Dataset, member: string | undefined): DatasetPart {
  const part = partOf(dims, datatype, member === undefined ? [] : [[{ kind: "member", name: member }]]);
  if (part !== undefined) return part;
  throw new H5Error("argument", `${path}: its elements have no member ${JSON.stringify(member)}`, { path });
}

function readAll({ path }: Dataset, data: StoredData | SelectedData): Uint8Array<ArrayBuffer> {
  const bytes = newBytes(sizeOf(data), path);
  new RangeReader().readInto(data, path, 0, bytes);
  return bytes;
}

/** Elements by their numbers in C order: those that follow each other are read together. */
function readEach(
  { path, dims }: Dataset,
  data: SelectedData,
  elements: ArrayLike<number>,
  size: number,
): Uint8Array<ArrayBuffer> {
  checkElements(path, dims, elements);
  const bytes = newBytes(elements.length * size, path);
  const reader = new RangeReader();
  for (let i = 0; i < elements.length; ) {
    const first = elements[i] ?? 0;
    let count = 1;
    while (i + count < elements.length && elements[i + count] === first + count) count++;
    reader.readInto(data, path, first * size, bytes.subarray(i * size, (i + count) * size));
    i += count;
  }
  return bytes;
}

/** @throws H5Error "limit" where there is no memory for them */
function newBytes(size: number, path: string): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(size);
  } catch (cause) {
    throw new H5Error("limit", `${path}: no memory for ${size} bytes: fewer elements can be read at a time`, {
      path,
      cause,
    });
  }
}
