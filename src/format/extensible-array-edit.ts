import { H5Error } from "../errors.ts";
import { decodeArrayPage, encodeArrayPage } from "./array-block.ts";
import { type ArrayEditor, ElementRun, MAX_RUNS, type NewArray } from "./array-editor.ts";
import type { EditContext } from "./edit-context.ts";
import { ExtensibleArray } from "./extensible-array.ts";
import {
  dataBlockPageSize,
  dataBlockPrefixSize,
  decodeExtensibleArrayDataBlock,
  decodeExtensibleArrayIndexBlock,
  decodeExtensibleArraySuperBlock,
  encodeExtensibleArrayDataBlock,
  encodeExtensibleArrayIndexBlock,
  encodeExtensibleArraySuperBlock,
  extensibleArrayDataBlockSize,
  extensibleArrayIndexBlockSize,
  extensibleArraySuperBlockSize,
  pageBitmapSize,
  pagesOfDataBlock,
} from "./extensible-array-blocks.ts";
import {
  type ExtensibleArrayGeometry,
  type ExtensibleArrayHeader,
  encodeExtensibleArrayHeader,
  extensibleArrayGeometry,
  extensibleArrayHeaderSize,
  type SuperBlockGeometry,
  superBlockGeometry,
} from "./extensible-array-header.ts";
import { floorLog2 } from "./log2.ts";

/** How an extensible array is divided: of the data layout message. */
export interface ExtensibleArrayParameters {
  readonly maxBits: number;
  readonly indexElements: number;
  readonly minPointers: number;
  readonly minElements: number;
  readonly pageBits: number;
}

interface IndexBlock {
  readonly run: ElementRun;
  readonly dataBlockAddresses: (number | undefined)[];
  readonly superBlockAddresses: (number | undefined)[];
}

interface SuperBlock {
  readonly address: number;
  readonly geometry: SuperBlockGeometry;
  readonly pageBitmap: Uint8Array;
  readonly dataBlockAddresses: (number | undefined)[];
  changed: boolean;
}

/** A run and how it is written. */
interface OpenRun {
  readonly run: ElementRun;
  /** Of a data block; `undefined`: the run is a page. */
  readonly blockOffset: number | undefined;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * An extensible array, being changed (Specification III.C.4). Blocks and pages are made when an element in them is set, and
 * the header counts them as libhdf5 does.
 */
export class ExtensibleArrayEditor implements ArrayEditor {
  readonly address: number;
  readonly #edit: EditContext;
  readonly #empty: Uint8Array;
  readonly #header: Mutable<ExtensibleArrayHeader>;
  readonly #geometry: ExtensibleArrayGeometry;
  #headerChanged: boolean;
  #index: IndexBlock | undefined;
  readonly #superBlocks = new Map<number, SuperBlock>();
  /** Data blocks without pages, and pages, by address. */
  readonly #runs = new Map<number, OpenRun>();

  private constructor(
    edit: EditContext,
    address: number,
    header: ExtensibleArrayHeader,
    empty: Uint8Array,
    isNew: boolean,
  ) {
    this.#edit = edit;
    this.address = address;
    this.#header = { ...header };
    this.#geometry = extensibleArrayGeometry(header);
    this.#empty = empty;
    this.#headerChanged = isNew;
  }

  /** @throws FormatError where there is no such array */
  static open(edit: EditContext, address: number, { clientId, empty }: NewArray): ExtensibleArrayEditor {
    const { header } = new ExtensibleArray(edit.context, address, { clientId, elementSize: empty.length });
    return new ExtensibleArrayEditor(edit, address, header, empty, false);
  }

