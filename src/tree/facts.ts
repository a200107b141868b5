import { H5Error } from "../errors.ts";
import type { Dataset } from "../object/dataset.ts";
import { datatypeName } from "../object/datatype-name.ts";
import { chunkBytesOf, groupFiltersText } from "../object/group-settings.ts";
import { meantDatatype } from "../object/pytables.ts";
import { viewsOf } from "../view/view.ts";
import { childPath } from "./canonical-name.ts";
import { problemOf } from "./content.ts";
import type { FileNode, Node } from "./node.ts";
import { viewSubject } from "./view-subject.ts";

type Fact = (node: Node) => string | undefined;

type DatasetNode = FileNode & { readonly object: Dataset };

/** By the version of the superblock: what the file's structures are like (see `LibraryVersion`). */
const LIBVER = ["earliest", "earliest", "v18", "v110"] as const;

/**
 * What the extended attributes `user.h5fs.NAME` say of an object: facts that are in no attribute of the file. They are
 * answered when asked for and not listed, or `rsync -X` would try to set them.
 */
const FACTS: Record<string, Fact> = {
  path: (node) => (node.kind === "directory" ? node.group.path : node.kind === "file" ? pathOf(node) : undefined),
  problem: (node) => problemOf(node)?.message,
  dtype: (node) =>
    node.kind === "file" && node.object.kind !== "group"
      ? datatypeName(node.part?.datatype ?? meantDatatype(node.object, node.object.datatype))
      : undefined,
  shape: ofDataset(({ object, part }) =>
    object.dataspace.kind === "null" ? "null" : tuple(part?.dims ?? object.dims),
  ),
  maxshape: ofDataset(({ object }) => (object.dataspace.kind === "simple" ? tuple(object.maxDims) : undefined)),
  chunks: (node) => {
    if (node.kind === "directory") return chunkBytesOf(node.group)?.toString();
    const storage = isDatasetNode(node) ? node.object.storage : undefined;
    return storage?.kind === "chunked" ? tuple(storage.geometry.chunkDims) : undefined;
  },
  filters: (node) => {
    if (node.kind === "directory") return groupFiltersText(node.group);
    if (!isDatasetNode(node)) return undefined;
    return node.object.filters
      .map(({ id, name, clientData }) => [`${id}`, name, ...clientData].filter((part) => part !== "").join(" "))
      .join("\n");
  },
  libver: (node) =>
    node.kind === "directory" && node.parent === undefined ? LIBVER[node.file.superblock.version] : undefined,
  layout: ofDataset(({ object }) => object.layout.kind),
  stored_bytes: ofDataset(({ object }) => `${object.storedBytes()}`),
  decoded_bytes: ofDataset(({ object, part }) => `${viewSubject(object, part).decodedBytes}`),
  views: ofDataset(({ object, part }) => viewsOf(viewSubject(object, part)).join(" ")),
};

/** @param name without `user.h5fs.`; `undefined`: there is no such fact about this node */
export function fact(node: Node, name: string): string | undefined {
  const read = Object.hasOwn(FACTS, name) ? FACTS[name] : undefined;
  try {
    return read?.(node);
  } catch (error) {
    // The metadata that would tell is damaged: `problem` says how.
    if (error instanceof H5Error) return undefined;
    throw error;
  }
}

/** Who opened the object first may have known its address alone. */
function pathOf({ object, path, name }: FileNode): string {
  return object.path.startsWith("#") ? childPath(path.slice(0, path.lastIndexOf("/")) || "/", name) : object.path;
}

function ofDataset(read: (node: DatasetNode) => string | undefined): Fact {
  return (node) => (isDatasetNode(node) ? read(node) : undefined);
}

function isDatasetNode(node: Node): node is DatasetNode {
  return node.kind === "file" && node.object.kind === "dataset";
}

/** As Python writes it; an unlimited dimension is `None`. */
function tuple(values: readonly (number | undefined)[]): string {
  const text = values.map((value) => (value === undefined ? "None" : `${value}`)).join(", ");
  return values.length === 1 ? `(${text},)` : `(${text})`;
}
