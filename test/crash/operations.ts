import type { Selection } from "../../src/chunk/selection.ts";
import { H5Error } from "../../src/errors.ts";
import { deleteAttribute, setAttribute } from "../../src/object/attribute-edit.ts";
import { changeShape } from "../../src/object/change-shape.ts";
import { datasetAt } from "../../src/object/dataset-at.ts";
import { integerType } from "../../src/object/datatypes.ts";
import { createChunkedDataset, createCompactDataset, createLateDataset } from "../../src/object/new-dataset.ts";
import { addLinkAt, makeGroup, moveLink, placeObject, placeOf, removeLinkAt } from "../../src/object/path-edit.ts";
import type { FileTransaction, WritableFile } from "../../src/object/writable-file.ts";
import { appendToDataset, resizeDataset, writeSelection } from "../../src/object/write-dataset.ts";
import { type GroupModel, type ModelNode, pathsOf } from "./file-model.ts";

/** A whole number from 0 to n - 1. */
export type Pick = (n: number) => number;

/** What is to be done in the file, and, where that could be done, in the model. */
interface Operation {
  readonly name: string;
  readonly change: (transaction: FileTransaction) => void;
  readonly commit: () => void;
}

const NOW = 1_700_000_000;
const int32 = integerType(4, true);
const NAMES = ["a", "b", "c", "d", "a name that is longer than most of them", "ü", "f", "g", "h", "i", "j", "k"];

/** Makes one change of the kinds that there are, as a transaction. What is refused leaves the model as it was, as it must the file. */
export function changeAtRandom(file: WritableFile, root: GroupModel, pick: Pick): { name: string; isDone: boolean } {
  const operation = chooseOperation(root, pick);
  if (operation === undefined) return { name: "nothing", isDone: false };
  const isRolledBack = pick(16) === 0;
  try {
    file.transaction((transaction) => {
      operation.change(transaction);
      if (isRolledBack) throw new RangeError("rolled back");
    });
  } catch (error) {
    const isRefused = error instanceof H5Error && error.kind === "unsupported";
    if (!isRefused && !(error instanceof RangeError && isRolledBack)) throw error;
    return { name: `${operation.name}, ${isRefused ? "refused" : "rolled back"}`, isDone: false };
  }
  operation.commit();
  return { name: operation.name, isDone: true };
}

/** `undefined`: what was drawn cannot be done. */
export function chooseOperation(root: GroupModel, pick: Pick): Operation | undefined {
  const all = [...pathsOf(root)];
  const groups = all.filter((entry) => entry.node.kind === "group");
  const group = groups[pick(groups.length)];
  if (group === undefined || group.node.kind !== "group") return undefined;
  const { links } = group.node;
  const name = NAMES[pick(NAMES.length)] ?? "a";
  const path = `${group.path === "/" ? "" : group.path}/${name}`;
  const exists = links.has(name);
  const kind = pick(10);
  if (kind < 4) return exists ? remove(links, name, path) : create(links, name, path, all, pick);
  if (kind === 4) return rename(group.node, group.path, pick);
  if (kind < 7) return attribute(all, pick);
  return data(all, pick);
}

function remove(links: GroupModel["links"], name: string, path: string): Operation {
  return {
    name: `remove ${path}`,
    change: (transaction) => removeLinkAt(transaction, placeOf(transaction.file, path)),
    commit: () => links.delete(name),
  };
}

function create(
  links: GroupModel["links"],
  name: string,
  path: string,
  all: readonly { path: string; node: ModelNode }[],
  pick: Pick,
): Operation {
  const kind = pick(6);
  if (kind < 2) {
    return {
      name: `make the group ${path}`,
      change: (transaction) => makeGroup(transaction, path, false),
      commit: () => links.set(name, { kind: "group", links: new Map(), attributes: new Map() }),
    };
  }
  if (kind === 2) {
    const target = `/${NAMES[pick(NAMES.length)]}`;
    return {
      name: `link ${path} softly`,
      change: (transaction) => addLinkAt(transaction, placeOf(transaction.file, path), { kind: "soft", target }),
      commit: () => links.set(name, { kind: "soft", target }),
    };
  }
  const datasets = all.filter(({ node }) => node.kind === "dataset");
  const other = datasets[pick(datasets.length)];
  if (kind === 3 && other !== undefined) {
    return {
      name: `link ${path} to ${other.path}`,
      change: (transaction) => {
        const { address } = transaction.file.resolve(other.path);
        addLinkAt(transaction, placeOf(transaction.file, path), { kind: "hard", address });
      },
      commit: () => links.set(name, other.node),
    };
  }
  return createDataset(links, name, path, pick);
}

const LAYOUTS = ["contiguous", "compact", "chunked", "packed"] as const;

function createDataset(links: GroupModel["links"], name: string, path: string, pick: Pick): Operation {
  const layout = LAYOUTS[pick(LAYOUTS.length)] ?? "contiguous";
  const isChunked = layout === "chunked" || layout === "packed";
  const length = layout === "contiguous" && pick(6) === 0 ? 20_000 + pick(3000) : pick(60);
  const values = numbers(length, pick);
  const dims = [length];
  const dataspace = {
    kind: "simple",
    dims,
    maxDims: isChunked ? [undefined] : dims,
    maxDimsStored: true,
  } as const;
  const filters = [
    { id: 2, name: "shuffle", optional: true, clientData: [4] },
    { id: 1, name: "deflate", optional: true, clientData: [4] },
  ];
  return {
    name: `make the ${layout} dataset ${path} of ${length}`,
    change: (transaction) => {
      const { edit, file } = transaction;
      const base = { datatype: int32, dataspace };
      const address =
        layout === "contiguous"
          ? createLateDataset(edit, base, NOW)
          : layout === "compact"
            ? createCompactDataset(edit, base, NOW)
            : createChunkedDataset(
                edit,
                { ...base, chunkShape: [7], filters: layout === "packed" ? filters : [] },
                NOW,
              );
      placeObject(transaction, placeOf(file, path), address);
      if (length > 0) {
        writeSelection(transaction, address, whole(0, length), bytesOf(values));
      }
    },
    commit: () => links.set(name, { kind: "dataset", values, isExtendable: isChunked, attributes: new Map() }),
  };
}

