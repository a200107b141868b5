import { H5Error } from "../../src/errors.ts";
import type { Datatype } from "../../src/format/datatype.ts";
import type { CreateDatasetOptions } from "../../src/object/create-dataset.ts";
import type { FilterSpec } from "../../src/object/filter-spec.ts";
import type { HeapWriter } from "../../src/object/value-encode.ts";
import { complexPart } from "../../src/object/value-meaning.ts";
import { type ArrowStyle, arrowStyleOf } from "../../src/view/arrow-style.ts";
import type { CsvStyle } from "../../src/view/csv-style.ts";
import { inCOrder } from "../../src/view/fortran-order.ts";
import { inferCsvSteps } from "../../src/view/infer-csv.ts";
import { inferJsonSteps, type TextImport } from "../../src/view/infer-json.ts";
import { inferTxtSteps } from "../../src/view/infer-txt.ts";
import type { JsonStyle } from "../../src/view/json-style.ts";
import { encodeNpyHeader } from "../../src/view/npy.ts";
import { parseArrowSteps } from "../../src/view/parse-arrow.ts";
import { parseCsv } from "../../src/view/parse-csv.ts";
import { csvStyleOf } from "../../src/view/parse-csv-style.ts";
import { parseJsonRows } from "../../src/view/parse-json-rows.ts";
import { decodeNpyHeader, NPY_PREFIX, npyHeaderSize } from "../../src/view/parse-npy.ts";
import { parseTxt } from "../../src/view/parse-txt.ts";
import type { ParsedElements } from "../../src/view/parsed-rows.ts";
import type { TxtStyle } from "../../src/view/txt-style.ts";

/** A file's bytes, as they are stored. */
export interface FileBytes {
  readonly size: number;
  read(offset: number, length: number): Uint8Array;
}

/** The views that files are turned into, by the ends of their names. */
export const IMPORT_VIEWS = ["npy", "csv", "arrow", "json", "txt"] as const;
export type ImportView = (typeof IMPORT_VIEWS)[number];

/** The dataset that a file becomes. */
export type ImportDataset = CreateDatasetOptions & { readonly dtype: Datatype; readonly shape: readonly number[] };

/** What a file becomes. */
export interface ImportPlan {
  readonly view: ImportView;
  readonly style?: CsvStyle;
  readonly json?: JsonStyle;
  readonly txt?: TxtStyle;
  readonly arrow?: ArrowStyle;
  readonly dataset: ImportDataset;
  /** The elements as they are to be stored, in order; what they refer to is put into the heap. */
  elements(heap: HeapWriter): Iterable<ParsedElements>;
}

/** Where the dataset will be. */
export interface ImportTarget {
  /** Of addresses in its file. */
  readonly sizeOfOffsets: number;
  readonly filters: readonly FilterSpec[];
  /** The values are enough: the bytes may be others. */
  readonly isForced: boolean;
}

/** Bytes that are read at a time. */
export const WINDOW = 2 ** 20;

const ZEROS = new Uint8Array(WINDOW);

/** Whether bytes are what a file, or a dataset, has where nothing was ever written. */
export function isZero(bytes: Uint8Array): boolean {
  return bytes.length <= WINDOW && Buffer.compare(bytes, ZEROS.subarray(0, bytes.length)) === 0;
}

/** What is in Fortran's order is turned around in memory. */
const MAX_TURNED = 2 ** 26;

/** Larger arrays are made in chunks: a part of a dataset in one piece would be written twice. */
const MAX_CONTIGUOUS = 2 ** 23;

/**
 * What dataset a file can become, found by reading it, with pauses.
 * @throws H5Error that says why it can become none
 */
export function* planImport(
  view: ImportPlan["view"],
  file: FileBytes,
  target: ImportTarget,
): Generator<undefined, ImportPlan> {
  switch (view) {
    case "npy":
      return planNpy(file, target);
    case "csv":
      return yield* planCsv(file, target);
    case "arrow":
      return yield* planArrow(file, target);
    case "json":
      return yield* planJson(file, target);
    case "txt":
      return yield* planTxt(file, target);
  }
}

function planNpy(file: FileBytes, { filters, isForced }: ImportTarget): ImportPlan {
  const prefix = file.read(0, Math.min(file.size, NPY_PREFIX));
  const header = file.read(0, Math.min(file.size, npyHeaderSize(prefix)));
  const { datatype, shape, fortranOrder, dataOffset } = decodeNpyHeader(header);
  const size = shape.reduce((product, dim) => product * dim, datatype.size);
  if (file.size !== dataOffset + size) {
    throw new H5Error("argument", `its header says ${size} bytes of elements, it has ${file.size - dataOffset}`);
  }
  const isTurned = fortranOrder && shape.length > 1;
  if (isTurned && (!isForced || size > MAX_TURNED))
    throw new H5Error("argument", "its elements are in Fortran's order");
  if (!isForced && !Buffer.from(header).equals(encodeNpyHeader(datatype, shape))) {
    throw new H5Error("argument", "its header is written otherwise than numpy.save would write it");
  }
  const row = shape.slice(1).reduce((product, dim) => product * dim, datatype.size);
  return {
    view: "npy",
    dataset: { dtype: datatype, ...leafFor(datatype, shape, size, filters), shape },
    *elements() {
      if (isTurned) {
        const bytes = inCOrder(file.read(dataOffset, size), shape, datatype.size);
        yield { first: 0, count: size / datatype.size, bytes };
        return;
      }
      // Whole rows where they are small, so that chunks are written once.
      const unit = row <= WINDOW ? row : datatype.size;
      const step = Math.max(1, Math.floor(WINDOW / Math.max(1, unit))) * unit;
      for (let at = 0; at < size; at += step) {
        const bytes = file.read(dataOffset + at, Math.min(step, size - at));
        yield { first: at / datatype.size, count: bytes.length / datatype.size, bytes };
      }
    },
  };
}

