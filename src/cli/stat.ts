import type { CommandModule } from "yargs";
import { gridDims } from "../chunk/geometry.ts";
import { decodedSize } from "../chunk/read-plan.ts";
import { H5Error } from "../errors.ts";
import { decodeText, encodeText } from "../format/text.ts";
import type { Dataset } from "../object/dataset.ts";
import { datatypeName } from "../object/datatype-name.ts";
import type { H5Object } from "../object/file.ts";
import type { Group } from "../object/group.ts";
import { meantDatatype } from "../object/pytables.ts";
import { ByteSink } from "../object/text/byte-sink.ts";
import { compileJson } from "../object/text/json-text.ts";
import { elementBytes } from "../object/value-bytes.ts";
import { heapOf } from "../object/value-heap.ts";
import { contentOf, datasetProblem } from "../tree/content.ts";
import type { FileNode } from "../tree/node.ts";
import { viewSubject } from "../tree/view-subject.ts";
import { viewsOf } from "../view/view.ts";
import { filePieces } from "./file-pieces.ts";
import { filterText } from "./filter-text.ts";
import { reading } from "./location.ts";
import { openObject } from "./object-location.ts";
import { printable } from "./printable.ts";
import { shapeText } from "./shape-text.ts";
import { writeOut } from "./standard-output.ts";

export const statCommand: CommandModule<object, { location: string }> = {
  command: "stat <location>",
  describe: "Tell everything about one object but its values",
  builder: (yargs) =>
    yargs
      .positional("location", { type: "string", demandOption: true, describe: "FILE or FILE:/path" })
      .example("$0 stat data.h5:/x", "type, shape, chunks, filters, sizes of /x")
      .example("$0 stat 'data.h5:/x[0:100].csv'", "and the size of that part as CSV"),
  handler: reading(({ location }) => {
    const { file, path, object, node } = openObject(location);
    const lines = [
      line("File", file.name),
      line("Path", path),
      ...statLines(object),
      ...(node === undefined ? [] : factLines(viewFacts(node))),
    ];
    writeOut(encodeText(`${lines.join("\n")}\n`));
    file.close();
  }),
};

/** A line `name: text`; several, or none, where there is more or nothing to tell. */
type Fact = readonly [name: string, text: () => string | readonly string[] | undefined];

const NAME_WIDTH = 18;

/** Facts about an object, a line each. What its damage hides is told once, in the first line that it concerns. */
export function statLines(object: H5Object): string[] {
  return factLines([...factsOf(object), ...commonFacts(object)]);
}

function factLines(facts: readonly Fact[]): string[] {
  const lines: string[] = [];
  const told = new Set<string>();
  for (const [name, text] of facts) {
    for (const part of tell(text, told)) lines.push(line(name, part));
  }
  return lines;
}

function line(name: string, text: string): string {
  return `${name}:`.padEnd(NAME_WIDTH) + printable(text);
}

function tell(text: Fact[1], told: Set<string>): readonly string[] {
  try {
    const parts = text() ?? [];
    return typeof parts === "string" ? [parts] : parts;
  } catch (error) {
    if (!(error instanceof H5Error)) throw error;
    if (told.has(error.message)) return [];
    told.add(error.message);
    return [`cannot be read: ${error.message}`];
  }
}

function factsOf(object: H5Object): readonly Fact[] {
  switch (object.kind) {
    case "group":
      return [
        ["Kind", () => "group"],
        ["Links", () => linksText(object)],
      ];
    case "dataset":
      return datasetFacts(object);
    case "datatype":
      return [
        ["Kind", () => "committed datatype"],
        ["Type", () => datatypeName(object.datatype)],
        ["Size", () => bytes(object.datatype.size)],
      ];
  }
}

function datasetFacts(dataset: Dataset): readonly Fact[] {
  return [
    ["Kind", () => "dataset"],
    ["Type", () => typeText(dataset)],
    ["Shape", () => shapeText(dataset.dataspace)],
    ["Maximum shape", () => (dataset.dataspace.kind === "simple" ? shapeText({ dims: dataset.maxDims }) : undefined)],
    ["Layout", () => layoutText(dataset)],
    ["Chunks", () => chunksText(dataset)],
    ["Filter", () => dataset.filters.map(filterText)],
    ["Fill value", () => fillValueText(dataset)],
    ["Decoded", () => bytes(decodedSize(dataset))],
    ["Stored", () => storedText(dataset)],
    ["Views", () => viewsOf(viewSubject(dataset)).join(" ")],
    ["Problem", () => raise(datasetProblem(dataset))],
  ];
}

