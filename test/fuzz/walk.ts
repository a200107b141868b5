import type { CodecMode } from "../../codecs/codec.ts";
import { decodedSize } from "../../src/chunk/read-plan.ts";
import { RangeReader } from "../../src/chunk/read-range.ts";
import { sizeOf } from "../../src/chunk/select-plan.ts";
import { objectText } from "../../src/cli/dump-json.ts";
import { DumpWalk } from "../../src/cli/dump-walk.ts";
import { statLines } from "../../src/cli/stat.ts";
import { treeLines } from "../../src/cli/tree.ts";
import { H5Error } from "../../src/errors.ts";
import { checkFile } from "../../src/object/check.ts";
import type { Dataset } from "../../src/object/dataset.ts";
import { H5File } from "../../src/object/file.ts";
import { ByteSink } from "../../src/object/text/byte-sink.ts";
import { decodeElement } from "../../src/object/value.ts";
import { heapOf } from "../../src/object/value-heap.ts";
import { walkObjects } from "../../src/object/walk.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { CanonicalNames } from "../../src/tree/canonical-name.ts";
import { contentOf, problemOf } from "../../src/tree/content.ts";
import { extendedAttribute, extendedAttributeNames } from "../../src/tree/extended-attributes.ts";
import type { DirectoryNode, FileNode, Node } from "../../src/tree/node.ts";
import { ObjectFile } from "../../src/tree/object-file.ts";
import { nodeText } from "../../src/tree/open-text.ts";
import { Tree } from "../../src/tree/tree.ts";
import { viewSubject } from "../../src/tree/view-subject.ts";
import { attributesJson } from "../../src/view/attributes-json.ts";
import { render } from "../../src/view/render.ts";
import { type ViewName, viewsOf } from "../../src/view/view.ts";

/** What a walk asks of a file: a damaged one may claim to hold anything, and honestly reading it would take as long. */
const MAX_ENTRIES = 10_000;
const MAX_NODES = 150;
const MAX_ATTRIBUTES = 30;
const MAX_READ = 1 << 14;
const MAX_ROWS = 50;
const MAX_TEXT = 1 << 20;
/** Bytes of datasets' elements up to which all of them are read for `dump --json`. */
const MAX_DUMP = 1 << 18;

const FACTS = "path problem dtype shape maxshape chunks filters layout stored_bytes decoded_bytes views".split(" ");

/**
 * Asks for everything that can be asked of a file: objects, links, attributes, the tree with all its views, what `dump
 * --json` and `tree` print. Any exception but an H5Error goes to the caller; how many of these there were is returned.
 */
export function walkFile(bytes: Uint8Array, mode: CodecMode): number {
  const walk = new Walk(mode);
  walk.file(bytes);
  return walk.errors;
}

class Walk {
  errors = 0;
  readonly #reader: RangeReader;
  #nodes = 0;

  constructor(mode: CodecMode) {
    this.#reader = new RangeReader(mode, 1 << 22);
  }

