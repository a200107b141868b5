import { chunkSize, gridDims } from "../chunk/geometry.ts";
import type { RangeReader } from "../chunk/read-range.ts";
import type { Storage } from "../chunk/stored-data.ts";
import { H5Error } from "../errors.ts";
import type { Datatype } from "../format/datatype.ts";
import type { Dataset } from "../object/dataset.ts";
import type { ByteSink } from "../object/text/byte-sink.ts";
import { renderWhole } from "../view/render.ts";
import type { FileNode } from "./node.ts";
import { nodeText } from "./open-text.ts";
import { viewSubject } from "./view-subject.ts";

/** Limits within which a text is made well under a millisecond. */
const MAX_DATA = 2 ** 14;
const MAX_CHUNK = 2 ** 16;
const MAX_CHUNKS = 4;
const MAX_HEAP_VALUES = 256;
const MAX_HEAP_DATA = 2 ** 16;

/**
 * Makes the whole text be all that is in `sink`, where it can be had so quickly that nobody need wait for it: the data is
 * small, and so is what must be read for it. False where it cannot, or not at all.
 */
export function renderCheap(node: FileNode, reader: RangeReader, sink: ByteSink): boolean {
  try {
    if (!isSmall(node)) return false;
    const text = nodeText(node, reader);
    const { elementCount } = text.format;
    if (
      node.object.kind === "dataset" &&
      !isSelfContained(typeOf(node.object, node), () => text.read(0, elementCount))
    ) {
      return false;
    }
    sink.length = 0;
    renderWhole(text, sink);
    return true;
  } catch (error) {
    // Whoever asks for the text itself is told.
    if (error instanceof H5Error) return false;
    throw error;
  }
}

function isSmall({ object, view, part }: FileNode): boolean {
  if (object.kind === "group" || view === "attrs.json") return false;
  if (object.kind === "datatype") return true;
  return viewSubject(object, part).decodedBytes <= MAX_DATA && isQuicklyRead(object.storage);
}

function typeOf(dataset: Dataset, { part }: FileNode): Datatype {
  return part?.datatype ?? dataset.datatype;
}

function isQuicklyRead(storage: Storage): boolean {
  if (storage.kind !== "chunked") return true;
  const chunks = gridDims(storage.geometry).reduce((product, count) => product * count, 1);
  return chunkSize(storage.geometry) <= MAX_CHUNK && chunks <= MAX_CHUNKS;
}

/** Whether the elements refer to nothing outside them, or to little. Where references lead, only a walk of the file tells. */
function isSelfContained(type: Datatype, data: () => Uint8Array): boolean {
  const places = heapPlaces(type, 0);
  if (places === undefined || places.length === 0) return places !== undefined;
  const bytes = data();
  if (places.length * (bytes.length / type.size) > MAX_HEAP_VALUES) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let sum = 0;
  for (let at = 0; at < bytes.length; at += type.size) {
    // Specification IV.B, "Variable-length": the number of elements comes first.
    for (const { offset, unit } of places) sum += view.getUint32(at + offset, true) * unit;
  }
  return sum <= MAX_HEAP_DATA;
}

/** Where in an element there are values in the global heap, and the size of their units; `undefined`: nested, or references. */
function heapPlaces(type: Datatype, at: number): { readonly offset: number; readonly unit: number }[] | undefined {
  switch (type.class) {
    case "reference":
      return undefined;
    case "vlen":
      return heapPlaces(type.base, 0)?.length === 0 ? [{ offset: at, unit: type.base.size }] : undefined;
    case "compound":
      return joined(type.members.map((member) => heapPlaces(member.type, at + member.offset)));
    case "array": {
      const count = type.dims.reduce((product, dim) => product * dim, 1);
      if (heapPlaces(type.base, 0)?.length === 0) return [];
      return joined(Array.from({ length: count }, (_, i) => heapPlaces(type.base, at + i * type.base.size)));
    }
    default:
      return [];
  }
}

function joined<T>(lists: readonly (readonly T[] | undefined)[]): T[] | undefined {
  const all: T[] = [];
  for (const list of lists) {
    if (list === undefined) return undefined;
    all.push(...list);
  }
  return all;
}
