import { decodeArrayPage, encodeArrayPage } from "../../src/format/array-block.ts";
import { type BTreeV1Kind, CHUNK_NODE } from "../../src/format/b-tree-v1.ts";
import {
  bTreeV1NodeSize,
  chunkKey,
  encodeBTreeV1Node,
  groupKey,
  readWholeBTreeV1Node,
} from "../../src/format/b-tree-v1-node.ts";
import {
  type BTreeV2Header,
  type BTreeV2Level,
  bTreeV2HeaderSize,
  bTreeV2Levels,
  decodeBTreeV2Header,
  encodeBTreeV2Header,
  NODE_OVERHEAD,
} from "../../src/format/b-tree-v2-header.ts";
import {
  bTreeV2NodeName,
  encodeBTreeV2Node,
  type NodePointer,
  readBTreeV2Node,
} from "../../src/format/b-tree-v2-node.ts";
import * as records from "../../src/format/b-tree-v2-records.ts";
import type { FormatContext } from "../../src/format/context.ts";
import { encodeDriverInfoBlock, readDriverInfoBlock } from "../../src/format/driver-info.ts";
import * as extensible from "../../src/format/extensible-array-blocks.ts";
import {
  decodeExtensibleArrayHeader,
  encodeExtensibleArrayHeader,
  extensibleArrayGeometry,
  type SuperBlockGeometry,
  superBlockGeometry,
} from "../../src/format/extensible-array-header.ts";
import type { Extent } from "../../src/format/extent.ts";
import * as fixed from "../../src/format/fixed-array-blocks.ts";
import { decodeFixedArrayHeader, encodeFixedArrayHeader } from "../../src/format/fixed-array-header.ts";
import {
  type BlockPlace,
  directBlockPrefix,
  encodeDirectBlock,
  encodeIndirectBlock,
  indirectBlockSize,
  readIndirectBlock,
} from "../../src/format/fractal-heap-blocks.ts";
import { DoublingTable } from "../../src/format/fractal-heap-doubling-table.ts";
import {
  decodeFractalHeapHeader,
  encodeFractalHeapHeader,
  type FractalHeapHeader,
} from "../../src/format/fractal-heap-header.ts";
import {
  decodeFreeSections,
  decodeFreeSpaceManager,
  encodeFreeSections,
  encodeFreeSpaceManager,
} from "../../src/format/free-space-manager.ts";
import { encodeGlobalHeapCollection, readGlobalHeapCollection } from "../../src/format/global-heap.ts";
import {
  decodeLocalHeapFreeList,
  encodeLocalHeapHeader,
  LocalHeap,
  putLocalHeapFreeList,
} from "../../src/format/local-heap.ts";
import { readObjectHeaderBlocks } from "../../src/format/object-header.ts";
import { encodeObjectHeaderBlock } from "../../src/format/object-header-encoding.ts";
import { Reader } from "../../src/format/reader.ts";
import { decodeSuperblock, encodeSuperblock } from "../../src/format/superblock.ts";
import { symbolTableEntrySize } from "../../src/format/symbol-table-entry.ts";
import { groupNodeKind } from "../../src/format/symbol-table-lookup.ts";
import { encodeSymbolTableNode, readSymbolTableNode } from "../../src/format/symbol-table-node.ts";
import { Writer } from "../../src/format/writer.ts";
import type { H5File } from "../../src/object/file.ts";

/** The bytes of one structure in its file, and what encoding it gives. */
export interface Comparison {
  readonly structure: string;
  readonly address: number;
  readonly stored: Uint8Array;
  readonly written: Uint8Array;
  /** Whether the format says what the byte at that place is; what is not in use, it leaves to chance. */
  readonly isDefined: (at: number) => boolean;
}

type Trip = (file: H5File, extent: Extent) => Iterable<Comparison>;

const everywhere = (): boolean => true;
const before =
  (end: number) =>
  (at: number): boolean =>
    at < end;

