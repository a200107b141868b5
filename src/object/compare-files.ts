import { RangeReader } from "../chunk/read-range.ts";
import type { Storage } from "../chunk/stored-data.ts";
import { compareBytes } from "../format/compare-bytes.ts";
import type { Datatype, ReferenceType, VlenType } from "../format/datatype.ts";
import type { Link } from "../format/link.ts";
import { hasAddresses } from "./copy-elements.ts";
import { Dataset } from "./dataset.ts";
import { type ExternalData, externalDataOf } from "./external-storage.ts";
import type { H5File, H5Object } from "./file.ts";
import { childPath, Group } from "./group.ts";
import { boxOfChunk, readBox, storedBytes } from "./stored-boxes.ts";
import { heapOf } from "./value-heap.ts";

/** Bytes of data that are compared at a time. */
const WINDOW = 4 * 2 ** 20;

export interface CompareOptions {
  /** Called for every object, and with bytes of its data. */
  readonly progress?: ((path: string, bytes: number) => void) | undefined;
}

/**
 * Compares all that two files say: links, which of them lead to the same object, attributes, datatypes, shapes, fill
 * values, filters, and every element. How they lie in the file does not matter.
 * @returns the first difference, in words; `undefined`: there is none
 * @throws H5Error where something cannot be read
 */
export function differenceOf(a: H5File, b: H5File, options: CompareOptions = {}): string | undefined {
  try {
    new FileComparer(a, b, options).compare();
    return undefined;
  } catch (error) {
    if (error instanceof Difference) return error.message;
    throw error;
  }
}

class Difference extends Error {}

class FileComparer {
  readonly #a: H5File;
  readonly #b: H5File;
  readonly #options: CompareOptions;
  /** Objects of `a`, and what they are in `b`. */
  readonly #pairs = new Map<number, number>();
  readonly #groups: (readonly [Group, Group])[] = [];

  constructor(a: H5File, b: H5File, options: CompareOptions) {
    this.#a = a;
    this.#b = b;
    this.#options = options;
  }

  compare(): void {
    this.#pair(this.#a.root, this.#b.root);
    for (let next = this.#groups.pop(); next !== undefined; next = this.#groups.pop()) this.#links(...next);
  }

  #links(a: Group, b: Group): void {
    const others = new Map(Array.from(b.links(), (link) => [link.name, link]));
    for (const link of a.links()) {
      const path = childPath(a.path, link.name);
      const other = others.get(link.name);
      if (other === undefined) throw new Difference(`${path} is missing`);
      others.delete(link.name);
      this.#link(path, link, other);
    }
    for (const name of others.keys()) throw new Difference(`${childPath(a.path, name)} is new`);
  }