/** Of the file in the tree by whose name the object was asked for; its size is the one that a mount shows. */
function viewFacts(node: FileNode): readonly Fact[] {
  return [
    ["View", () => node.view],
    ["Shape of part", () => (node.part === undefined ? undefined : shapeText({ dims: node.part.dims }))],
    ["Type of part", () => (node.part === undefined ? undefined : datatypeName(node.part.datatype))],
    ["Size", () => bytes(sizeOf(node))],
  ];
}

function sizeOf(node: FileNode): number {
  const content = contentOf(node);
  if (content.kind === "stored") return content.size;
  let size = 0;
  for (const piece of filePieces(node)) size += piece.length;
  return size;
}

function commonFacts(object: H5Object): readonly Fact[] {
  const { times, version } = object.header;
  return [
    ["Attributes", () => `${object.attributes().length}`],
    ["Hard links to it", () => `${object.linkCount}`],
    ["Comment", () => object.comment],
    ["Modified", () => timeText(object.modificationTime)],
    ["Changed", () => timeText(times?.change)],
    ["Accessed", () => timeText(times?.access)],
    ["Created", () => timeText(times?.birth)],
    ["Object header", () => `version ${version}, at 0x${object.address.toString(16)}`],
  ];
}

function linksText(group: Group): string {
  const counts = new Map<string, number>();
  let sum = 0;
  for (const { kind } of group.links()) {
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    sum++;
  }
  const kinds = Array.from(counts, ([kind, count]) => `${count} ${kind === "user" ? "user-defined" : kind}`);
  return sum === 0 ? "0" : `${sum} (${kinds.join(", ")})`;
}

function typeText(dataset: Dataset): string {
  const { datatype } = dataset;
  const name = datatypeName(meantDatatype(dataset, datatype));
  const committed = datatype.committedAt === undefined ? "" : `, committed at 0x${datatype.committedAt.toString(16)}`;
  return `${name}, ${datatype.size} bytes each${committed}`;
}

function layoutText({ layout }: Dataset): string {
  return layout.kind === "chunked" ? `chunked, indexed by ${INDEX_NAMES[layout.indexing.type]}` : layout.kind;
}

const INDEX_NAMES = {
  "b-tree-v1": "a version 1 B-tree",
  "b-tree-v2": "a version 2 B-tree",
  "extensible-array": "an extensible array",
  "fixed-array": "a fixed array",
  implicit: "nothing: all chunks are there, in order",
  single: "nothing: there is one chunk",
};

function chunksText({ layout, storage }: Dataset): string | undefined {
  if (layout.kind !== "chunked" || storage.kind !== "chunked") return undefined;
  let stored = 0;
  for (const _ of storage.index.entries()) stored++;
  const all = gridDims(storage.geometry).reduce((product, n) => product * n, 1);
  return `${shapeText({ dims: layout.chunkDims })}, ${grouped(stored)} of ${grouped(all)} are stored`;
}

function fillValueText(dataset: Dataset): string | undefined {
  const { fillValue, datatype, file } = dataset;
  if (fillValue === undefined) return undefined;
  const sink = new ByteSink(64);
  compileJson(meantDatatype(dataset, datatype), heapOf(file))(elementBytes(fillValue), 0, sink);
  return decodeText(sink.take());
}

function storedText(dataset: Dataset): string {
  const stored = dataset.storedBytes();
  const ratio = decodedSize(dataset) / stored;
  return dataset.filters.length === 0 || stored === 0 ? bytes(stored) : `${bytes(stored)}, ${ratio.toFixed(2)} to 1`;
}

/** Told as any other error, so that what was told before is not told again. */
function raise(problem: H5Error | undefined): undefined {
  if (problem !== undefined) throw problem;
}

function timeText(seconds: number | undefined): string | undefined {
  return seconds === undefined || seconds === 0
    ? undefined
    : new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
}

function bytes(count: number): string {
  const unit = UNITS.findLast(({ size }) => count >= size);
  return `${grouped(count)} bytes${unit === undefined ? "" : ` (${(count / unit.size).toFixed(1)} ${unit.name})`}`;
}

const UNITS = ["KiB", "MiB", "GiB", "TiB", "PiB"].map((name, i) => ({ name, size: 1024 ** (i + 1) }));

function grouped(count: number): string {
  return `${count}`.replace(/\B(?=(\d{3})+$)/g, ",");
}