/** Reads the structure that an extent begins with, and what only its header knows how to read; writes all of it again. */
export function compareStructure(file: H5File, extent: Extent): Iterable<Comparison> {
  return TRIPS[extent.structure]?.(file, extent) ?? [];
}

function compare(
  { context }: H5File,
  { structure, address, length }: Pick<Extent, "structure" | "address" | "length">,
  encode: (w: Writer) => void,
  isDefined: (at: number) => boolean = everywhere,
): Comparison {
  const w = new Writer(context);
  encode(w);
  return { structure, address, stored: context.space.read(address, length, structure), written: w.bytes, isDefined };
}

const TRIPS: Readonly<Record<string, Trip>> = {
  *superblock(file, extent) {
    const superblock = decodeSuperblock(reader(file.context, extent), file.superblock.baseAddress);
    yield compare(file, extent, (w) => encodeSuperblock(w, superblock));
  },
  *"driver information block"(file, extent) {
    const info = readDriverInfoBlock(file.context, extent.address);
    yield compare(file, extent, (w) => encodeDriverInfoBlock(w, info));
  },
  *"object header"(file, extent) {
    const header = readObjectHeaderBlocks(file.context, extent.address);
    for (const [i, block] of header.blocks.entries()) {
      const structure = i === 0 ? `object header, version ${header.version}` : "object header continuation block";
      yield compare(file, { ...block, structure }, (w) => encodeObjectHeaderBlock(w, header, block));
    }
  },
  *"symbol table node"(file, extent) {
    const maxEntries = 2 * file.superblock.groupLeafNodeK;
    const entries = readSymbolTableNode(file.context, extent.address, maxEntries);
    const used = before(8 + entries.length * symbolTableEntrySize(file.context));
    yield compare(file, extent, (w) => encodeSymbolTableNode(w, entries, maxEntries), used);
  },
  *"version 1 B-tree node"(file, extent) {
    const { context } = file;
    const isOfChunks = context.space.read(extent.address + 4, 1, "node type")[0] === CHUNK_NODE;
    if (!isOfChunks) {
      yield compareBTreeV1Node(file, extent, groupNodeKind(file.superblock, context), groupKey);
      return;
    }
    const maxChildren = 2 * file.superblock.indexedStorageInternalNodeK;
    const keys = extent.length - 8 - (2 + maxChildren) * context.sizeOfOffsets;
    const keySize = keys / (maxChildren + 1);
    const kind = { nodeType: CHUNK_NODE, keySize, maxChildren };
    yield compareBTreeV1Node(file, extent, kind, chunkKey(keySize / 8 - 2));
  },
  *"local heap"(file, extent) {
    const { context } = file;
    const heap = new LocalHeap(context, extent.address);
    const fields = before(8 + 2 * context.sizeOfLengths + context.sizeOfOffsets);
    yield compare(file, extent, (w) => encodeLocalHeapHeader(w, heap), fields);
    const segment = { structure: "local heap data segment", address: heap.dataAddress, length: heap.dataSize };
    const data = context.space.read(heap.dataAddress, heap.dataSize, segment.structure);
    const free = decodeLocalHeapFreeList(context, heap, data);
    // All but the names is written anew: what the free list has in free blocks.
    const written = data.slice();
    for (const { offset } of free) written.fill(0, offset, offset + 2 * context.sizeOfLengths);
    putLocalHeapFreeList(written, free, context);
    yield compare(file, segment, (w) => w.put(written));
  },
  "B-tree v2 header": compareBTreeV2,
  "fractal heap": compareFractalHeap,
  *"free-space manager"(file, extent) {
    const manager = decodeFreeSpaceManager(reader(file.context, extent));
    yield compare(file, extent, (w) => encodeFreeSpaceManager(w, manager));
    if (manager.listAddress === undefined) return;
    const list = { structure: "free-space section list", address: manager.listAddress, length: manager.listUsed };
    const sections = decodeFreeSections(reader(file.context, list), manager, extent.address);
    yield compare(file, list, (w) => encodeFreeSections(w, manager, extent.address, sections));
  },
  *"global heap collection"(file, extent) {
    const collection = readGlobalHeapCollection(file.context, extent.address);
    const headSize = Math.ceil((8 + file.context.sizeOfLengths) / 8) * 8;
    const unused = new Uint8Array(extent.length);
    let at = headSize;
    for (const { bytes } of collection.objects) {
      const end = at + headSize + bytes.length;
      at = Math.ceil(end / 8) * 8;
      unused.fill(1, end, at);
    }
    unused.fill(1, collection.freeSpace === undefined ? at : at + headSize);
    yield compare(
      file,
      extent,
      (w) => encodeGlobalHeapCollection(w, collection),
      (i) => unused[i] === 0,
    );
  },
  "fixed array header": compareFixedArray,
  "extensible array header": compareExtensibleArray,
};

