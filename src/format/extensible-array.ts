import { arrayBlockHeadSize, decodeArrayBlockHead } from "./array-block.ts";
import type { FormatContext } from "./context.ts";
import {
  dataBlockPrefixSize,
  decodeExtensibleArrayIndexBlock,
  decodeExtensibleArraySuperBlock,
  type ExtensibleArrayPlace,
  extensibleArrayDataBlockSize,
  extensibleArrayIndexBlockSize,
  extensibleArraySuperBlockSize,
  pageBitmapSize,
  pagesOfDataBlock,
} from "./extensible-array-blocks.ts";
import {
  decodeExtensibleArrayHeader,
  type ExtensibleArrayHeader,
  extensibleArrayGeometry,
  extensibleArrayHeaderSize,
  type SuperBlockGeometry,
  superBlockGeometry,
} from "./extensible-array-header.ts";
import { type Extent, metadata } from "./extent.ts";
import type { ArrayClient, ArrayElement } from "./fixed-array.ts";
import { floorLog2 } from "./log2.ts";
import type { Reader } from "./reader.ts";
import { VerifiedSpans } from "./verified-spans.ts";

const INDEX_BLOCK = "extensible array index block";
const SUPER_BLOCK = "extensible array secondary block";
const DATA_BLOCK = "extensible array data block";
const PAGE = "extensible array data block page";

/** A run of elements that lie one after another in the file, from element `first` on; `undefined`: none of them is set. */
interface Run {
  readonly first: number;
  readonly count: number;
  readonly address: number | undefined;
}

/**
 * An extensible array (Specification III.C.4): the first elements are in the index block, the next in data blocks that
 * the index block points to, the others in data blocks of secondary ("super") blocks, the larger of them in pages.
 */
export class ExtensibleArray {
  readonly header: ExtensibleArrayHeader;
  readonly #context: FormatContext;
  readonly #address: number;
  readonly #verified: VerifiedSpans;
  readonly #pageElements: number;
  /** Bytes that each block begins with. */
  readonly #headSize: number;
  /** Bytes of a data block before its first page. */
  readonly #dataBlockPrefix: number;
  /** Bytes of a block's "Block Offset". */
  readonly #offsetWidth: number;
  /** Super blocks from this on exist in the file; the index block points to the data blocks of those before. */
  readonly #firstSuperBlock: number;
  readonly #superBlocks: number;
  /** Data blocks that the index block points to. */
  readonly #directDataBlocks: number;

  /** @throws FormatError where there is no such array, or its elements are others than expected */
  constructor(context: FormatContext, address: number, client: ArrayClient) {
    const r = context.reader(address, extensibleArrayHeaderSize(context), "extensible array header");
    this.header = decodeExtensibleArrayHeader(r);
    const { clientId, elementSize, pageBits } = this.header;
    if (clientId !== client.clientId) r.fail(`client id is ${clientId}, expected ${client.clientId}`);
    if (elementSize !== client.elementSize) r.fail(`element size is ${elementSize}, expected ${client.elementSize}`);
    this.#context = context;
    this.#address = address;
    this.#verified = new VerifiedSpans(context);
    this.#pageElements = 2 ** pageBits;
    this.#headSize = arrayBlockHeadSize(context);
    this.#dataBlockPrefix = dataBlockPrefixSize(this.header, context);
    const geometry = extensibleArrayGeometry(this.header);
    this.#offsetWidth = geometry.offsetWidth;
    this.#superBlocks = geometry.superBlocks;
    this.#firstSuperBlock = geometry.firstSuperBlock;
    this.#directDataBlocks = geometry.directDataBlocks;
  }

  /** The element at `index`; `undefined` where the block or page that it would be in is not set. */
  element(index: number): Uint8Array | undefined {
    if (index >= this.header.maxIndexSet) return undefined;
    const { first, address } = this.#runOf(index);
    return address === undefined ? undefined : this.#read(address, index - first);
  }

