import { LRUCache } from "lru-cache";
import { FormatError } from "../errors.ts";
import { BTreeV2 } from "./b-tree-v2.ts";
import { decodeHugeObjectRecord, hugeObjectRecordSize, RecordType } from "./b-tree-v2-records.ts";
import type { FormatContext } from "./context.ts";
import { type Extent, metadata, rawData } from "./extent.ts";
import {
  type BlockPlace,
  directBlockPrefix,
  type IndirectBlock,
  indirectBlockSize,
  readIndirectBlock,
  verifyDirectBlock,
} from "./fractal-heap-blocks.ts";
import { DoublingTable } from "./fractal-heap-doubling-table.ts";
import { decodeFractalHeapHeader, type FractalHeapHeader, fractalHeapHeaderSize } from "./fractal-heap-header.ts";
import { decodeFractalHeapId, hasHugeAddresses } from "./fractal-heap-id.ts";
import { extentsOfFreeSpaceManager } from "./free-space-manager.ts";
import { OpenedStructures } from "./opened-structures.ts";
import { Reader } from "./reader.ts";

const STRUCTURE = "fractal heap";
/** Entries of indirect blocks, and addresses of verified direct blocks, that are kept for each heap. */
const KEPT_ENTRIES = 16 * 1024;
/** The first byte of a managed object's id: version 0, type 0. */
const MANAGED = 0;
const opened = new OpenedStructures<FractalHeap>();

interface DirectBlock {
  readonly place: BlockPlace;
  readonly size: number;
}

/** A fractal heap (Specification III.G): objects of any size, each found by its heap id. */
export class FractalHeap {
  readonly header: FractalHeapHeader;
  readonly #context: FormatContext;
  readonly #table: DoublingTable;
  readonly #prefix: number;
  readonly #indirectBlocks: LRUCache<string, IndirectBlock>;
  /** Direct blocks whose checksum was found right: reading the next object from them need not read all of them again. */
  readonly #verified = new Set<string>();
  /** The verified block that was read from last: mostly the next object is in it, too. */
  #last: DirectBlock | undefined;