function reader(
  context: FormatContext,
  { structure, address, length }: Pick<Extent, "structure" | "address" | "length">,
) {
  return context.reader(address, length, structure);
}

function compareBTreeV1Node<Key>(
  file: H5File,
  extent: Extent,
  kind: BTreeV1Kind,
  key: Parameters<typeof readWholeBTreeV1Node<Key>>[2],
): Comparison {
  const node = readWholeBTreeV1Node(file.context, kind, key, extent.address, undefined);
  const unused = (kind.maxChildren - node.children.length) * (kind.keySize + file.context.sizeOfOffsets);
  const lastKey = node.children.length === 0 ? kind.keySize : 0;
  const used = bTreeV1NodeSize(kind, file.context) - unused - lastKey;
  return compare(file, extent, (w) => encodeBTreeV1Node(w, kind, key, node), before(used));
}

function* compareBTreeV2(file: H5File, extent: Extent): Generator<Comparison> {
  const { context } = file;
  const r = context.reader(extent.address, bTreeV2HeaderSize(context), extent.structure);
  const header = decodeBTreeV2Header(r, context);
  yield compare(file, extent, (w) => encodeBTreeV2Header(w, header));
  if (header.rootNodeAddress === undefined) return;
  const root = { address: header.rootNodeAddress, records: header.rootNodeRecords, total: header.totalRecords };
  yield* compareBTreeV2Nodes(file, header, bTreeV2Levels(header, context.sizeOfOffsets, r), root, header.depth);
}

function* compareBTreeV2Nodes(
  file: H5File,
  header: BTreeV2Header,
  levels: readonly BTreeV2Level[],
  pointer: NodePointer,
  level: number,
): Generator<Comparison> {
  const node = readBTreeV2Node(file.context, header, levels, pointer, level);
  const pointers = node.children.length * (levels[level]?.pointerSize ?? 0);
  const used = before(NODE_OVERHEAD + node.records.length + pointers);
  const extent = { structure: bTreeV2NodeName(level), address: pointer.address, length: header.nodeSize };
  yield compare(file, extent, (w) => encodeBTreeV2Node(w, header, levels, node, level), used);
  for (let at = 0; at < node.records.length; at += header.recordSize) {
    const record = node.records.subarray(at, at + header.recordSize);
    const w = new Writer(file.context);
    if (!encodeRecord(w, new Reader(record, pointer.address, "record", file.context), header.type)) continue;
    const structure = `B-tree v2 record of type ${header.type}`;
    yield { structure, address: pointer.address, stored: record, written: w.bytes, isDefined: everywhere };
  }
  for (const child of node.children) yield* compareBTreeV2Nodes(file, header, levels, child, level - 1);
}