  #link(path: string, a: Link, b: Link): void {
    if (a.kind === "hard" && b.kind === "hard") {
      const pair = this.#pairs.get(a.address);
      if (pair === undefined) this.#pair(this.#a.object(a.address, path), this.#b.object(b.address, path));
      else if (pair !== b.address) throw new Difference(`${path} leads to another object`);
      return;
    }
    const same = (text: (link: Link) => string): boolean => text(a) === text(b);
    if (!same(linkText)) throw new Difference(`${path} is another link`);
  }

  #pair(a: H5Object, b: H5Object): void {
    const { path } = a;
    this.#options.progress?.(path, 0);
    this.#pairs.set(a.address, b.address);
    if (a.kind !== b.kind) throw new Difference(`${path} is a ${b.kind} instead of a ${a.kind}`);
    if (a.comment !== b.comment) throw new Difference(`${path} has another comment`);
    this.#attributes(a, b);
    if (a instanceof Group && b instanceof Group) this.#groups.push([a, b]);
    else if (a instanceof Dataset && b instanceof Dataset) this.#dataset(a, b);
    else if (a.kind === "datatype" && b.kind === "datatype")
      same(`${path}'s type`, typeText(a.datatype), typeText(b.datatype));
  }

  #attributes(a: H5Object, b: H5Object): void {
    const [ofA, ofB] = [a.attributes(), b.attributes()];
    same(`${a.path}'s attributes`, ofA.map(({ name }) => name).join("\0"), ofB.map(({ name }) => name).join("\0"));
    for (const [i, attribute] of ofA.entries()) {
      const other = ofB[i];
      if (other === undefined) return;
      const what = `attribute ${JSON.stringify(attribute.name)} of ${a.path}`;
      same(`the type of ${what}`, typeText(attribute.datatype), typeText(other.datatype));
      same(`the shape of ${what}`, spaceText(attribute.dataspace), spaceText(other.dataspace));
      this.#elements(what, attribute.datatype, attribute.bytes(), other.bytes());
    }
  }

  #dataset(a: Dataset, b: Dataset): void {
    const { path } = a;
    same(`${path}'s type`, typeText(a.datatype), typeText(b.datatype));
    same(`${path}'s shape`, spaceText(a.dataspace), spaceText(b.dataspace));
    same(`${path}'s layout`, a.layout.kind, b.layout.kind);
    same(`${path}'s filters`, filtersText(a), filtersText(b));
    const [fillA, fillB] = [a.fillValue, b.fillValue];
    if ((fillA === undefined) !== (fillB === undefined)) throw new Difference(`${path} has another fill value`);
    if (fillA !== undefined && fillB !== undefined) this.#elements(`${path}'s fill value`, a.datatype, fillA, fillB);
    if (a.layout.kind === "virtual" && b.layout.kind === "virtual") {
      const source = ({ file, layout }: Dataset): Uint8Array =>
        layout.kind !== "virtual" || layout.heapAddress === undefined
          ? new Uint8Array(0)
          : file.globalHeap.object(layout.heapAddress, layout.heapIndex);
      if (compareBytes(source(a), source(b)) !== 0) throw new Difference(`${path} has other sources`);
      return;
    }
    const [externalA, externalB] = [externalDataOf(a), externalDataOf(b)];
    if (externalA !== undefined || externalB !== undefined) {
      same(`${path}'s external files`, externalText(externalA), externalText(externalB));
      return;
    }
    const [storageA, storageB] = [a.storage, b.storage];
    if (storageA.kind === "chunked" && storageB.kind === "chunked") this.#chunks(a, storageA, b, storageB);
    else this.#flat(a, b);
  }

  #flat(a: Dataset, b: Dataset): void {
    const size = a.elementCount * a.elementSize;
    const step = Math.max(1, Math.floor(WINDOW / a.elementSize)) * a.elementSize;
    const [readerA, readerB] = [new RangeReader("native", 0), new RangeReader("native", 0)];
    for (let at = 0; at < size; at += step) {
      const bytes = readerA.read(a, a.path, at, step);
      this.#elements(a.path, a.datatype, bytes, readerB.read(b, b.path, at, step));
      this.#options.progress?.(a.path, bytes.length);
    }
  }

  /** Chunks that are stored as they were have the same elements; the others are decoded. */
  #chunks(a: Dataset, chunksA: Chunked, b: Dataset, chunksB: Chunked): void {
    const { path } = a;
    same(`${path}'s chunks`, chunksA.geometry.chunkDims.join(), chunksB.geometry.chunkDims.join());
    let count = 0;
    for (const { scaled, record } of chunksA.index.entries()) {
      const other = chunksB.index.find(scaled);
      if (other === undefined) throw new Difference(`${path} has no chunk [${scaled.join(", ")}]`);
      count++;
      this.#options.progress?.(path, record.storedSize);
      const isSame =
        !hasAddresses(a.datatype) &&
        record.filterMask === other.filterMask &&
        chunksA.edgeChunksUnfiltered === chunksB.edgeChunksUnfiltered &&
        record.storedSize === other.storedSize &&
        compareBytes(
          storedBytes(a, record.address, record.storedSize),
          storedBytes(b, other.address, other.storedSize),
        ) === 0;
      if (!isSame) this.#chunk(a, b, chunksA, scaled);
    }
    for (const _ of chunksB.index.entries()) count--;
    if (count < 0) throw new Difference(`${path} has ${-count} chunks more`);
  }

  #chunk(a: Dataset, b: Dataset, chunks: Chunked, scaled: readonly number[]): void {
    const box = boxOfChunk(chunks, scaled);
    if (box !== undefined) this.#elements(a.path, a.datatype, readBox(a, box), readBox(b, box));
  }

  #elements(what: string, type: Datatype, a: Uint8Array, b: Uint8Array): void {
    if (!hasAddresses(type)) {
      if (compareBytes(a, b) !== 0) throw new Difference(`${what} has other values`);
      return;
    }
    if (a.length !== b.length) throw new Difference(`${what} has ${b.length} bytes instead of ${a.length}`);
    for (let at = 0; at + type.size <= a.length; at += type.size) {
      this.#element(what, type, a.subarray(at, at + type.size), b.subarray(at, at + type.size));
    }
  }

  #element(what: string, type: Datatype, a: Uint8Array, b: Uint8Array): void {
    switch (type.class) {
      case "vlen":
        this.#vlen(what, type, a, b);
        return;
      case "reference":
        this.#reference(what, type, a, b);
        return;
      case "array":
        this.#elements(what, type.base, a, b);
        return;
      case "compound":
        for (const { offset, type: member } of type.members) {
          const [from, to] = [offset, offset + member.size];
          this.#elements(what, member, a.subarray(from, to), b.subarray(from, to));
        }
        return;
      default:
        if (compareBytes(a, b) !== 0) throw new Difference(`${what} has other values`);
    }
  }

  #vlen(what: string, type: VlenType, a: Uint8Array, b: Uint8Array): void {
    const [ofA, ofB] = [heapOf(this.#a).vlen(a, type), heapOf(this.#b).vlen(b, type)];
    if ((ofA === undefined) !== (ofB === undefined)) throw new Difference(`${what} has other values`);
    if (ofA !== undefined && ofB !== undefined) this.#elements(what, type.base, ofA, ofB);
  }

  #reference(what: string, type: ReferenceType, a: Uint8Array, b: Uint8Array): void {
    const [pathA, pathB] = [heapOf(this.#a).path(a, type), heapOf(this.#b).path(b, type)];
    // What no path leads to has another address; that it is null in a copy is told by who made it.
    if (pathA === pathB || pathA?.startsWith("#")) return;
    throw new Difference(`${what} refers to ${pathB} instead of ${pathA}`);
  }
}

type Chunked = Extract<Storage, { kind: "chunked" }>;

function same(what: string, a: string, b: string): void {
  if (a !== b) throw new Difference(`${what} is another`);
}

function linkText({ creationOrder: _, charset: _charset, ...rest }: Link): string {
  return JSON.stringify(rest, (_key, value) => (value instanceof Uint8Array ? [...value] : value));
}

/** A type without the version of its message, and where it is committed. */
function typeText(type: Datatype): string {
  return JSON.stringify(type, (key, value) => {
    if (key === "version" || key === "committedAt") return undefined;
    return value instanceof Uint8Array ? [...value] : value;
  });
}

function externalText(files: readonly ExternalData[] | undefined): string {
  return JSON.stringify(files?.map(({ name, offset, size }) => [[...name], offset, size]) ?? null);
}

/** Without their names, which not every version of the message has. */
function filtersText({ filters }: Dataset): string {
  return JSON.stringify(filters.map(({ id, optional, clientData }) => [id, optional, clientData]));
}

function spaceText(dataspace: Dataset["dataspace"]): string {
  if (dataspace.kind !== "simple") return dataspace.kind;
  return `${dataspace.dims.join()} of ${dataspace.maxDims.map((dim) => dim ?? "unlimited").join()}`;
}
