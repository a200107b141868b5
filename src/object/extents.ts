import { FormatError, H5Error } from "../errors.ts";
import { decodeAttributeInfo } from "../format/attribute-info.ts";
import { BTreeV2 } from "../format/b-tree-v2.ts";
import {
  ATTRIBUTE_CREATION_ORDER_RECORD_SIZE,
  ATTRIBUTE_NAME_RECORD_SIZE,
  LINK_CREATION_ORDER_RECORD_SIZE,
  LINK_NAME_RECORD_SIZE,
  RecordType,
  sharedMessageRecordSize,
} from "../format/b-tree-v2-records.ts";
import { decodeCacheImageMessage, extentOfCacheImage } from "../format/cache-image.ts";
import { extentOfDriverInfoBlock } from "../format/driver-info.ts";
import { type Extent, rawData } from "../format/extent.ts";
import { decodeExternalDataFiles } from "../format/external-data-files.ts";
import { decodeFileSpaceInfo } from "../format/file-space-info.ts";
import { FractalHeap } from "../format/fractal-heap.ts";
import { extentsOfFreeSpaceManager } from "../format/free-space-manager.ts";
import { extentOfGlobalHeapCollection } from "../format/global-heap.ts";
import { MESSAGE, MESSAGE_FLAG } from "../format/header-message.ts";
import { decodeLinkInfo } from "../format/link-info.ts";
import { extentsOfLocalHeap, LocalHeap } from "../format/local-heap.ts";
import {
  extentsOfObjectHeader,
  findMessage,
  type ObjectHeader,
  readObjectHeader,
  readObjectHeaderBlocks,
} from "../format/object-header.ts";
import { Reader } from "../format/reader.ts";
import {
  decodeSharedMessageTable,
  extentsOfSharedMessageTable,
  readSharedMessageIndexes,
} from "../format/shared-message-table.ts";
import { extentOfSuperblock } from "../format/superblock.ts";
import { decodeSymbolTable } from "../format/symbol-table.ts";
import { SymbolTableLookup } from "../format/symbol-table-lookup.ts";
import { Dataset } from "./dataset.ts";
import type { H5File, H5Object } from "./file.ts";
import { childPath, Group } from "./group.ts";
import { HeapCollections, refersToHeap } from "./heap-collections.ts";
import { storedElements } from "./stored-elements.ts";
import { walkObjects } from "./walk.ts";

/** What could not be walked, and so has extents that are not known. */
export type ReportUnread = (path: string, error: H5Error) => void;

/** Extents do not overlap in a file that is whole; in a damaged one, a few bytes could stand for any number of them. */
const MAX_OVERLAP = 16;

/**
 * Every extent that is reachable from the superblock, each once. Space that none of them covers is free, or lost.
 * @param unread is called for what is damaged or not supported; the walk goes on after it
 */
export function* extentsOfFile(file: H5File, unread: ReportUnread): Generator<Extent> {
  let bytes = 0;
  for (const extent of new ExtentWalk(file, unread).all()) {
    bytes += extent.length + 1;
    if (bytes > MAX_OVERLAP * file.space.end) {
      const message = `its structures have more than ${MAX_OVERLAP} times as many bytes as the file`;
      unread("file", new FormatError(message, { structure: extent.structure, address: extent.address }));
      return;
    }
    yield extent;
  }
}

/** What one object occupies: its header, and what is its own. Collections of the global heap, which objects share, are not. */
export function* extentsOfObject(file: H5File, address: number, unread: ReportUnread): Generator<Extent> {
  yield* new ExtentWalk(file, unread).object(address);
}

class ExtentWalk {
  readonly #file: H5File;
  readonly #unread: ReportUnread;
  /** Collections of the global heap, and an object that refers to each. */
  readonly #collections = new Map<number, number>();
  /** Committed datatypes that objects use, which may have no link any more. */
  readonly #datatypes = new Set<number>();

  constructor(file: H5File, unread: ReportUnread) {
    this.#file = file;
    this.#unread = unread;
  }

