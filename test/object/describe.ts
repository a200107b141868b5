import type { Dataspace } from "../../src/format/dataspace.ts";
import type { Datatype } from "../../src/format/datatype.ts";
import type { Dataset } from "../../src/object/dataset.ts";
import type { H5File, H5Object } from "../../src/object/file.ts";
import type { Link } from "../../src/object/link.ts";

/** The engine's view of a file, in the words of scripts/fixtures/make_engine.py. */
export function describeFile(file: H5File): { userblock: number; objects: object; links: object } {
  const objects: Record<string, object> = {};
  const links: Record<string, object> = {};
  const seen = new Set<number>();
  const visit = (object: H5Object, path: string): void => {
    if (seen.has(object.address)) return;
    seen.add(object.address);
    objects[path] = {
      address: object.address,
      linkCount: object.linkCount,
      attributes: describeAttributes(object),
      kind: object.kind,
      ...(object.kind === "dataset" ? describeDataset(object) : {}),
      ...(object.kind === "datatype" ? { datatype: describeType(object.datatype) } : {}),
    };
    if (object.kind !== "group") return;
    for (const link of object.links()) {
      const at = `${path === "/" ? "" : path}/${link.name}`;
      links[at] = describeLink(link);
      if (link.kind === "hard") visit(file.object(link.address, at), at);
    }
  };
  visit(file.root, "/");
  return { userblock: file.superblock.baseAddress, objects, links };
}

function describeLink(link: Link): object {
  switch (link.kind) {
    case "hard":
      return { kind: "hard", address: link.address };
    case "soft":
      return { kind: "soft", target: link.target };
    case "external":
      return { kind: "external", file: link.file, target: link.target };
    case "user":
      return { kind: "user" };
  }
}

function describeAttributes(object: H5Object): object {
  const out: Record<string, object> = {};
  for (const attribute of object.attributes()) {
    const { datatype, dataspace } = attribute;
    out[attribute.name] = {
      datatype: describeType(datatype),
      dataspace: describeSpace(dataspace),
      ...(isFixed(datatype) && datatype.class !== "reference" ? { bytes: hex(attribute.bytes()) } : {}),
    };
  }
  return out;
}

function describeDataset(dataset: Dataset): object {
  const { datatype, dataspace, layout, filters, storage, fillValue } = dataset;
  const out: Record<string, unknown> = {
    datatype: describeType(datatype),
    dataspace: describeSpace(dataspace),
    layout: layout.kind,
    filters: filters.map(({ id, clientData }) => [id, clientData]),
  };
  if (storage.kind === "chunked") {
    out.chunkDims = storage.geometry.chunkDims;
    out.chunks = Array.from(storage.index.entries(), ({ scaled, record }) => [
      scaled,
      record.address,
      record.storedSize,
      record.filterMask,
    ]);
  }
  if (storage.kind === "contiguous") out.offset = storage.address ?? null;
  if (storage.kind === "compact" && isFixed(datatype)) out.bytes = hex(storage.bytes);
  if (fillValue !== undefined && isFixed(datatype)) out.fillValue = hex(fillValue);
  if (datatype.class === "vlen" && datatype.kind === "string") out.strings = readStrings(dataset);
  return out;
}

/** Of contiguous data: length, address of the collection, index in it. */
function readStrings(dataset: Dataset): string[] {
  const { storage, space, file } = dataset;
  if (storage.kind !== "contiguous" || storage.address === undefined) return [];
  const width = file.context.sizeOfOffsets;
  const out: string[] = [];
  for (let i = 0; i < dataset.elementCount; i++) {
    const r = file.context.reader(storage.address + i * dataset.elementSize, dataset.elementSize, "element");
    const length = r.u32();
    const address = r.uint(width);
    const index = r.u32();
    out.push(length === 0 ? "" : new TextDecoder().decode(file.globalHeap.object(address, index).subarray(0, length)));
  }
  space.check(storage.address, storage.size, "elements");
  return out;
}

export function describeType(t: Datatype): object {
  switch (t.class) {
    case "integer":
      return { ...atomic(t), signed: t.signed };
    case "float": {
      const { signLocation, exponentLocation, exponentSize, mantissaLocation, mantissaSize, exponentBias } = t;
      return {
        ...atomic(t),
        signLocation,
        exponentLocation,
        exponentSize,
        mantissaLocation,
        mantissaSize,
        exponentBias,
      };
    }
    case "bitfield":
      return { class: t.class, size: t.size, order: t.order };
    case "time":
      return { class: t.class, size: t.size };
    case "string":
      return { class: t.class, size: t.size, padding: t.padding, charset: t.charset };
    case "opaque":
      return { class: t.class, size: t.size, tag: t.tag };
    case "reference":
      return { class: t.class, size: t.size, kind: t.kind };
    case "compound": {
      const fixed = isFixed(t);
      const members = t.members.map(({ name, offset, type }) => ({
        name,
        type: describeType(type),
        ...(fixed ? { offset } : {}),
      }));
      return { class: t.class, members, ...(fixed ? { size: t.size } : {}) };
    }
    case "enum": {
      const entries = t.members.map(({ name, value }) => [name, Buffer.from(value).readIntLE(0, value.length)]);
      return { class: t.class, size: t.size, base: describeType(t.base), members: Object.fromEntries(entries) };
    }
    case "array": {
      const size = isFixed(t) ? { size: t.size } : {};
      return { class: t.class, dims: t.dims, base: describeType(t.base), ...size };
    }
    case "vlen":
      return t.kind === "sequence"
        ? { class: t.class, kind: t.kind, base: describeType(t.base) }
        : { class: t.class, kind: t.kind, padding: t.padding, charset: t.charset };
  }
}

function atomic(t: Extract<Datatype, { class: "integer" | "float" }>): object {
  const { order, precision, bitOffset, lowPadding, highPadding } = t;
  return { class: t.class, size: t.size, order, precision, bitOffset, lowPadding, highPadding };
}

function describeSpace(space: Dataspace): object {
  if (space.kind === "null") return { kind: "null" };
  return { kind: space.kind, dims: space.dims, maxDims: space.maxDims.map((max) => max ?? null) };
}

function isFixed(t: Datatype): boolean {
  if (t.class === "vlen") return false;
  if (t.class === "compound") return t.members.every(({ type }) => isFixed(type));
  return t.class === "array" ? isFixed(t.base) : true;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