/** Reads a record and writes it again. Those of chunks (types 10, 11) are compared with their datasets. */
function encodeRecord(w: Writer, r: Reader, type: number): boolean {
  switch (type) {
    case 1:
    case 2:
    case 3:
    case 4:
      records.encodeHugeObjectRecord(w, records.decodeHugeObjectRecord(r, type));
      return true;
    case 5:
      records.encodeLinkNameRecord(w, records.decodeLinkNameRecord(r));
      return true;
    case 6:
      records.encodeLinkCreationOrderRecord(w, records.decodeLinkCreationOrderRecord(r));
      return true;
    case 7:
      records.encodeSharedMessageRecord(w, records.decodeSharedMessageRecord(r));
      return true;
    case 8:
      records.encodeAttributeRecord(w, records.decodeAttributeRecord(r));
      w.u32(r.u32());
      return true;
    case 9:
      records.encodeAttributeRecord(w, records.decodeAttributeRecord(r));
      return true;
    default:
      return false;
  }
}

function* compareFractalHeap(file: H5File, extent: Extent): Generator<Comparison> {
  const header = decodeFractalHeapHeader(reader(file.context, extent));
  yield compare(file, extent, (w) => encodeFractalHeapHeader(w, header));
  const { rootBlockAddress, rowsInRootIndirectBlock, startingBlockSize } = header;
  if (rootBlockAddress === undefined) return;
  const root = { address: rootBlockAddress, offset: 0 };
  const table = new DoublingTable(header);
  if (rowsInRootIndirectBlock === 0) yield compareDirectBlock(file, header, table, root, startingBlockSize);
  else yield* compareIndirectBlocks(file, header, table, root, rowsInRootIndirectBlock);
}

function compareDirectBlock(
  file: H5File,
  header: FractalHeapHeader,
  table: DoublingTable,
  place: BlockPlace,
  size: number,
): Comparison {
  const { context } = file;
  const extent = { structure: "fractal heap direct block", address: place.address, length: size };
  const data = reader(context, extent).bytes.subarray(directBlockPrefix(context, header, table));
  return compare(file, extent, (w) => encodeDirectBlock(w, header, table, place.offset, data));
}

function* compareIndirectBlocks(
  file: H5File,
  header: FractalHeapHeader,
  table: DoublingTable,
  place: BlockPlace,
  rows: number,
): Generator<Comparison> {
  const children = readIndirectBlock(file.context, header, table, place, rows);
  const length = indirectBlockSize(table, rows, file.context);
  const extent = { structure: "fractal heap indirect block", address: place.address, length };
  yield compare(file, extent, (w) => encodeIndirectBlock(w, header, table, place.offset, children));
  for (const [i, address] of children.entries()) {
    if (address === undefined) continue;
    const row = Math.floor(i / table.width);
    const size = table.blockSize(row);
    const child = { address, offset: place.offset + table.rowOffset(row) + (i % table.width) * size };
    if (row < table.directRows) yield compareDirectBlock(file, header, table, child, size);
    else yield* compareIndirectBlocks(file, header, table, child, table.rowsInBlock(size));
  }
}

