import { createHash } from "node:crypto";
import { chunkSize } from "../chunk/geometry.ts";
import type { RangeReader } from "../chunk/read-range.ts";
import { H5Error } from "../errors.ts";
import { type Dataspace, elementCount } from "../format/dataspace.ts";
import type { Datatype } from "../format/datatype.ts";
import type { Attribute } from "../object/attribute.ts";
import type { Dataset } from "../object/dataset.ts";
import type { H5File } from "../object/file.ts";
import { heapOf } from "../object/value-heap.ts";
import { type JsonObject, quote, toJson } from "./dump-json.ts";
import { describeType, isPlain, memorySize } from "./dump-type.ts";
import { valuesText } from "./dump-value.ts";

/** Elements of more bytes than this are described, not read. */
const LIMIT = 2 ** 28;

/** Of elements that are no plain bytes, so many are printed. */
const MAX_VALUES = 100_000;

const MIN_STEP = 2 ** 20;
const MAX_STEP = 2 ** 26;
const MAX_CHUNKS_OF_STEP = 2 ** 16;

/** Bytes of all elements, in order, in pieces of any size. */
type ElementBytes = () => Iterable<Uint8Array>;

/** Shape, type, and a digest or the values, of a dataset's or an attribute's elements. */
function describeContents(file: H5File, dataspace: Dataspace, type: Datatype, read: ElementBytes): JsonObject {
  const out: JsonObject = new Map(Object.entries(describeType(type)).map(([key, value]) => [key, toJson(value)]));
  out.set("shape", toJson(dataspace.kind === "null" ? null : dataspace.dims));
  if (dataspace.kind === "null") return out;
  const count = elementCount(dataspace);
  const size = count * memorySize(type);
  out.set("nbytes", toJson(size));
  if (size > LIMIT) return out.set("skipped", quote("too large"));
  try {
    if (isPlain(type)) out.set("sha256", quote(digest(read)));
    else if (count === 0 || count > MAX_VALUES) out.set("values", "[]");
    else out.set("values", valuesText(type, dataspace.dims, Buffer.concat([...read()]), heapOf(file)));
  } catch (error) {
    out.set("error", errorText(error));
  }
  return out;
}

export function describeAttribute(file: H5File, attribute: Attribute): JsonObject {
  return describeContents(file, attribute.dataspace, attribute.datatype, () => [attribute.bytes()]);
}

/** @throws H5Error where the metadata cannot be read; that the elements cannot is in what it returns */
export function describeDataset(dataset: Dataset, reader: RangeReader): JsonObject {
  const { file, dataspace, datatype, layout, filters } = dataset;
  const out = describeContents(file, dataspace, datatype, () => readInSteps(dataset, reader));
  out.set("layout", quote(layout.kind));
  if (dataspace.kind !== "null") out.set("maxshape", toJson(dataspace.maxDims.map((max) => max ?? null)));
  if (layout.kind === "chunked") out.set("chunks", toJson(layout.chunkDims));
  out.set("filters", toJson(filters.map(({ id, optional, clientData }) => [id, optional ? 1 : 0, clientData])));
  return out;
}

/** The message of an error of the file's, as JSON; any other is a defect of ours, and thrown on. */
export function errorText(error: unknown): string {
  if (error instanceof H5Error) return quote(error.message);
  throw error;
}

function digest(read: ElementBytes): string {
  const hash = createHash("sha256");
  for (const bytes of read()) hash.update(bytes);
  return hash.digest("hex");
}

function* readInSteps(dataset: Dataset, reader: RangeReader): Generator<Uint8Array> {
  const size = dataset.elementCount * dataset.elementSize;
  const step = stepOf(dataset);
  for (let at = 0; at < size; at += step) yield reader.read(dataset, `${dataset.address}`, at, step);
}

/** Whole layers of chunks where they are not too large: then no chunk is decoded twice. */
function stepOf({ storage, dims, elementSize }: Dataset): number {
  if (storage.kind !== "chunked") return MIN_STEP;
  const { geometry } = storage;
  const layer = dims.slice(1).reduce((product, dim) => product * dim, elementSize) * (geometry.chunkDims[0] ?? 1);
  const most = Math.min(MAX_STEP, MAX_CHUNKS_OF_STEP * chunkSize(geometry));
  return Math.max(MIN_STEP, Math.min(most, layer * Math.max(1, Math.floor(MIN_STEP / layer))));
}
