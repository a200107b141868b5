import h5wasm from "h5wasm/node";
import { RangeReader } from "../../src/chunk/read-range.ts";
import type { Datatype } from "../../src/format/datatype.ts";
import { decodeText } from "../../src/format/text.ts";
import type { Dataset } from "../../src/object/dataset.ts";
import type { H5File, H5Object } from "../../src/object/file.ts";

/** What a file must hold: the truth that h5fs and libhdf5 are compared with. */
export interface GroupModel {
  readonly kind: "group";
  readonly links: Map<string, ModelNode>;
  readonly attributes: Map<string, Int32Array>;
}

export type ModelNode =
  | GroupModel
  | {
      readonly kind: "dataset";
      values: Int32Array;
      readonly isExtendable: boolean;
      readonly attributes: Map<string, Int32Array>;
    }
  | { readonly kind: "soft"; readonly target: string };

export function emptyModel(): GroupModel {
  return { kind: "group", links: new Map(), attributes: new Map() };
}

/** Everything below a group, itself first, by path. */
export function* pathsOf(node: ModelNode, path = "/"): Generator<{ path: string; node: ModelNode }> {
  yield { path, node };
  if (node.kind !== "group") return;
  for (const [name, child] of node.links) yield* pathsOf(child, `${path === "/" ? "" : path}/${name}`);
}

/** The model that a file is like. */
export function modelOf(file: H5File): GroupModel {
  const nodes = new Map<number, ModelNode>();
  const reader = new RangeReader();
  const node = (object: H5Object): ModelNode => {
    const known = nodes.get(object.address);
    if (known !== undefined) return known;
    const attributes = new Map(object.attributes().map((each) => [each.name, int32(each.bytes())]));
    if (object.kind !== "group") {
      if (object.kind !== "dataset") throw new TypeError(object.kind);
      const values = int32(reader.read(object, `${object.address}`, 0, object.elementCount * 4));
      const made: ModelNode = { kind: "dataset", values, isExtendable: object.maxDims[0] === undefined, attributes };
      nodes.set(object.address, made);
      return made;
    }
    const group: GroupModel = { kind: "group", links: new Map(), attributes };
    nodes.set(object.address, group);
    for (const link of object.links()) {
      if (link.kind === "hard") group.links.set(link.name, node(file.object(link.address)));
      else if (link.kind === "soft") group.links.set(link.name, { kind: "soft", target: link.target });
    }
    return group;
  };
  const root = node(file.root);
  if (root.kind !== "group") throw new TypeError("the root is a group");
  return root;
}

/** A line for each link, by name: what it leads to, its elements and its attributes. */
export function listModel(root: GroupModel): string {
  const lines = [...pathsOf(root)].map(({ path, node }) => {
    if (node.kind === "soft") return `${path} -> ${node.target}`;
    const values = node.kind === "dataset" ? ` ${node.values.join()}` : "";
    return `${path} ${node.kind}${values}${attributesText(node.attributes)}`;
  });
  return lines.sort().join("\n");
}

function attributesText(attributes: Iterable<readonly [string, Int32Array | string]>): string {
  const texts = [...attributes].map(([name, values]) => `; ${name}: ${values.toString()}`);
  return texts.sort().join("");
}

/** The same of a file as h5fs reads it. */
export function listFile(file: H5File): string {
  const lines: string[] = [];
  const reader = new RangeReader();
  const visit = (object: H5Object, path: string): void => {
    const attributes = object
      .attributes()
      .map((attribute) => [attribute.name, valuesText(attribute.datatype, attribute.bytes())] as const);
    const elements = (dataset: Dataset): Uint8Array =>
      reader.read(dataset, `${path} ${file.id}`, 0, dataset.elementCount * dataset.elementSize);
    const values = object.kind === "dataset" ? ` ${valuesText(object.datatype, elements(object))}` : "";
    lines.push(`${path} ${object.kind}${values}${attributesText(attributes)}`);
    if (object.kind !== "group") return;
    for (const link of object.links()) {
      const at = `${path === "/" ? "" : path}/${link.name}`;
      if (link.kind === "hard") visit(file.object(link.address, at), at);
      else if (link.kind === "soft") lines.push(`${at} -> ${link.target}`);
      else lines.push(`${at}: ${link.kind}`);
    }
  };
  visit(file.root, "/");
  return lines.sort().join("\n");
}

/** Integers and texts, which is all that there is in these files. */
function valuesText({ class: kind, size }: Datatype, bytes: Uint8Array): string {
  if (kind === "string") return decodeText(bytes);
  if (size === 4) return int32(bytes).join();
  return size === 1 ? bytes.join() : new BigInt64Array(bytes.slice().buffer).join();
}

function int32(bytes: Uint8Array): Int32Array {
  return new Int32Array(bytes.slice().buffer);
}

/**
 * The same of a file as libhdf5 reads it.
 * @throws Error where it refuses the file
 */
export async function listWithLibrary(path: string): Promise<string> {
  const { activate_throwing_error_handler, deactivate_throwing_error_handler } = await h5wasm.ready;
  activate_throwing_error_handler();
  try {
    const file = new h5wasm.File(path, "r");
    try {
      return listWasm(file);
    } finally {
      file.close();
    }
  } finally {
    deactivate_throwing_error_handler();
  }
}

type WasmGroup = InstanceType<typeof h5wasm.Group>;
type WasmDataset = InstanceType<typeof h5wasm.Dataset>;

function listWasm(file: WasmGroup): string {
  const lines: string[] = [];
  const visit = (object: WasmGroup | WasmDataset, path: string): void => {
    const names = Object.keys(object.attrs);
    const attributes = names.map((name) => [name, asText(object.get_attribute(name, false))] as const);
    const isGroup = object instanceof h5wasm.Group;
    const values = isGroup ? "" : ` ${asText(object.value)}`;
    lines.push(`${path} ${isGroup ? "group" : "dataset"}${values}${attributesText(attributes)}`);
    if (!isGroup) return;
    for (const name of object.keys()) {
      const at = `${path === "/" ? "" : path}/${name}`;
      const target = object.get_link(at);
      if (target !== null) {
        lines.push(`${at} -> ${target}`);
        continue;
      }
      const child = object.get(at);
      if (child instanceof h5wasm.Group || child instanceof h5wasm.Dataset) visit(child, at);
      else lines.push(`${at}: cannot be read`);
    }
  };
  visit(file, "/");
  return lines.sort().join("\n");
}

function asText(value: unknown): string {
  if (value === null) return "";
  if (value instanceof Int32Array || value instanceof Uint8Array || value instanceof BigInt64Array) return value.join();
  if (typeof value === "string" || typeof value === "number") return String(value);
  throw new TypeError(`expected integers or a text, found ${String(value)}`);
}
