import { unsupportedFilters } from "../chunk/filters.ts";
import { type SelectedData, sizeOf } from "../chunk/select-plan.ts";
import type { StoredData } from "../chunk/stored-data.ts";
import { type ByteRange, joined, storedRanges } from "../chunk/stored-ranges.ts";
import { type H5Error, UnsupportedError } from "../errors.ts";
import type { Dataset } from "../object/dataset.ts";
import { meantDatatype } from "../object/pytables.ts";
import { encodeNpyHeader } from "../view/npy.ts";
import type { FileNode, Node } from "./node.ts";

/** A header, then the (selected) elements as they are stored: any part can be had without the rest, and the size is known. */
export interface StoredContent {
  readonly kind: "stored";
  readonly header: Uint8Array;
  readonly data: StoredData | SelectedData;
  readonly size: number;
}

/** Formatted: its size is known only when all of it is done. */
export interface TextContent {
  readonly kind: "text";
}

/** What a file's bytes are made of. */
export type Content = StoredContent | TextContent;

/** @throws H5Error where the object's metadata cannot be read */
export function contentOf(node: FileNode): Content {
  const { object, view, part } = node;
  if (object.kind === "dataset" && (view === "bin" || view === "npy")) {
    const datatype = part?.datatype ?? meantDatatype(object, object.datatype);
    const header = view === "npy" ? encodeNpyHeader(datatype, part?.dims ?? object.dims) : new Uint8Array(0);
    const data = part === undefined ? object : { source: object, selection: part.selection };
    return { kind: "stored", header, data, size: header.length + sizeOf(data) };
  }
  return { kind: "text" };
}

/** Bytes of the content, in order and apart from one another, outside of which it has holes: what was never written. */
export function dataRanges({ header, data, size }: StoredContent): readonly ByteRange[] {
  const start = header.length;
  const stored = "selection" in data ? [{ from: 0, to: size - start }] : storedRanges(data);
  return joined([{ from: 0, to: start }, ...stored.map(({ from, to }) => ({ from: from + start, to: to + start }))]);
}

/** Why a node's contents cannot be read, as far as that can be told without reading them. */
export function problemOf(node: Node): H5Error | undefined {
  if (node.kind === "broken") return node.error;
  if (node.kind !== "file" || node.object.kind !== "dataset" || node.view === "attrs.json") return undefined;
  return datasetProblem(node.object);
}

/** Why a dataset's elements cannot be read: what its metadata say, and whether there are codecs for its filters. */
export function datasetProblem(dataset: Dataset): H5Error | undefined {
  const problem = dataset.problem();
  if (problem !== undefined) return problem;
  const missing = unsupportedFilters(dataset.filters);
  return missing === undefined
    ? undefined
    : new UnsupportedError(`${dataset.path}: it needs ${missing}, which h5fs does not have`, { path: dataset.path });
}