function rename(group: GroupModel, at: string, pick: Pick): Operation | undefined {
  const names = [...group.links.keys()];
  const from = names[pick(names.length)];
  const to = NAMES[pick(NAMES.length)] ?? "a";
  const node = from === undefined ? undefined : group.links.get(from);
  if (from === undefined || node === undefined || group.links.has(to)) return undefined;
  const base = at === "/" ? "" : at;
  return {
    name: `rename ${base}/${from} to ${to}`,
    change: (transaction) => {
      const { file } = transaction;
      moveLink(transaction, placeOf(file, `${base}/${from}`), placeOf(file, `${base}/${to}`));
    },
    commit: () => {
      group.links.delete(from);
      group.links.set(to, node);
    },
  };
}

function attribute(all: readonly { path: string; node: ModelNode }[], pick: Pick): Operation | undefined {
  const object = all[pick(all.length)];
  if (object === undefined || object.node.kind === "soft") return undefined;
  const { attributes } = object.node;
  const name = `attribute ${NAMES[pick(NAMES.length)]}`;
  if (attributes.has(name) && pick(2) === 0) {
    return {
      name: `remove ${name} of ${object.path}`,
      change: ({ file, edit }) => deleteAttribute(edit, file.resolve(object.path).address, name),
      commit: () => attributes.delete(name),
    };
  }
  const values = numbers(1 + pick(pick(5) === 0 ? 200 : 5), pick);
  const dims = [values.length];
  const dataspace = { kind: "simple", dims, maxDims: dims, maxDimsStored: false } as const;
  return {
    name: `set ${name} of ${object.path} to ${values.length} numbers`,
    change: ({ file, edit }) =>
      setAttribute(edit, file.resolve(object.path).address, {
        name,
        charset: "utf-8",
        datatype: int32,
        dataspace,
        data: bytesOf(values),
      }),
    commit: () => attributes.set(name, values),
  };
}

function data(all: readonly { path: string; node: ModelNode }[], pick: Pick): Operation | undefined {
  const datasets = all.filter(({ node }) => node.kind === "dataset");
  const found = datasets[pick(datasets.length)];
  if (found === undefined || found.node.kind !== "dataset") return undefined;
  const { node, path } = found;
  const { length } = node.values;
  const kind = pick(4);
  if (kind === 3) return replaceAll(node, path, pick);
  if (kind === 0 && node.isExtendable && length < 500) {
    const values = numbers(1 + pick(20), pick);
    return {
      name: `append ${values.length} to ${path}`,
      change: (transaction) => appendToDataset(transaction, addressOf(transaction, path), bytesOf(values)),
      commit: () => {
        node.values = Int32Array.from([...node.values, ...values]);
      },
    };
  }
  if (kind === 1 && node.isExtendable) {
    const size = pick(80);
    return {
      name: `resize ${path} to ${size}`,
      change: (transaction) => resizeDataset(transaction, addressOf(transaction, path), [size]),
      commit: () => {
        const values = new Int32Array(size);
        values.set(node.values.subarray(0, size));
        node.values = values;
      },
    };
  }
  if (length === 0) return undefined;
  const start = pick(length);
  const values = numbers(1 + pick(Math.min(length - start, 50)), pick);
  return {
    name: `write ${values.length} at ${start} of ${path}`,
    change: (transaction) => {
      writeSelection(transaction, addressOf(transaction, path), whole(start, values.length), bytesOf(values));
    },
    commit: () => {
      node.values = node.values.slice();
      node.values.set(values, start);
    },
  };
}

/** Gives a dataset another length, be it one that cannot be resized, and writes it anew or keeps what it has. */
function replaceAll(node: Extract<ModelNode, { kind: "dataset" }>, path: string, pick: Pick): Operation {
  const size = 1 + pick(80);
  const isKept = pick(2) === 0;
  const values = isKept ? new Int32Array(size) : numbers(size, pick);
  if (isKept) values.set(node.values.subarray(0, size));
  return {
    name: `make ${path} ${size} long, ${isKept ? "kept" : "written anew"}`,
    change: (transaction) => {
      const dataset = datasetAt(transaction.file, addressOf(transaction, path));
      changeShape(transaction, dataset, { dims: [size], isKept });
      if (!isKept) writeSelection(transaction, dataset.address, whole(0, size), bytesOf(values));
    },
    commit: () => {
      node.values = values;
    },
  };
}

function addressOf({ file }: FileTransaction, path: string): number {
  return file.resolve(path).address;
}

function whole(start: number, count: number): Selection {
  return { selectors: [{ kind: "range", start, step: 1, count }], runs: [{ offset: 0, length: 4 }] };
}

function numbers(count: number, pick: Pick): Int32Array {
  const first = pick(2 ** 20);
  return Int32Array.from({ length: count }, (_, i) => first + i * 3);
}

function bytesOf(values: Int32Array): Uint8Array {
  return new Uint8Array(values.slice().buffer);
}