  static create(
    edit: EditContext,
    { clientId, empty }: NewArray,
    parameters: ExtensibleArrayParameters,
  ): ExtensibleArrayEditor {
    const address = edit.allocate(extensibleArrayHeaderSize(edit), "metadata");
    const header: ExtensibleArrayHeader = {
      clientId,
      elementSize: empty.length,
      maxElementsBits: parameters.maxBits,
      indexBlockElements: parameters.indexElements,
      dataBlockMinElements: parameters.minElements,
      superBlockMinDataPointers: parameters.minPointers,
      pageBits: parameters.pageBits,
      superBlocksCreated: 0,
      sizeOfSuperBlocks: 0,
      dataBlocksCreated: 0,
      sizeOfDataBlocks: 0,
      maxIndexSet: 0,
      elementsRealized: 0,
      indexBlockAddress: undefined,
    };
    return new ExtensibleArrayEditor(edit, address, header, empty, true);
  }

  get(index: number): Uint8Array | undefined {
    if (index >= this.#header.maxIndexSet) return undefined;
    return this.#at(index, false);
  }

  set(index: number, element: Uint8Array): void {
    if (index >= 2 ** this.#header.maxElementsBits) {
      throw new H5Error(
        "limit",
        `the dataset's chunk index has room for 2^${this.#header.maxElementsBits} chunks, not for chunk ${index}; larger chunks are needed`,
      );
    }
    this.#at(index, true)?.set(element);
    if (index < this.#header.maxIndexSet) return;
    this.#header.maxIndexSet = index + 1;
    this.#headerChanged = true;
  }

  flush(): void {
    for (const [address, { run, blockOffset }] of this.#runs) {
      if (!run.changed) continue;
      const w = this.#edit.writer();
      if (blockOffset === undefined) encodeArrayPage(w, run.elements);
      else encodeExtensibleArrayDataBlock(w, this.#place, { offset: blockOffset, elements: run.elements });
      this.#edit.write(address, w.bytes);
      run.changed = false;
    }
    for (const block of this.#superBlocks.values()) if (block.changed) this.#writeSuperBlock(block);
    if (this.#runs.size > MAX_RUNS) this.#runs.clear();
    const { indexBlockAddress } = this.#header;
    if (indexBlockAddress !== undefined && this.#index?.run.changed === true) {
      const { run, dataBlockAddresses, superBlockAddresses } = this.#index;
      const w = this.#edit.writer();
      const block = { elements: run.elements, dataBlockAddresses, superBlockAddresses };
      encodeExtensibleArrayIndexBlock(w, this.#place, block);
      this.#edit.write(indexBlockAddress, w.bytes);
      run.changed = false;
    }
    if (!this.#headerChanged) return;
    const w = this.#edit.writer();
    encodeExtensibleArrayHeader(w, this.#header);
    this.#edit.write(this.address, w.bytes);
    this.#headerChanged = false;
  }

  get #place() {
    return { header: this.#header, address: this.address };
  }

  /** The element, to be read, or changed where `change`. */
  #at(index: number, change: boolean): Uint8Array | undefined {
    const found = this.#locate(index, change);
    if (found === undefined) return undefined;
    const { run, place } = found;
    if (change) run.changed = true;
    const at = place * this.#header.elementSize;
    return run.elements.subarray(at, at + this.#header.elementSize);
  }

  #locate(index: number, create: boolean): { readonly run: ElementRun; readonly place: number } | undefined {
    const block = this.#openIndexBlock(create);
    const { indexBlockElements, dataBlockMinElements } = this.#header;
    if (block === undefined) return undefined;
    if (index < indexBlockElements) return { run: block.run, place: index };
    const within = index - indexBlockElements;
    const superBlock = floorLog2(Math.floor(within / dataBlockMinElements) + 1);
    const geometry = superBlockGeometry(this.#header, superBlock);
    const dataBlock = Math.floor((within - geometry.start) / geometry.dataBlockElements);
    const place = (within - geometry.start) % geometry.dataBlockElements;
    if (superBlock >= this.#geometry.firstSuperBlock) {
      const run = this.#runOfSuperBlock(block, superBlock, geometry, { dataBlock, place, create });
      return run === undefined ? undefined : { run, place: place % 2 ** this.#pageBits(geometry) };
    }
    const pointer = geometry.startDataBlock + dataBlock;
    let address = block.dataBlockAddresses[pointer];
    if (address === undefined) {
      if (!create) return undefined;
      // Counted among all data blocks, as libhdf5 does it here.
      address = this.#createDataBlock(geometry, geometry.start + pointer * geometry.dataBlockElements);
      block.dataBlockAddresses[pointer] = address;
      block.run.changed = true;
    }
    return { run: this.#openDataBlock(address, geometry), place };
  }

  /** So many low bits of an element's place in its data block are its place in the run. */
  #pageBits({ dataBlockElements }: SuperBlockGeometry): number {
    return pagesOfDataBlock(this.#header, dataBlockElements) === 0
      ? floorLog2(dataBlockElements)
      : this.#header.pageBits;
  }

  #runOfSuperBlock(
    index: IndexBlock,
    number: number,
    geometry: SuperBlockGeometry,
    at: { readonly dataBlock: number; readonly place: number; readonly create: boolean },
  ): ElementRun | undefined {
    const { dataBlock, place, create } = at;
    const block = this.#openSuperBlock(index, number, geometry, create);
    if (block === undefined) return undefined;
    let address = block.dataBlockAddresses[dataBlock];
    if (address === undefined) {
      if (!create) return undefined;
      address = this.#createDataBlock(geometry, geometry.start + dataBlock * geometry.dataBlockElements);
      block.dataBlockAddresses[dataBlock] = address;
      block.changed = true;
    }
    const pages = pagesOfDataBlock(this.#header, geometry.dataBlockElements);
    if (pages === 0) return this.#openDataBlock(address, geometry);
    const page = Math.floor(place / 2 ** this.#header.pageBits);
    // The bits of all data blocks follow one another without gaps.
    const bitNumber = dataBlock * pages + page;
    const byte = Math.floor(bitNumber / 8);
    const bit = 0x80 >> (bitNumber % 8);
    const pageAddress =
      address + dataBlockPrefixSize(this.#header, this.#edit) + page * dataBlockPageSize(this.#header);
    if (((block.pageBitmap[byte] ?? 0) & bit) === 0) {
      if (!create) return undefined;
      block.pageBitmap[byte] = (block.pageBitmap[byte] ?? 0) | bit;
      block.changed = true;
      return this.#keep(pageAddress, ElementRun.unset(2 ** this.#header.pageBits, this.#empty), undefined);
    }
    const open = this.#runs.get(pageAddress);
    if (open !== undefined) return open.run;
    const bytes = 2 ** this.#header.pageBits * this.#header.elementSize;
    const r = this.#edit.context.reader(pageAddress, bytes + 4, "extensible array data block page");
    return this.#keep(pageAddress, new ElementRun(decodeArrayPage(r, bytes).slice(), false), undefined);
  }

  #openIndexBlock(create: boolean): IndexBlock | undefined {
    if (this.#index !== undefined) return this.#index;
    const { indexBlockAddress, indexBlockElements } = this.#header;
    const size = extensibleArrayIndexBlockSize(this.#header, this.#edit);
    if (indexBlockAddress !== undefined) {
      const r = this.#edit.context.reader(indexBlockAddress, size, "extensible array index block");
      const block = decodeExtensibleArrayIndexBlock(r, this.#place);
      this.#index = {
        run: new ElementRun(block.elements.slice(), false),
        dataBlockAddresses: [...block.dataBlockAddresses],
        superBlockAddresses: [...block.superBlockAddresses],
      };
      return this.#index;
    }
    if (!create) return undefined;
    const { directDataBlocks, superBlocks, firstSuperBlock } = this.#geometry;
    this.#header.indexBlockAddress = this.#edit.allocate(size, "metadata");
    this.#header.elementsRealized += indexBlockElements;
    this.#headerChanged = true;
    this.#index = {
      run: ElementRun.unset(indexBlockElements, this.#empty),
      dataBlockAddresses: new Array<number | undefined>(directDataBlocks).fill(undefined),
      superBlockAddresses: new Array<number | undefined>(superBlocks - firstSuperBlock).fill(undefined),
    };
    return this.#index;
  }

  #openSuperBlock(
    index: IndexBlock,
    number: number,
    geometry: SuperBlockGeometry,
    create: boolean,
  ): SuperBlock | undefined {
    const open = this.#superBlocks.get(number);
    if (open !== undefined) return open;
    const pointer = number - this.#geometry.firstSuperBlock;
    const address = index.superBlockAddresses[pointer];
    const size = extensibleArraySuperBlockSize(this.#header, geometry, this.#edit);
    let block: SuperBlock;
    if (address !== undefined) {
      const r = this.#edit.context.reader(address, size, "extensible array secondary block");
      const found = decodeExtensibleArraySuperBlock(r, this.#place, geometry);
      const { pageBitmap, dataBlockAddresses } = found;
      block = {
        address,
        geometry,
        pageBitmap: pageBitmap.slice(),
        dataBlockAddresses: [...dataBlockAddresses],
        changed: false,
      };
    } else {
      if (!create) return undefined;
      block = {
        address: this.#edit.allocate(size, "metadata"),
        geometry,
        pageBitmap: new Uint8Array(pageBitmapSize(this.#header, geometry)),
        dataBlockAddresses: new Array<number | undefined>(geometry.dataBlocks).fill(undefined),
        changed: true,
      };
      index.superBlockAddresses[pointer] = block.address;
      index.run.changed = true;
      this.#header.superBlocksCreated++;
      this.#header.sizeOfSuperBlocks += size;
      this.#headerChanged = true;
    }
    this.#superBlocks.set(number, block);
    return block;
  }

  #writeSuperBlock(block: SuperBlock): void {
    const w = this.#edit.writer();
    const { pageBitmap, dataBlockAddresses } = block;
    encodeExtensibleArraySuperBlock(w, this.#place, { offset: block.geometry.start, pageBitmap, dataBlockAddresses });
    this.#edit.write(block.address, w.bytes);
    block.changed = false;
  }

  /** A data block none of whose elements is set; of one with pages, only what is before them. */
  #createDataBlock({ dataBlockElements }: SuperBlockGeometry, offset: number): number {
    const size = extensibleArrayDataBlockSize(this.#header, dataBlockElements, this.#edit);
    const address = this.#edit.allocate(size, "metadata");
    this.#header.dataBlocksCreated++;
    this.#header.sizeOfDataBlocks += size;
    this.#header.elementsRealized += dataBlockElements;
    this.#headerChanged = true;
    if (pagesOfDataBlock(this.#header, dataBlockElements) === 0) {
      this.#keep(address, ElementRun.unset(dataBlockElements, this.#empty), offset);
      return address;
    }
    const w = this.#edit.writer();
    encodeExtensibleArrayDataBlock(w, this.#place, { offset, elements: undefined });
    this.#edit.write(address, w.bytes);
    return address;
  }

  #openDataBlock(address: number, { dataBlockElements }: SuperBlockGeometry): ElementRun {
    const open = this.#runs.get(address);
    if (open !== undefined) return open.run;
    const size = extensibleArrayDataBlockSize(this.#header, dataBlockElements, this.#edit);
    const r = this.#edit.context.reader(address, size, "extensible array data block");
    const { offset, elements } = decodeExtensibleArrayDataBlock(r, this.#place, dataBlockElements);
    if (elements === undefined) throw new TypeError("a data block without pages has elements");
    return this.#keep(address, new ElementRun(elements.slice(), false), offset);
  }

  #keep(address: number, run: ElementRun, blockOffset: number | undefined): ElementRun {
    if (this.#runs.size > MAX_RUNS) this.flush();
    this.#runs.set(address, { run, blockOffset });
    return run;
  }
}