  file(bytes: Uint8Array): void {
    const file = this.#attempt(() => H5File.open(new MemoryStorage(bytes, "input.h5")));
    if (file === undefined) return;
    this.#attempt(() => {
      for (const { address } of walkObjects(file.root)) this.#attempt(() => file.object(address).comment);
    });
    this.#attempt(() => this.#tree(file));
    this.#attempt(() => {
      let lines = 0;
      for (const _ of treeLines(file, file.root, "input.h5")) if (++lines > MAX_ENTRIES) return;
    });
    this.#attempt(() => this.#dump(file));
    this.#attempt(() => checkFile(file, { data: true }));
    file.close();
  }

  #attempt<T>(ask: () => T): T | undefined {
    try {
      return ask();
    } catch (error) {
      if (!(error instanceof H5Error)) throw error;
      this.errors++;
      return undefined;
    }
  }

  #tree(file: H5File): void {
    const tree = new Tree(file);
    const directories: DirectoryNode[] = [tree.root];
    const seen = new Set<string>();
    let entries = 0;
    for (const directory of directories) {
      this.#node(directory);
      this.#attempt(() => {
        for (const { name, node } of tree.entries(directory)) {
          if (++entries > MAX_ENTRIES) return;
          if (seen.has(node.key)) continue;
          seen.add(node.key);
          if (node.kind === "directory") directories.push(node);
          if (++this.#nodes > MAX_NODES) continue;
          this.#attempt(() => tree.lookup(directory, `${name}.csv`));
          this.#attempt(() => tree.resolve(node.kind === "symlink" ? `${directory.path}/${node.target}` : node.path));
          this.#node(node);
        }
      });
    }
    for (const path of ["/", "/a/b/../c", "/group/ramp.csv"]) this.#attempt(() => file.resolve(path));
  }

  #node(node: Node): void {
    this.#attempt(() => problemOf(node));
    for (const name of FACTS) this.#attempt(() => extendedAttribute(node, `user.h5fs.${name}`));
    const names = this.#attempt(() => extendedAttributeNames(node)) ?? [];
    for (const name of names.slice(0, MAX_ATTRIBUTES)) this.#attempt(() => extendedAttribute(node, name));
    const object = node.kind === "file" ? node.object : node.kind === "directory" ? node.group : undefined;
    if (object !== undefined && names.length < MAX_ATTRIBUTES) this.#attempt(() => [...attributesJson(object)]);
    if (node.kind !== "file") return;
    if (node.object.kind !== "dataset")
      this.#attempt(() => [...render(nodeText(node, this.#reader), 0, 0, new ByteSink())]);
    else this.#dataset(node, node.object);
  }

  #dataset(node: FileNode, dataset: Dataset): void {
    this.#attempt(() => statLines(dataset));
    this.#attempt(() => dataset.storedBytes());
    this.#attempt(() => dataset.modificationTime);
    const views = this.#attempt(() => viewsOf(viewSubject(dataset))) ?? [];
    const names = new CanonicalNames(dataset.file.root, "/");
    for (const view of views) {
      const file = new ObjectFile(names, dataset, {
        path: node.path,
        linkName: node.name,
        view,
        part: undefined,
        madeView: undefined,
      });
      this.#attempt(() => this.#view(file, dataset, view));
    }
    this.#attempt(() => this.#elements(dataset));
  }

  #view(node: FileNode, dataset: Dataset, view: ViewName): void {
    const content = contentOf(node);
    if (content.kind === "stored") {
      const middle = Math.floor(sizeOf(content.data) / 2);
      this.#attempt(() => this.#reader.read(content.data, `${dataset.address}`, middle, MAX_READ));
      return;
    }
    if (view === "bin" || view === "npy") return;
    const text = nodeText({ object: dataset, name: node.name, view, part: node.part }, this.#reader);
    const { elementCount } = text.format;
    // What is an element of the text may be a record batch of many of the dataset's.
    const size = (dataset.elementCount / Math.max(1, elementCount)) * dataset.elementSize;
    if (size > MAX_READ) return;
    const count = Math.min(elementCount, MAX_ROWS, Math.ceil(MAX_READ / size));
    for (const first of new Set([0, elementCount - count])) {
      const sink = new ByteSink(1 << 12, undefined, MAX_TEXT);
      this.#attempt(() => {
        for (const _ of render(text, first, count, sink)) sink.length = 0;
      });
    }
  }

  #elements(dataset: Dataset): void {
    const { datatype, elementSize } = dataset;
    for (const data of this.#samples(dataset)) {
      for (let at = 0; at + elementSize <= data.length && at < 4 * elementSize; at += elementSize) {
        this.#attempt(() => decodeElement(datatype, data, at, heapOf(dataset.file)));
      }
    }
  }

  /** The bytes of some elements at the beginning and at the end. */
  *#samples(dataset: Dataset): Generator<Uint8Array> {
    const { elementCount, elementSize } = dataset;
    if (elementCount === 0) return;
    const count = Math.max(1, Math.min(elementCount, MAX_ROWS, Math.floor(MAX_READ / elementSize)));
    for (const first of new Set([0, elementCount - count])) {
      const data = this.#attempt(() =>
        this.#reader.read(dataset, `${dataset.address}`, first * elementSize, count * elementSize),
      );
      if (data !== undefined) yield data;
    }
  }

  #dump(file: H5File): void {
    let size = 0;
    for (const { address } of walkObjects(file.root)) {
      const object = this.#attempt(() => file.object(address));
      if (object?.kind === "dataset") size += this.#attempt(() => decodedSize(object)) ?? 0;
    }
    if (size > MAX_DUMP) return;
    for (const { json } of new DumpWalk(file).entries()) objectText(json);
  }
}
