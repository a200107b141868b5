import { FormatError } from "../errors.ts";
import { decodeDataspaceSelection } from "../format/dataspace-selection.ts";
import type { ReferenceType, VlenType } from "../format/datatype.ts";
import { Reader } from "../format/reader.ts";
import { decodeStandardReference, locateStandardReference } from "../format/standard-reference.ts";
import type { H5File } from "./file.ts";
import type { Group } from "./group.ts";
import { namedByAddress } from "./referred-object.ts";
import { regionText } from "./region-text.ts";
import { walkObjects } from "./walk.ts";

/** What elements refer to but do not hold. Elements are given as stored, `datatype.size` bytes. */
export interface HeapResolver {
  /** The value's bytes: its elements of the base type one after the other, or a string's text. `undefined`: null. */
  vlen(stored: Uint8Array, type: VlenType): Uint8Array | undefined;
  /**
   * The path of the object referred to, and after it the region, see `regionText`, or the attribute, `/x.attrs["units"]`.
   * `undefined`: a null reference.
   */
  path(stored: Uint8Array, type: ReferenceType): string | undefined;
}

const resolvers = new WeakMap<H5File, FileHeap>();

/** The resolver of a file: its global heap, and where its objects are. One for each file. */
export function heapOf(file: H5File): HeapResolver {
  return fileHeap(file);
}

/** A resolver for elements that are not in the file yet, but lead to its objects. @param heapObject what they have in the heap */
export function heapBeside(file: H5File, heapObject: HeapObjects): HeapResolver {
  return new FileHeap(file, fileHeap(file).paths, heapObject);
}

function fileHeap(file: H5File): FileHeap {
  let resolver = resolvers.get(file);
  if (resolver === undefined) {
    resolver = new FileHeap(file, new ObjectPaths(file), (collection, index) =>
      file.globalHeap.object(collection, index),
    );
    resolvers.set(file, resolver);
  }
  return resolver;
}

type HeapObjects = (collection: number, index: number) => Uint8Array;

const STANDARD_REFERENCE = "standard reference";

/** Where the objects of a file are. */
class ObjectPaths {
  readonly #file: H5File;
  #known: { readonly fileId: number; readonly byAddress: ReadonlyMap<number, string> } | undefined;

  constructor(file: H5File) {
    this.#file = file;
  }

  of(address: number): string {
    if (this.#known?.fileId !== this.#file.id) {
      this.#known = { fileId: this.#file.id, byAddress: pathsByAddress(this.#file.root) };
    }
    return this.#known.byAddress.get(address) ?? namedByAddress(address);
  }
}

class FileHeap implements HeapResolver {
  readonly paths: ObjectPaths;
  readonly #file: H5File;
  readonly #object: HeapObjects;

  constructor(file: H5File, paths: ObjectPaths, object: HeapObjects) {
    this.#file = file;
    this.paths = paths;
    this.#object = object;
  }

  /**
   * Specification IV.B, "Variable-length": the number of elements in four bytes, then the ID of the heap object.
   * A string of no characters has an object; a null one, as a sequence of no elements, has not.
   */
  vlen(stored: Uint8Array, type: VlenType): Uint8Array | undefined {
    const object = this.#heapObject(stored, 4);
    if (object === undefined) return undefined;
    const count = u32(stored, 0);
    const length = count * (type.kind === "string" ? 1 : type.base.size);
    if (length > object.length) {
      throw new FormatError(
        `a variable-length value has ${count} elements, ${length} bytes, but its heap object ${object.length} bytes`,
        { structure: "global heap" },
      );
    }
    return object.subarray(0, length);
  }

  /**
   * A path that does not depend on what was opened before: the one of fewest links, and of these the first by name. An
   * object that no path leads to any more is named by its address, as `#0x1a40`.
   */
  path(stored: Uint8Array, type: ReferenceType): string | undefined {
    if (type.kind !== "object" && type.kind !== "region") return this.#standard(stored);
    // A region's heap object begins with the address of the dataset; the selection in it follows (Specification IV.B).
    const source = type.kind === "region" ? this.#heapObject(stored, 0) : stored;
    const address = source === undefined ? undefined : this.#address(source, 0);
    if (address === undefined) return undefined;
    const path = this.paths.of(address);
    return type.kind === "region" && source !== undefined ? path + this.#region(source) : path;
  }

  /** An attribute stands after its object as h5py has it; what is in another file is known by its address only. */
  #standard(stored: Uint8Array): string | undefined {
    const { context } = this.#file;
    const place = locateStandardReference(new Reader(stored, 0, STANDARD_REFERENCE, context));
    if (place === undefined) return undefined;
    const body = place.kind === "inside" ? stored.subarray(place.at) : this.#object(place.collection, place.index);
    const reference = decodeStandardReference(stored, new Reader(body, 0, STANDARD_REFERENCE, context));
    const { address, file, region, attribute } = reference;
    const path = file === undefined ? this.paths.of(address) : `${file}:${namedByAddress(address)}`;
    if (attribute !== undefined) return `${path}.attrs[${JSON.stringify(attribute)}]`;
    return region === undefined ? path : path + regionText(region);
  }

  #region(source: Uint8Array): string {
    const { context } = this.#file;
    const r = new Reader(source, 0, "region reference", context);
    r.skip(context.sizeOfOffsets);
    return regionText(decodeDataspaceSelection(r));
  }

  #heapObject(stored: Uint8Array, at: number): Uint8Array | undefined {
    const collection = this.#address(stored, at);
    if (collection === undefined) return undefined;
    const index = u32(stored, at + this.#file.context.sizeOfOffsets);
    return this.#object(collection, index);
  }

  /** `undefined`: 0 or the undefined address. */
  #address(bytes: Uint8Array, at: number): number | undefined {
    const size = this.#file.context.sizeOfOffsets;
    if (at + size > bytes.length) throw new FormatError(`a reference has ${bytes.length} bytes, expected ${at + size}`);
    let value = 0;
    let allSet = true;
    for (let i = size - 1; i >= 0; i--) {
      const byte = bytes[at + i] ?? 0;
      value = value * 256 + byte;
      allSet &&= byte === 0xff;
    }
    if (value === 0 || allSet) return undefined;
    if (!Number.isSafeInteger(value)) throw new FormatError(`the address ${value} is larger than 2^53 - 1`);
    return value;
  }
}

function u32(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let i = 3; i >= 0; i--) value = value * 256 + (bytes[at + i] ?? 0);
  return value;
}

/** The path of every object that hard links lead to. */
function pathsByAddress(root: Group): Map<number, string> {
  const paths = new Map([[root.address, "/"]]);
  for (const { address, name, parent } of walkObjects(root)) {
    const before = paths.get(parent) ?? "/";
    paths.set(address, before === "/" ? `/${name}` : `${before}/${name}`);
  }
  return paths;
}
