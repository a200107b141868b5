import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { basename } from "node:path";
import { H5Error } from "../errors.ts";
import type { Datatype } from "../format/datatype.ts";
import type { EditableFile } from "../object/editable-file.ts";
import { filtersFromText } from "../object/filter-text.ts";
import { childPath } from "../object/group.ts";
import { inheritedFilters } from "../object/group-settings.ts";
import { FileHeapWriter } from "../object/heap-writer.ts";
import { placeOf } from "../object/path-edit.ts";
import type { LeafKind } from "../object/pytables-leaf.ts";
import type { HeapWriter } from "../object/value-encode.ts";
import { writeElements } from "../object/write-elements.ts";
import { sentence } from "../storage/local-file.ts";
import { inCOrder } from "../view/fortran-order.ts";
import { inferCsv } from "../view/infer-csv.ts";
import { inferJsonSteps } from "../view/infer-json.ts";
import { inferTxtSteps } from "../view/infer-txt.ts";
import { parseArrowSteps } from "../view/parse-arrow.ts";
import { parseCsv } from "../view/parse-csv.ts";
import { parseJsonRows } from "../view/parse-json-rows.ts";
import { decodeNpyHeader, NPY_PREFIX, npyHeaderSize } from "../view/parse-npy.ts";
import { parseTxt } from "../view/parse-txt.ts";
import type { ParsedElements } from "../view/parsed-rows.ts";
import { resultOf } from "../view/result-of.ts";
import type { ObjectCopyOptions } from "./cp-object.ts";
import { editFile, isGroup, replaceable } from "./edit-location.ts";
import { Progress } from "./progress.ts";

export interface ImportOptions extends Omit<ObjectCopyOptions, "recursive"> {
  readonly filters: string | undefined;
  readonly as: LeafKind | undefined;
}

/** The files that become datasets, by the end of their names. */
export function isImportable(name: string): boolean {
  return /\.(npy|csv|arrow|json|txt)$/.test(name);
}

const WINDOW = 4 * 2 ** 20;

/** What is in Fortran's order is turned around in memory. */
const MAX_TURNED = 2 ** 30;

/** What `--filters` and `--as` are for. */
export const IMPORTABLE = ".npy, .csv, .arrow, .json or .txt file";

/** Makes a dataset of such a file. @param path of the dataset, or a group for it */
export function importFile(source: string, target: string, path: string, options: ImportOptions): void {
  const progress = new Progress(process.stderr, options.quiet);
  const input = InputFile.open(source);
  try {
    editFile(target, options.dryRun, (file) => {
      const to = isGroup(file, path) ? childPath(path, basename(source).replace(/\.\w+$/, "")) : path;
      if (options.force) replaceable(file, to);
      const told = (bytes: number): void => progress.working(to, bytes);
      importRows(file, to, rowsOf(source, input, file.file.context.sizeOfOffsets), options, told);
      progress.done();
    });
    progress.end();
  } finally {
    input.close();
  }
}

type Told = (bytes: number) => void;

/** What a file becomes. */
interface Rows {
  readonly datatype: Datatype;
  readonly dims: readonly number[];
  /** It stays of its shape; else it can grow, if it has any dimensions. */
  readonly isFixed?: true;
  elements(heap: HeapWriter): Iterable<ParsedElements>;
}

/** Types are found by reading all of a text; then it is read again. How it is written matters no more. */
function rowsOf(source: string, input: InputFile, sizeOfOffsets: number): Rows {
  if (source.endsWith(".npy")) return npyRows(input);
  if (source.endsWith(".arrow")) {
    const { datatype, rows, elements } = resultOf(parseArrowSteps(input));
    return { datatype, dims: [rows], elements };
  }
  try {
    if (source.endsWith(".csv")) return csvRows(input, sizeOfOffsets);
    return source.endsWith(".json") ? jsonRows(input, sizeOfOffsets) : txtRows(input, sizeOfOffsets);
  } catch (error) {
    if (!(error instanceof H5Error) || error.kind !== "argument") throw error;
    throw new H5Error("argument", `${input.name}: ${error.message}`, { cause: error });
  }
}