  *all(): Generator<Extent> {
    const { superblock, context, root } = this.#file;
    yield extentOfSuperblock(superblock);
    const { driverInfoAddress, extensionAddress } = superblock;
    yield* this.#guarded("superblock", function* () {
      if (driverInfoAddress !== undefined) yield extentOfDriverInfoBlock(context, driverInfoAddress);
    });
    if (extensionAddress !== undefined) yield* this.#extension(extensionAddress);
    const walked = new Set<number>([root.address]);
    const paths = new Map([[root.address, "/"]]);
    yield* this.#object(root.address, "/");
    for (const { address, name, parent } of walkObjects(root)) {
      const path = childPath(paths.get(parent) ?? "/", name);
      paths.set(address, path);
      walked.add(address);
      yield* this.#object(address, path);
    }
    for (const address of this.#datatypes) {
      if (!walked.has(address)) yield* this.#object(address, `#0x${address.toString(16)}`);
    }
    for (const [address, owner] of this.#collections) {
      yield* this.#guarded(`global heap`, () => [extentOfGlobalHeapCollection(context, address, owner)]);
    }
  }

  *object(address: number): Generator<Extent> {
    yield* this.#object(address, `#0x${address.toString(16)}`);
  }

  /** What `extents` gives up to the first damage, which is reported. */
  *#guarded(path: string, extents: () => Iterable<Extent>): Generator<Extent> {
    try {
      yield* extents();
    } catch (error) {
      if (!(error instanceof H5Error)) throw error;
      this.#unread(path, error);
    }
  }

  *#extension(address: number): Generator<Extent> {
    const path = "superblock extension";
    const { context } = this.#file;
    yield* this.#guarded(path, () => extentsOfObjectHeader(readObjectHeaderBlocks(context, address)));
    const header = readObjectHeader(context, address);
    const part = (type: number, extents: (r: Reader) => Iterable<Extent>): Generator<Extent> =>
      this.#guarded(path, () => {
        const message = findMessage(header, type);
        if (message === undefined || (message.flags & MESSAGE_FLAG.wasUnknown) !== 0) return [];
        return extents(new Reader(message.body, message.address, `${path}'s message`, context));
      });
    yield* part(MESSAGE.fileSpaceInfo, function* (r) {
      for (const manager of decodeFileSpaceInfo(r).managerAddresses) {
        if (manager !== undefined) yield* extentsOfFreeSpaceManager(context, manager, 0);
      }
    });
    yield* part(MESSAGE.cacheImage, (r) => {
      const image = decodeCacheImageMessage(r);
      return image === undefined ? [] : [extentOfCacheImage(image)];
    });
    yield* part(MESSAGE.sharedMessageTable, function* (r) {
      const message = decodeSharedMessageTable(r);
      const indexes = readSharedMessageIndexes(context, message);
      yield* extentsOfSharedMessageTable(context, message, indexes);
      for (const { kind, indexAddress, heapAddress } of indexes) {
        if (heapAddress !== undefined) yield* FractalHeap.open(context, heapAddress).extents(0);
        if (kind === "list" || indexAddress === undefined) continue;
        const size = sharedMessageRecordSize(context);
        yield* BTreeV2.open(context, indexAddress, RecordType.sharedMessage, size).extents(0);
      }
    });
  }

  *#object(address: number, path: string): Generator<Extent> {
    const { context } = this.#file;
    yield* this.#guarded(path, () => extentsOfObjectHeader(readObjectHeaderBlocks(context, address)));
    const object = this.#open(address, path);
    if (object === undefined) return;
    yield* this.#guarded(path, () => this.#attributes(object));
    if (object instanceof Group) yield* this.#guarded(path, () => this.#links(object));
    if (object instanceof Dataset) yield* this.#guarded(path, () => this.#data(object, path));
  }

  #open(address: number, path: string): H5Object | undefined {
    try {
      return this.#file.object(address, path);
    } catch (error) {
      if (!(error instanceof H5Error)) throw error;
      this.#unread(path, error);
      return undefined;
    }
  }

  #message(header: ObjectHeader, type: number, name: string): Reader | undefined {
    const message = findMessage(header, type);
    return message && new Reader(message.body, message.address, `${name} message`, this.#file.context);
  }

  *#attributes(object: H5Object): Generator<Extent> {
    // What is kept of it is forgotten when the object is changed; what is kept of the file is not.
    const { context } = object;
    const r = this.#message(object.header, MESSAGE.attributeInfo, "attribute info");
    const info = r && decodeAttributeInfo(r);
    if (info?.fractalHeapAddress !== undefined)
      yield* FractalHeap.open(context, info.fractalHeapAddress).extents(object.address);
    if (info?.nameIndexAddress !== undefined) {
      const size = ATTRIBUTE_NAME_RECORD_SIZE;
      yield* BTreeV2.open(context, info.nameIndexAddress, RecordType.attributeName, size).extents(object.address);
    }
    if (info?.creationOrderIndexAddress !== undefined) {
      const { attributeCreationOrder } = RecordType;
      const size = ATTRIBUTE_CREATION_ORDER_RECORD_SIZE;
      yield* BTreeV2.open(context, info.creationOrderIndexAddress, attributeCreationOrder, size).extents(
        object.address,
      );
    }
    for (const attribute of object.attributes()) {
      const { datatype } = attribute;
      if (datatype.committedAt !== undefined) this.#datatypes.add(datatype.committedAt);
      if (refersToHeap(datatype)) this.#collectionsOf(object.address).visit(datatype, attribute.bytes());
    }
  }

  *#links(group: Group): Generator<Extent> {
    const { context } = group;
    const { superblock } = this.#file;
    const table = this.#message(group.header, MESSAGE.symbolTable, "symbol table");
    const r = this.#message(group.header, MESSAGE.linkInfo, "link info");
    if (r === undefined) {
      if (table !== undefined) {
        yield* new SymbolTableLookup(context, decodeSymbolTable(table), superblock).extents(group.address);
      }
      return;
    }
    const { fractalHeapAddress, nameIndexAddress, creationOrderIndexAddress } = decodeLinkInfo(r);
    if (fractalHeapAddress !== undefined) yield* FractalHeap.open(context, fractalHeapAddress).extents(group.address);
    if (nameIndexAddress !== undefined) {
      const size = LINK_NAME_RECORD_SIZE;
      yield* BTreeV2.open(context, nameIndexAddress, RecordType.linkName, size).extents(group.address);
    }
    if (creationOrderIndexAddress !== undefined) {
      const { linkCreationOrder } = RecordType;
      const size = LINK_CREATION_ORDER_RECORD_SIZE;
      yield* BTreeV2.open(context, creationOrderIndexAddress, linkCreationOrder, size).extents(group.address);
    }
  }

  *#data(dataset: Dataset, path: string): Generator<Extent> {
    const { layout, address, datatype } = dataset;
    const { context } = this.#file;
    if (datatype.committedAt !== undefined) this.#datatypes.add(datatype.committedAt);
    if (layout.kind === "virtual") {
      if (layout.heapAddress !== undefined) this.#collections.set(layout.heapAddress, address);
      return;
    }
    const external = this.#message(dataset.header, MESSAGE.externalDataFiles, "external data files");
    if (external !== undefined) {
      yield* extentsOfLocalHeap(
        new LocalHeap(context, decodeExternalDataFiles(external).heapAddress),
        context,
        address,
      );
      return;
    }
    if (layout.kind === "contiguous" && layout.address !== undefined) {
      const length = layout.size ?? dataset.elementCount * dataset.elementSize;
      if (length > 0) yield rawData("contiguous data", layout.address, length, address);
    }
    const { storage } = dataset;
    if (storage.kind === "chunked") {
      yield* storage.index.extents(address);
      for (const { record } of storage.index.entries()) {
        yield rawData("chunk", record.address, record.storedSize, address);
      }
    }
    if (refersToHeap(datatype)) yield* this.#guarded(path, () => this.#elements(dataset));
  }

  /** Notes the collections that elements, and the fill value, have objects in. */
  #elements(dataset: Dataset): Extent[] {
    const { datatype, fillValue, address } = dataset;
    const collections = this.#collectionsOf(address);
    if (fillValue !== undefined) collections.visit(datatype, fillValue);
    for (const elements of storedElements(dataset)) collections.visit(datatype, elements);
    return [];
  }

  #collectionsOf(owner: number): HeapCollections {
    return new HeapCollections(this.#file, (collection) => this.#collections.set(collection, owner));
  }
}