  /** Every element in a block or page that is set. */
  *elements(): Generator<ArrayElement> {
    for (let index = 0; index < this.header.maxIndexSet; ) {
      const { first, count, address } = this.#runOf(index);
      const end = Math.min(first + count, this.header.maxIndexSet);
      if (address !== undefined) {
        for (; index < end; index++) yield { index, bytes: this.#read(address, index - first) };
      }
      index = end;
    }
  }

  /** What header and blocks occupy. @param owner the address of the array's object */
  *extents(owner: number): Generator<Extent> {
    const context = this.#context;
    const { indexBlockAddress } = this.header;
    const place: ExtensibleArrayPlace = { header: this.header, address: this.#address };
    yield metadata("extensible array header", this.#address, extensibleArrayHeaderSize(context), owner);
    if (indexBlockAddress === undefined) return;
    const size = extensibleArrayIndexBlockSize(this.header, context);
    yield metadata(INDEX_BLOCK, indexBlockAddress, size, owner);
    const index = decodeExtensibleArrayIndexBlock(context.reader(indexBlockAddress, size, INDEX_BLOCK), place);
    for (let i = 0; i < this.#firstSuperBlock; i++) {
      const geometry = superBlockGeometry(this.header, i);
      const end = geometry.startDataBlock + geometry.dataBlocks;
      yield* this.#dataBlockExtents(index.dataBlockAddresses.slice(geometry.startDataBlock, end), geometry, owner);
    }
    for (const [i, address] of index.superBlockAddresses.entries()) {
      if (address === undefined) continue;
      const geometry = superBlockGeometry(this.header, this.#firstSuperBlock + i);
      const length = extensibleArraySuperBlockSize(this.header, geometry, context);
      yield metadata(SUPER_BLOCK, address, length, owner);
      const r = context.reader(address, length, SUPER_BLOCK);
      yield* this.#dataBlockExtents(
        decodeExtensibleArraySuperBlock(r, place, geometry).dataBlockAddresses,
        geometry,
        owner,
      );
    }
  }

  *#dataBlockExtents(
    addresses: readonly (number | undefined)[],
    { dataBlockElements }: SuperBlockGeometry,
    owner: number,
  ): Generator<Extent> {
    const size = extensibleArrayDataBlockSize(this.header, dataBlockElements, this.#context);
    for (const address of addresses) if (address !== undefined) yield metadata(DATA_BLOCK, address, size, owner);
  }

  #read(run: number, at: number): Uint8Array {
    const { elementSize } = this.header;
    return this.#context.space.read(run + at * elementSize, elementSize, DATA_BLOCK);
  }

  /** The run that an element below `maxIndexSet` lies in. Where nothing is set, the run is as long as that is known. */
  #runOf(index: number): Run {
    const { indexBlockAddress, indexBlockElements, dataBlockMinElements, maxIndexSet } = this.header;
    if (indexBlockAddress === undefined) return { first: 0, count: maxIndexSet, address: undefined };
    this.#verifyIndexBlock(indexBlockAddress);
    const elementsAt = indexBlockAddress + this.#headSize;
    if (index < indexBlockElements) return { first: 0, count: indexBlockElements, address: elementsAt };
    const within = index - indexBlockElements;
    const superBlock = floorLog2(Math.floor(within / dataBlockMinElements) + 1);
    const geometry = superBlockGeometry(this.header, superBlock);
    const dataBlocksAt = elementsAt + indexBlockElements * this.header.elementSize;
    if (superBlock < this.#firstSuperBlock) {
      const inSuperBlock = Math.floor((within - geometry.start) / geometry.dataBlockElements);
      const pointerAt = dataBlocksAt + (geometry.startDataBlock + inSuperBlock) * this.#context.sizeOfOffsets;
      return this.#dataBlock(this.#pointer(pointerAt, INDEX_BLOCK), geometry, inSuperBlock);
    }
    const superBlocksAt = dataBlocksAt + this.#directDataBlocks * this.#context.sizeOfOffsets;
    const pointerAt = superBlocksAt + (superBlock - this.#firstSuperBlock) * this.#context.sizeOfOffsets;
    const address = superBlock < this.#superBlocks ? this.#pointer(pointerAt, INDEX_BLOCK) : undefined;
    if (address === undefined) {
      const count = geometry.dataBlocks * geometry.dataBlockElements;
      return { first: indexBlockElements + geometry.start, count, address };
    }
    return this.#inSuperBlock(address, geometry, within);
  }

  /** The run of an element of a super block that is there (III.C.4, "Extensible Array Secondary Block"). */
  #inSuperBlock(address: number, geometry: SuperBlockGeometry, within: number): Run {
    const { dataBlockElements, dataBlocks, start } = geometry;
    const pages = pagesOfDataBlock(this.header, dataBlockElements);
    const bitmapSize = pageBitmapSize(this.header, geometry);
    const bitmapAt = this.#headSize + this.#offsetWidth;
    const pointersAt = bitmapAt + bitmapSize;
    const pointersSize = dataBlocks * this.#context.sizeOfOffsets;
    this.#verified.check(address, pointersAt + pointersSize + 4, SUPER_BLOCK, (r) => {
      this.#blockHead(r, "EASB");
      this.#blockOffset(r, start);
      r.skip(bitmapSize + pointersSize);
      r.checksum();
    });
    const dataBlock = Math.floor((within - start) / dataBlockElements);
    const pointer = this.#pointer(address + pointersAt + dataBlock * this.#context.sizeOfOffsets, SUPER_BLOCK);
    if (pages === 0 || pointer === undefined) return this.#dataBlock(pointer, geometry, dataBlock);
    const firstOfBlock = start + dataBlock * dataBlockElements;
    this.#verified.check(pointer, this.#dataBlockPrefix, DATA_BLOCK, (r) => {
      this.#blockHead(r, "EADB");
      this.#blockOffset(r, firstOfBlock);
      r.checksum();
    });
    const page = Math.floor((within - firstOfBlock) / this.#pageElements);
    const first = this.header.indexBlockElements + firstOfBlock + page * this.#pageElements;
    // The bits of all data blocks follow one another without gaps, the highest bit of a byte first.
    const bit = dataBlock * pages + page;
    const bits = this.#context.space.read(address + bitmapAt + Math.floor(bit / 8), 1, SUPER_BLOCK)[0] ?? 0;
    if ((bits & (0x80 >> (bit % 8))) === 0) return { first, count: this.#pageElements, address: undefined };
    const used = this.#pageElements * this.header.elementSize;
    const pageAddress = pointer + this.#dataBlockPrefix + page * (used + 4);
    this.#verified.check(pageAddress, used + 4, PAGE, (r) => {
      r.skip(used);
      r.checksum();
    });
    return { first, count: this.#pageElements, address: pageAddress };
  }

  /**
   * The run that is a whole data block without pages (III.C.4, "Extensible Array Data Block"). For data blocks of the
   * index block, libhdf5 counts the block among all data blocks, not among those of its super block, when it computes
   * the block offset (which it never reads).
   */
  #dataBlock(address: number | undefined, geometry: SuperBlockGeometry, dataBlock: number): Run {
    const count = geometry.dataBlockElements;
    const firstOfBlock = geometry.start + dataBlock * count;
    const first = this.header.indexBlockElements + firstOfBlock;
    if (address === undefined) return { first, count, address };
    const used = count * this.header.elementSize;
    const elementsAt = this.#headSize + this.#offsetWidth;
    this.#verified.check(address, elementsAt + used + 4, DATA_BLOCK, (r) => {
      this.#blockHead(r, "EADB");
      this.#blockOffset(r, firstOfBlock, firstOfBlock + geometry.startDataBlock * count);
      r.skip(used);
      r.checksum();
    });
    return { first, count, address: address + elementsAt };
  }

  #verifyIndexBlock(address: number): void {
    const { indexBlockElements, elementSize } = this.header;
    const pointers = this.#directDataBlocks + this.#superBlocks - this.#firstSuperBlock;
    const used = indexBlockElements * elementSize + pointers * this.#context.sizeOfOffsets;
    this.#verified.check(address, this.#headSize + used + 4, INDEX_BLOCK, (r) => {
      this.#blockHead(r, "EAIB");
      r.skip(used);
      r.checksum();
    });
  }

  #blockHead(r: Reader, signature: string): void {
    decodeArrayBlockHead(r, signature, { header: this.header, address: this.#address });
  }

  /** Counted in elements, without those in the index block. `instead`: what libhdf5 writes there, where that differs. */
  #blockOffset(r: Reader, expected: number, instead = expected): void {
    const offset = r.uint(this.#offsetWidth);
    if (offset !== expected && offset !== instead) r.fail(`block offset is ${offset}, expected ${expected}`);
  }

  #pointer(at: number, structure: string): number | undefined {
    return this.#context.reader(at, this.#context.sizeOfOffsets, structure).offset();
  }
}