function npyRows(input: InputFile): Rows {
  const head = input.read(0, Math.min(input.size, NPY_PREFIX));
  const { datatype, shape, fortranOrder, dataOffset } = decodeNpyHeader(
    input.read(0, Math.min(input.size, npyHeaderSize(head))),
  );
  const size = shape.reduce((product, dim) => product * dim, datatype.size);
  if (input.size < dataOffset + size) {
    throw new H5Error(
      "argument",
      `${input.name}: has ${input.size - dataOffset} bytes of elements, its header says ${size}`,
    );
  }
  const isTurned = fortranOrder && shape.length > 1;
  if (isTurned && size > MAX_TURNED) {
    throw new H5Error(
      "unsupported",
      `${input.name}: is in Fortran's order and has ${size} bytes; more than 1 GiB are not turned`,
    );
  }
  return {
    datatype,
    dims: shape,
    isFixed: true,
    *elements() {
      const all = isTurned ? inCOrder(input.read(dataOffset, size), shape, datatype.size) : undefined;
      const rowBytes = size / (shape[0] ?? 1);
      const step = Math.max(1, Math.floor(WINDOW / rowBytes)) * rowBytes;
      for (let at = 0; at < size; at += step) {
        const length = Math.min(step, size - at);
        const bytes = all?.subarray(at, at + length) ?? input.read(dataOffset + at, length);
        yield { first: at / datatype.size, count: length / datatype.size, bytes };
      }
    },
  };
}

function csvRows(input: InputFile, sizeOfOffsets: number): Rows {
  const inferred = inferCsv(input.blocks(), sizeOfOffsets);
  const found = "problem" in inferred ? (inferred.instead ?? inferred) : inferred;
  if ("problem" in found) throw new H5Error("argument", found.problem);
  const { datatype, rows, style } = found;
  const dims = [rows];
  return { datatype, dims, elements: (heap) => parseCsv(input.blocks(), { datatype, dims, name: "" }, heap, style) };
}

function jsonRows(input: InputFile, sizeOfOffsets: number): Rows {
  const { datatype, dims } = resultOf(inferJsonSteps(() => input.blocks(), sizeOfOffsets));
  return { datatype, dims, elements: (heap) => parseJsonRows(input.blocks(), { datatype, dims }, heap) };
}

function txtRows(input: InputFile, sizeOfOffsets: number): Rows {
  const { datatype, dims } = resultOf(inferTxtSteps(input.blocks(), sizeOfOffsets));
  return { datatype, dims, elements: (heap) => parseTxt(input.blocks(), { datatype, dims, name: "" }, heap) };
}

function importRows(
  file: EditableFile,
  path: string,
  { datatype, dims, isFixed, elements }: Rows,
  options: ImportOptions,
  told: Told,
): void {
  const maxShape = isFixed || dims.length === 0 ? undefined : [null, ...dims.slice(1)];
  const dataset = create(file, path, datatype, dims, maxShape, options);
  const elementSize = datatype.size;
  file.transaction((transaction) => {
    for (const { first, bytes } of elements(new FileHeapWriter(transaction))) {
      writeElements(transaction, dataset, { dims, elementSize }, first, bytes);
      told(bytes.length);
    }
  });
}

function create(
  file: EditableFile,
  path: string,
  dtype: Datatype,
  shape: readonly number[],
  maxShape: readonly (number | null)[] | undefined,
  { filters, as }: ImportOptions,
): number {
  // What PyTables makes of a shape it says itself.
  const max = as === undefined ? maxShape : undefined;
  const inherited = shape.length > 0 && as === undefined ? inheritedFilters(placeOf(file.file, path).group) : undefined;
  const specs = filters === undefined ? inherited : filtersFromText(filters);
  return file.createDataset(path, { dtype, shape, maxShape: max, filters: specs, as }).dataset.address;
}

/** A file of the local file system, read in pieces. */
class InputFile {
  readonly name: string;
  readonly size: number;
  readonly #fd: number;

  private constructor(name: string, fd: number) {
    this.name = name;
    this.#fd = fd;
    this.size = fstatSync(fd).size;
  }

  static open(name: string): InputFile {
    try {
      return new InputFile(name, openSync(name, "r"));
    } catch (cause) {
      throw new H5Error("io", `${name}: ${sentence(cause)}`, { cause });
    }
  }

  read(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const n = readSync(this.#fd, bytes, done, length - done, offset + done);
      if (n === 0) throw new H5Error("io", `${this.name}: ends at byte ${offset + done}`);
      done += n;
    }
    return bytes;
  }

  *blocks(): Generator<Uint8Array> {
    for (let at = 0; at < this.size; at += WINDOW) yield this.read(at, Math.min(WINDOW, this.size - at));
  }

  close(): void {
    closeSync(this.#fd);
  }
}