  private constructor(context: FormatContext, address: number) {
    this.#context = context;
    this.header = decodeFractalHeapHeader(context.reader(address, fractalHeapHeaderSize(context), STRUCTURE));
    this.#table = new DoublingTable(this.header);
    this.#prefix = directBlockPrefix(context, this.header, this.#table);
    this.#indirectBlocks = new LRUCache({ maxSize: KEPT_ENTRIES, sizeCalculation: (block) => block.length + 1 });
    if (this.header.rowsInRootIndirectBlock > this.#table.maxRows) {
      this.#fail(
        `root indirect block has ${this.header.rowsInRootIndirectBlock} rows, but only ${this.#table.maxRows} fit`,
      );
    }
  }

  /** @throws FormatError where there is no fractal heap, UnsupportedError where it has filters */
  static open(context: FormatContext, address: number): FractalHeap {
    return opened.get(context, address, () => new FractalHeap(context, address));
  }

  /** The bytes of the object with that heap id; maybe a view on a cache: do not write to them. */
  object(id: Uint8Array): Uint8Array {
    const { offsetWidth, lengthWidth } = this.#table;
    if (id[0] === MANAGED && id.length === this.header.heapIdLength && id.length > offsetWidth + lengthWidth) {
      return this.#managed(littleEndian(id, 1, offsetWidth), littleEndian(id, 1 + offsetWidth, lengthWidth));
    }
    const place = decodeFractalHeapId(id, this.header, this.#table, this.#context);
    switch (place.kind) {
      case "managed":
        return this.#managed(place.offset, place.length);
      case "huge":
        return this.#context.space.read(place.address, place.length, "huge object of a fractal heap");
      case "huge-indirect":
        return this.#hugeByKey(place.key);
      case "tiny":
        return place.bytes;
    }
  }

  /** Where in the heap an object lies; `undefined`: it is elsewhere. @throws FormatError where it is no id */
  managedSpan(id: Uint8Array): { readonly offset: number; readonly length: number } | undefined {
    const place = decodeFractalHeapId(id, this.header, this.#table, this.#context);
    return place.kind === "managed" ? place : undefined;
  }

  /** Where in the heap the object lies whose id is at `at`, for reading many in order; 0 for those that are elsewhere. */
  offsetOf(bytes: Uint8Array, at: number): number {
    return bytes[at] === MANAGED ? littleEndian(bytes, at + 1, this.#table.offsetWidth) : 0;
  }

  /** What header, blocks, huge objects and free-space manager occupy. @param owner the address of the heap's object */
  *extents(owner: number): Generator<Extent> {
    const { address, rootBlockAddress, rowsInRootIndirectBlock, hugeObjectsBTreeAddress, freeSpaceManagerAddress } =
      this.header;
    yield metadata(STRUCTURE, address, fractalHeapHeaderSize(this.#context), owner);
    if (freeSpaceManagerAddress !== undefined) {
      yield* extentsOfFreeSpaceManager(this.#context, freeSpaceManagerAddress, owner);
    }
    if (rootBlockAddress !== undefined) {
      const place = { address: rootBlockAddress, offset: 0 };
      if (rowsInRootIndirectBlock === 0) yield this.#directExtent(place, this.header.startingBlockSize, owner);
      else yield* this.#extentsBelow(place, rowsInRootIndirectBlock, owner);
    }
    if (hugeObjectsBTreeAddress === undefined) return;
    const { tree, type } = this.#hugeObjects(hugeObjectsBTreeAddress);
    yield* tree.extents(owner);
    for (const bytes of tree.records()) {
      const r = new Reader(bytes, hugeObjectsBTreeAddress, "B-tree v2 record", this.#context);
      const record = decodeHugeObjectRecord(r, type);
      yield rawData("huge object of a fractal heap", record.address, record.length, owner);
    }
  }

  *#extentsBelow(place: BlockPlace, rows: number, owner: number): Generator<Extent> {
    const table = this.#table;
    const children = this.#indirectBlock(place, rows);
    yield metadata("fractal heap indirect block", place.address, indirectBlockSize(table, rows, this.#context), owner);
    for (const [i, address] of children.entries()) {
      if (address === undefined) continue;
      const row = Math.floor(i / table.width);
      const size = table.blockSize(row);
      const child = { address, offset: place.offset + table.rowOffset(row) + (i % table.width) * size };
      if (row < table.directRows) yield this.#directExtent(child, size, owner);
      else yield* this.#extentsBelow(child, table.rowsInBlock(size), owner);
    }
  }

  #directExtent(place: BlockPlace, size: number, owner: number): Extent {
    verifyDirectBlock(this.#context, this.header, this.#table, place, size);
    return metadata("fractal heap direct block", place.address, size, owner);
  }

  /** The B-tree of huge objects, and the type of its records: by address where that is in their ids, else by key. */
  #hugeObjects(address: number): { readonly tree: BTreeV2; readonly type: 1 | 3 } {
    const type = hasHugeAddresses(this.header, this.#context) ? RecordType.hugeDirect : RecordType.hugeIndirect;
    return { tree: BTreeV2.open(this.#context, address, type, hugeObjectRecordSize(type, this.#context)), type };
  }

  #fail(message: string): never {
    throw new FormatError(message, { structure: STRUCTURE, address: this.header.address });
  }

  #managed(offset: number, length: number): Uint8Array {
    if (length === 0) this.#fail(`an object at offset ${offset} has no bytes`);
    const root = this.header.rootBlockAddress;
    if (root === undefined) this.#fail(`an object at offset ${offset}, but there is no root block`);
    const block = this.#directBlockOf(root, offset);
    const { place, size } = block;
    const at = offset - place.offset;
    if (at < this.#prefix || at + length > size) {
      this.#fail(`an object of ${length} bytes at byte ${at} does not fit into its direct block of ${size} bytes`);
    }
    if (this.#last !== block) {
      const key = `${place.address}+${place.offset}`;
      if (!this.#verified.has(key)) {
        verifyDirectBlock(this.#context, this.header, this.#table, place, size);
        if (this.#verified.size === KEPT_ENTRIES) this.#verified.clear();
        this.#verified.add(key);
      }
      this.#last = block;
    }
    return this.#context.space.read(place.address + at, length, "fractal heap direct block");
  }

  /** The direct block that holds an offset of the heap. */
  #directBlockOf(root: number, offset: number): DirectBlock {
    const last = this.#last;
    if (last !== undefined && offset >= last.place.offset && offset - last.place.offset < last.size) return last;
    const table = this.#table;
    let place: BlockPlace = { address: root, offset: 0 };
    let rows = this.header.rowsInRootIndirectBlock;
    if (rows === 0) return { place, size: this.header.startingBlockSize };
    for (;;) {
      const within = offset - place.offset;
      const row = table.rowOf(within);
      const size = table.blockSize(row);
      if (row >= rows) this.#fail(`an object at offset ${offset} lies past the last row of its indirect block`);
      const column = Math.floor((within - table.rowOffset(row)) / size);
      const address = this.#indirectBlock(place, rows)[row * table.width + column];
      if (address === undefined) this.#fail(`an object at offset ${offset} lies in a block that does not exist`);
      place = { address, offset: place.offset + table.rowOffset(row) + column * size };
      if (row < table.directRows) return { place, size };
      // A child has fewer rows than its parent, so this ends.
      rows = table.rowsInBlock(size);
    }
  }

  #indirectBlock(place: BlockPlace, rows: number): IndirectBlock {
    const key = `${place.address}+${place.offset}+${rows}`;
    let block = this.#indirectBlocks.get(key);
    if (block === undefined) {
      block = readIndirectBlock(this.#context, this.header, this.#table, place, rows);
      this.#indirectBlocks.set(key, block);
    }
    return block;
  }

  #hugeByKey(key: number): Uint8Array {
    const address = this.header.hugeObjectsBTreeAddress;
    if (address === undefined) this.#fail(`huge object ${key}, but there is no B-tree of huge objects`);
    const type = RecordType.hugeIndirect;
    const tree = BTreeV2.open(this.#context, address, type, hugeObjectRecordSize(type, this.#context));
    const { sizeOfOffsets, sizeOfLengths } = this.#context;
    const keyAt = sizeOfOffsets + sizeOfLengths;
    const found = tree.find((view, at) => {
      const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
      return key - littleEndian(bytes, at + keyAt, sizeOfLengths);
    });
    if (found === undefined) this.#fail(`huge object ${key} is not in the B-tree of huge objects`);
    const record = decodeHugeObjectRecord(new Reader(found, address, "B-tree v2 record", this.#context), type);
    return this.#context.space.read(record.address, record.length, "huge object of a fractal heap");
  }
}

function littleEndian(bytes: Uint8Array, at: number, size: number): number {
  let value = 0;
  for (let i = at + size - 1; i >= at; i--) value = value * 256 + (bytes[i] ?? 0);
  return value;
}
