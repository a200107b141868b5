import { H5Error } from "../errors.ts";
import { SCALAR } from "../format/dataspace.ts";
import { decodeText, encodeText } from "../format/text.ts";
import { deleteAttribute, setAttribute } from "./attribute-edit.ts";
import type { FilterSpec } from "./filter-spec.ts";
import { filtersFromText, filtersToText } from "./filter-text.ts";
import { type Group, pathParts } from "./group.ts";
import type { ObjectBase } from "./object.ts";
import { packFilters, unpackFilters } from "./pytables-filters.ts";
import { markFile } from "./pytables-leaf.ts";
import { scalarInteger } from "./scalar-attribute.ts";
import { decodeElement } from "./value.ts";
import { heapOf } from "./value-heap.ts";
import type { FileTransaction } from "./writable-file.ts";

/** PyTables' own attribute. */
const PYTABLES = "FILTERS";

/** A text, for filters that PyTables has no number for. */
const FILTERS = "H5FS_FILTERS";

/** Of a group, and of a file in which they were set: a text, the number of bytes. */
const CHUNKS = "H5FS_CHUNKS";

/**
 * The filters that new datasets in a group are to have, as people write them; `undefined`: it says nothing.
 * @throws H5Error "unsupported" where PyTables' are of a kind that h5fs cannot apply
 */
export function groupFiltersText(group: ObjectBase): string | undefined {
  const text = textOf(group, FILTERS);
  if (text !== undefined) return text;
  const attribute = group.attribute(PYTABLES);
  if (attribute?.datatype.class !== "integer" || attribute.dataspace.kind !== "scalar") return undefined;
  const packed = decodeElement(attribute.datatype, attribute.bytes(), 0, heapOf(group.file));
  return filtersToText(unpackFilters(Number(packed)));
}

/** As `groupFiltersText`. */
export function groupFilters(group: ObjectBase): FilterSpec[] | undefined {
  const text = groupFiltersText(group);
  return text === undefined ? undefined : filtersFromText(text);
}

/** The filters of new datasets in a group: its own, or those of the nearest group above that says any. */
export function inheritedFilters(group: Group): FilterSpec[] {
  const parts = pathParts(group.path);
  for (let n = parts.length; n >= 0; n--) {
    const at = n === parts.length ? group : group.file.resolve(`/${parts.slice(0, n).join("/")}`);
    const filters = groupFilters(at);
    if (filters !== undefined) return filters;
  }
  return [];
}

/** Sets what `groupFilters` tells; `undefined`: it is to say nothing. PyTables reads it, too, where it can. @throws H5Error "argument" */
export function setGroupFilters(transaction: FileTransaction, { address }: Group, text: string | undefined): void {
  const { edit } = transaction;
  const filters = text === undefined ? undefined : filtersFromText(text);
  const packed = filters && packFilters(filters);
  setText(transaction, address, FILTERS, packed === undefined ? text?.trim() : undefined);
  if (packed === undefined) {
    deleteAttribute(edit, address, PYTABLES);
    return;
  }
  markFile(transaction);
  setAttribute(edit, address, scalarInteger(PYTABLES, 8, packed));
}

/** Bytes of a chunk of new files in a group, or of a file that is to keep such chunks; `undefined`: what suits their size. */
export function chunkBytesOf(object: ObjectBase): number | undefined {
  const bytes = Number(textOf(object, CHUNKS));
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : undefined;
}

/** @throws H5Error "argument" */
export function setChunkBytes(transaction: FileTransaction, address: number, bytes: number | undefined): void {
  if (bytes !== undefined && !(Number.isInteger(bytes) && bytes > 0 && bytes < 2 ** 32)) {
    throw new H5Error("argument", "expected the number of bytes of a chunk, below 4 GiB");
  }
  setText(transaction, address, CHUNKS, bytes?.toString());
}

function textOf(object: ObjectBase, name: string): string | undefined {
  const attribute = object.attribute(name);
  return attribute?.datatype.class === "string" && attribute.dataspace.kind === "scalar"
    ? decodeText(attribute.bytes())
    : undefined;
}

function setText({ edit }: FileTransaction, address: number, name: string, text: string | undefined): void {
  if (text === undefined) {
    deleteAttribute(edit, address, name);
    return;
  }
  const data = encodeText(text);
  const datatype = { class: "string", size: data.length, padding: "null-padded", charset: "ascii" } as const;
  setAttribute(edit, address, { name, charset: "ascii", datatype, dataspace: SCALAR, data });
}
