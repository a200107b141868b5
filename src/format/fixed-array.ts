import { decodeArrayBlockHead } from "./array-block.ts";
import type { FormatContext } from "./context.ts";
import { type Extent, metadata } from "./extent.ts";
import {
  FIXED_ARRAY_BLOCK,
  fixedArrayDataBlockSize,
  fixedArrayPages,
  fixedArrayPrefixSize,
} from "./fixed-array-blocks.ts";
import { decodeFixedArrayHeader, type FixedArrayHeader, fixedArrayHeaderSize } from "./fixed-array-header.ts";
import type { Reader } from "./reader.ts";
import { VerifiedSpans } from "./verified-spans.ts";

/** What an array's header must say, for it to be the array that is meant. */
export interface ArrayClient {
  /** 0: chunks without filters; 1: chunks with filters. */
  readonly clientId: number;
  readonly elementSize: number;
}

export interface ArrayElement {
  readonly index: number;
  readonly bytes: Uint8Array;
}

const BLOCK = "fixed array data block";
const PAGE = "fixed array data block page";

/** A fixed array (Specification III.C.3): elements of one size in one data block, which may be divided into pages. */
export class FixedArray {
  readonly header: FixedArrayHeader;
  readonly #context: FormatContext;
  readonly #address: number;
  readonly #verified: VerifiedSpans;
  readonly #pageEntries: number;
  /** 0: the elements follow the data block's head without pages. */
  readonly #pages: number;
  /** Bytes of the data block before its elements, or before its first page. */
  readonly #prefix: number;

  /** @throws FormatError where there is no such array, or its elements or their number are others than expected */
  constructor(context: FormatContext, address: number, client: ArrayClient, count: number) {
    const r = context.reader(address, fixedArrayHeaderSize(context), "fixed array header");
    this.header = decodeFixedArrayHeader(r);
    const { clientId, entrySize, maxEntries, pageBits } = this.header;
    if (clientId !== client.clientId) r.fail(`client id is ${clientId}, expected ${client.clientId}`);
    if (entrySize !== client.elementSize) r.fail(`entry size is ${entrySize}, expected ${client.elementSize}`);
    if (maxEntries !== count) r.fail(`has ${maxEntries} entries, expected one for each of ${count} chunks`);
    if (maxEntries * entrySize > context.space.end) r.fail(`has ${maxEntries} entries, more than the file holds`);
    this.#context = context;
    this.#address = address;
    this.#verified = new VerifiedSpans(context);
    this.#pageEntries = 2 ** pageBits;
    this.#pages = fixedArrayPages(this.header);
    this.#prefix = fixedArrayPrefixSize(this.header, context);
  }

  /** The element at `index`, below the number of entries; `undefined` where its page or all of the array is not set. */
  element(index: number): Uint8Array | undefined {
    const block = this.header.dataBlockAddress;
    if (block === undefined) return undefined;
    const { entrySize } = this.header;
    const page = Math.floor(index / this.#pageEntries);
    const elements = this.#pages === 0 ? this.#wholeBlock(block) : this.#page(block, page);
    if (elements === undefined) return undefined;
    const at = this.#pages === 0 ? index : index - page * this.#pageEntries;
    return this.#context.space.read(elements + at * entrySize, entrySize, BLOCK);
  }

  /** Every element in a page that is set. */
  *elements(): Generator<ArrayElement> {
    const block = this.header.dataBlockAddress;
    if (block === undefined) return;
    const { maxEntries } = this.header;
    for (let index = 0; index < maxEntries; ) {
      const page = Math.floor(index / this.#pageEntries);
      const end = this.#pages === 0 ? maxEntries : Math.min(maxEntries, (page + 1) * this.#pageEntries);
      if (this.#pages === 0 || this.#page(block, page) !== undefined) {
        for (let i = index; i < end; i++) {
          const bytes = this.element(i);
          if (bytes !== undefined) yield { index: i, bytes };
        }
      }
      index = end;
    }
  }

  /** What header and data block occupy. @param owner the address of the array's object */
  extents(owner: number): Extent[] {
    const { dataBlockAddress } = this.header;
    const header = metadata("fixed array header", this.#address, fixedArrayHeaderSize(this.#context), owner);
    if (dataBlockAddress === undefined) return [header];
    return [header, metadata(BLOCK, dataBlockAddress, fixedArrayDataBlockSize(this.header, this.#context), owner)];
  }

  /** Verifies a data block without pages (III.C.3, "Fixed Array Data Block"); where its elements begin. */
  #wholeBlock(block: number): number {
    const { maxEntries, entrySize } = this.header;
    this.#verified.check(block, this.#prefix + maxEntries * entrySize + 4, BLOCK, (r) => {
      this.#blockHead(r);
      r.skip(maxEntries * entrySize);
      r.checksum();
    });
    return block + this.#prefix;
  }

  /** Verifies a page ("Fixed Array Data Block Page"); where its elements begin, `undefined` for a page that is not set. */
  #page(block: number, page: number): number | undefined {
    const { maxEntries, entrySize } = this.header;
    this.#verified.check(block, this.#prefix, BLOCK, (r) => {
      this.#blockHead(r);
      r.skip(Math.ceil(this.#pages / 8)); // Page Bitmap
      r.checksum();
    });
    const bitmapAt = block + this.#prefix - 4 - Math.ceil(this.#pages / 8);
    const bits = this.#context.space.read(bitmapAt + Math.floor(page / 8), 1, BLOCK)[0] ?? 0;
    if ((bits & (0x80 >> (page % 8))) === 0) return undefined;
    const address = block + this.#prefix + page * (this.#pageEntries * entrySize + 4);
    const used = Math.min(this.#pageEntries, maxEntries - page * this.#pageEntries) * entrySize;
    this.#verified.check(address, used + 4, PAGE, (r) => {
      r.skip(used);
      r.checksum();
    });
    return address;
  }

  #blockHead(r: Reader): void {
    decodeArrayBlockHead(r, FIXED_ARRAY_BLOCK, { header: this.header, address: this.#address });
  }
}