function isSet(bitmap: Uint8Array, bit: number): boolean {
  return ((bitmap[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0;
}

function* compareFixedArray(file: H5File, extent: Extent): Generator<Comparison> {
  const { context } = file;
  const header = decodeFixedArrayHeader(reader(context, extent));
  yield compare(file, extent, (w) => encodeFixedArrayHeader(w, header));
  const address = header.dataBlockAddress;
  if (address === undefined) return;
  const pages = fixed.fixedArrayPages(header);
  const prefix = fixed.fixedArrayPrefixSize(header, context);
  const length = pages > 0 ? prefix : fixed.fixedArrayDataBlockSize(header, context);
  const place = { structure: "fixed array data block", address, length };
  const block = fixed.decodeFixedArrayDataBlock(reader(context, place), header, extent.address);
  yield compare(file, place, (w) => fixed.encodeFixedArrayDataBlock(w, header, extent.address, block));
  if (!block.paged) return;
  for (let page = 0; page < pages; page++) {
    const { at, bytes } = fixed.fixedArrayPage(header, page, context);
    const place = { structure: "fixed array data block page", address: address + at, length: bytes + 4 };
    if (isSet(block.pageBitmap, page)) yield comparePage(file, place);
  }
}

function comparePage(file: H5File, place: Pick<Extent, "structure" | "address" | "length">): Comparison {
  const elements = decodeArrayPage(reader(file.context, place), place.length - 4);
  return compare(file, place, (w) => encodeArrayPage(w, elements));
}

function* compareExtensibleArray(file: H5File, extent: Extent): Generator<Comparison> {
  const { context } = file;
  const header = decodeExtensibleArrayHeader(reader(context, extent));
  yield compare(file, extent, (w) => encodeExtensibleArrayHeader(w, header));
  const { indexBlockAddress } = header;
  if (indexBlockAddress === undefined) return;
  const array = { header, address: extent.address };
  const place = {
    structure: "extensible array index block",
    address: indexBlockAddress,
    length: extensible.extensibleArrayIndexBlockSize(header, context),
  };
  const index = extensible.decodeExtensibleArrayIndexBlock(reader(context, place), array);
  yield compare(file, place, (w) => extensible.encodeExtensibleArrayIndexBlock(w, array, index));
  const { firstSuperBlock } = extensibleArrayGeometry(header);
  for (let i = 0; i < firstSuperBlock; i++) {
    const geometry = superBlockGeometry(header, i);
    const { startDataBlock, dataBlocks } = geometry;
    const addresses = index.dataBlockAddresses.slice(startDataBlock, startDataBlock + dataBlocks);
    for (const address of addresses) yield* compareDataBlock(file, array, geometry, address, undefined);
  }
  for (const [i, address] of index.superBlockAddresses.entries()) {
    if (address !== undefined)
      yield* compareSuperBlock(file, array, superBlockGeometry(header, firstSuperBlock + i), address);
  }
}

function* compareSuperBlock(
  file: H5File,
  array: extensible.ExtensibleArrayPlace,
  geometry: SuperBlockGeometry,
  address: number,
): Generator<Comparison> {
  const length = extensible.extensibleArraySuperBlockSize(array.header, geometry, file.context);
  const place = { structure: "extensible array secondary block", address, length };
  const block = extensible.decodeExtensibleArraySuperBlock(reader(file.context, place), array, geometry);
  yield compare(file, place, (w) => extensible.encodeExtensibleArraySuperBlock(w, array, block));
  const pages = extensible.pagesOfDataBlock(array.header, geometry.dataBlockElements);
  for (const [i, dataBlock] of block.dataBlockAddresses.entries()) {
    const isPageSet = (page: number): boolean => isSet(block.pageBitmap, i * pages + page);
    yield* compareDataBlock(file, array, geometry, dataBlock, isPageSet);
  }
}

function* compareDataBlock(
  file: H5File,
  array: extensible.ExtensibleArrayPlace,
  { dataBlockElements }: SuperBlockGeometry,
  address: number | undefined,
  isPageSet: ((page: number) => boolean) | undefined,
): Generator<Comparison> {
  if (address === undefined) return;
  const { context } = file;
  const pages = extensible.pagesOfDataBlock(array.header, dataBlockElements);
  const prefix = extensible.dataBlockPrefixSize(array.header, context);
  const length = pages > 0 ? prefix : extensible.extensibleArrayDataBlockSize(array.header, dataBlockElements, context);
  const place = { structure: "extensible array data block", address, length };
  const block = extensible.decodeExtensibleArrayDataBlock(reader(context, place), array, dataBlockElements);
  yield compare(file, place, (w) => extensible.encodeExtensibleArrayDataBlock(w, array, block));
  const pageSize = extensible.dataBlockPageSize(array.header);
  for (let page = 0; page < pages; page++) {
    const structure = "extensible array data block page";
    const place = { structure, address: address + prefix + page * pageSize, length: pageSize };
    if (isPageSet?.(page) === true) yield comparePage(file, place);
  }
}