/** What PyTables would make of it; what it cannot have is a plain dataset. */
function leafFor(
  datatype: Datatype,
  shape: readonly number[],
  size: number,
  filters: readonly FilterSpec[],
): Pick<CreateDatasetOptions, "as" | "maxShape" | "chunks" | "filters"> {
  const isChunked = shape.length > 0 && size > 0 && (size > MAX_CONTIGUOUS || filters.length > 0);
  const plain = isChunked ? ({ chunks: true, filters } as const) : {};
  if (isTable(datatype)) {
    if (shape.length !== 1) return plain;
    return isOfPyTables(datatype) ? { as: "Table", filters } : { maxShape: [null], filters };
  }
  if (isOfVLArray(datatype) && shape.length === 1) return { as: "VLArray", filters };
  if (!isOfPyTables(datatype)) return plain;
  return isChunked ? { as: "CArray", filters } : { as: "Array", filters: [] };
}

/** Sequences of numbers. */
function isOfVLArray(datatype: Datatype): boolean {
  if (datatype.class !== "vlen" || datatype.kind !== "sequence") return false;
  return datatype.base.class === "integer" || datatype.base.class === "float";
}

function isTable(datatype: Datatype): boolean {
  return datatype.class === "compound" && complexPart(datatype) === undefined;
}

/** PyTables has no opaque data, text of any length nowhere within others, and no unused bytes in its tables. */
function isOfPyTables(datatype: Datatype): boolean {
  switch (datatype.class) {
    case "opaque":
    case "vlen":
      return false;
    case "array":
      return isOfPyTables(datatype.base);
    case "compound": {
      const used = datatype.members.reduce((sum, { type }) => sum + type.size, 0);
      return used === datatype.size && datatype.members.every(({ type }) => isOfPyTables(type));
    }
    default:
      return true;
  }
}

function* planCsv(
  file: FileBytes,
  { sizeOfOffsets, filters, isForced }: ImportTarget,
): Generator<undefined, ImportPlan> {
  const inferred = yield* inferCsvSteps(blocksOf(file), sizeOfOffsets);
  const found = "problem" in inferred && isForced ? (inferred.instead ?? inferred) : inferred;
  if ("problem" in found) throw new H5Error("argument", found.problem);
  const { datatype, rows } = found;
  // As it will be read back.
  const style = csvStyleOf(JSON.parse(JSON.stringify(found.style)));
  if (style === undefined) throw new H5Error("argument", "how it is written cannot be kept");
  const as = isOfPyTables(datatype) ? "Table" : undefined;
  return {
    view: "csv",
    style,
    dataset: { dtype: datatype, shape: [rows], maxShape: [null], as, filters },
    elements: (heap) => parseCsv(blocksOf(file), { datatype, dims: [rows], name: "" }, heap, style),
  };
}

function* planArrow(file: FileBytes, { filters, isForced }: ImportTarget): Generator<undefined, ImportPlan> {
  const { datatype, rows, skeleton, elements } = yield* parseArrowSteps(file);
  const as = isOfPyTables(datatype) ? "Table" : undefined;
  return {
    view: "arrow",
    ...(isForced ? {} : { arrow: arrowStyleOf(skeleton) }),
    dataset: { dtype: datatype, shape: [rows], maxShape: [null], as, filters },
    elements,
  };
}

function* planJson(file: FileBytes, target: ImportTarget): Generator<undefined, ImportPlan> {
  const { style, ...found } = yield* inferJsonSteps(() => blocksOf(file), target.sizeOfOffsets);
  return {
    view: "json",
    ...(style && { json: style }),
    dataset: textDataset(found, target),
    elements: (heap) => parseJsonRows(blocksOf(file), found, heap),
  };
}

function* planTxt(file: FileBytes, target: ImportTarget): Generator<undefined, ImportPlan> {
  const { style, ...found } = yield* inferTxtSteps(blocksOf(file), target.sizeOfOffsets);
  return {
    view: "txt",
    ...(style && { txt: style }),
    dataset: textDataset(found, target),
    elements: (heap) => parseTxt(blocksOf(file), { ...found, name: "" }, heap),
  };
}

function textDataset({ datatype, dims }: TextImport, { filters }: ImportTarget): ImportDataset {
  const size = dims.reduce((product, dim) => product * dim, datatype.size);
  return { dtype: datatype, ...leafFor(datatype, dims, size, filters), shape: dims };
}

/** A file's bytes, in pieces. */
export function* blocksOf(file: FileBytes): Generator<Uint8Array> {
  for (let at = 0; at < file.size; at += WINDOW) yield file.read(at, Math.min(WINDOW, file.size - at));
}
