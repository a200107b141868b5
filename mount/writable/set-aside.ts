import { LRUCache } from "lru-cache";
import { H5Error } from "../../src/errors.ts";
import { setAttributeElements } from "../../src/object/attribute-value.ts";
import { ElementCopier } from "../../src/object/copy-elements.ts";
import type { Dataset } from "../../src/object/dataset.ts";
import { chunkBytesOf } from "../../src/object/group-settings.ts";
import { FileHeapWriter } from "../../src/object/heap-writer.ts";
import { isFileNode } from "../../src/object/pytables.ts";
import { isLeafAttribute } from "../../src/object/pytables-leaf.ts";
import type { FileTransaction } from "../../src/object/writable-file.ts";
import { isFileMark } from "../../src/tree/file-node.ts";
import type { Node } from "../../src/tree/node.ts";
import { isUsers } from "../../src/tree/posix-metadata.ts";
import { isMadeView } from "../../src/tree/shown-as.ts";
import type { Tree } from "../../src/tree/tree.ts";
import { isBare, type NamePlace } from "./names.ts";
import type { NewFileStorage } from "./new-file-storage.ts";

/** What editors and `patch` append to the name of a file that they set aside, to write that name anew. */
const SUFFIXES = ["~", ".bak", ".orig"];

/** Whether a name is that of another one set aside. */
export function isSetAside(from: NamePlace, to: NamePlace): boolean {
  if (from.directory.address !== to.directory.address) return false;
  return SUFFIXES.some((suffix) => to.name === from.name + suffix);
}

/** So many are remembered: an editor writes the name at once. */
const MAX_FILES = 100;

/** Files that were set aside in this mount: who writes the old name anew goes on with what belonged to it. */
export class SetAside {
  readonly #tree: Tree;
  /** The addresses of the files, by the places that they had. */
  readonly #files = new LRUCache<string, number>({ max: MAX_FILES });

  constructor(tree: Tree) {
    this.#tree = tree;
  }

  /** A node was renamed. */
  renamed(node: Node, from: NamePlace, to: NamePlace): void {
    if (node.kind !== "file" || !(isBare(node) || isMadeView(node))) return;
    if (isSetAside(from, to)) this.#files.set(keyOf(from), node.address);
  }

  /** Whether a file that had that name was set aside. */
  knows(place: NamePlace): boolean {
    return this.#files.has(keyOf(place));
  }

  /** The file that had the name of a new one and still stands beside it; `undefined`: there is none. */
  before(place: NamePlace): Dataset | undefined {
    const address = this.#files.get(keyOf(place));
    if (address === undefined) return undefined;
    this.#files.delete(keyOf(place));
    for (const suffix of SUFFIXES) {
      const node = this.#tree.listed(place.directory, place.name + suffix)?.node;
      if (node?.kind === "file" && node.address === address && node.object.kind === "dataset") return node.object;
    }
    return undefined;
  }
}

/** How a file is stored, for one that takes its place; `undefined`: it has become a dataset, and is stored as such. */
export function storageOf(file: Dataset): NewFileStorage | undefined {
  if (!isFileNode(file)) return undefined;
  return { filters: file.filters, chunkBytes: chunkBytesOf(file) };
}

/** Gives a new file the attributes of one whose place it takes. @param address the new one's */
export function takeOverAttributes(transaction: FileTransaction, from: Dataset, address: number): void {
  const elements = new ElementCopier(from.file, new FileHeapWriter(transaction), (same) => same);
  for (const { name, datatype, dataspace, bytes } of attributesOf(from)) {
    const data = elements.copy(datatype, bytes);
    setAttributeElements(transaction, address, name, { datatype, dataspace, data });
  }
}

function attributesOf(file: Dataset) {
  return file
    .attributes()
    .filter(({ name }) => isUsers(name) && !isFileMark(name) && (isFileNode(file) || !isLeafAttribute(name)))
    .flatMap((attribute) => {
      try {
        const { name, datatype, dataspace } = attribute;
        return [{ name, datatype, dataspace, bytes: attribute.bytes().slice() }];
      } catch (error) {
        // What is damaged stays with the file that was set aside.
        if (error instanceof H5Error) return [];
        throw error;
      }
    });
}

function keyOf({ directory, name }: NamePlace): string {
  return `${directory.address}/${name}`;
}
