import { decodeArrayPage, encodeArrayPage } from "./array-block.ts";
import { type ArrayEditor, ElementRun, MAX_RUNS, type NewArray } from "./array-editor.ts";
import type { EditContext } from "./edit-context.ts";
import { FixedArray } from "./fixed-array.ts";
import {
  decodeFixedArrayDataBlock,
  encodeFixedArrayDataBlock,
  fixedArrayDataBlockSize,
  fixedArrayPage,
  fixedArrayPages,
  fixedArrayPrefixSize,
} from "./fixed-array-blocks.ts";
import { encodeFixedArrayHeader, type FixedArrayHeader, fixedArrayHeaderSize } from "./fixed-array-header.ts";

/** A data block, up to its first page where it has pages. */
type Block =
  | { readonly paged: false; readonly run: ElementRun }
  | { readonly paged: true; readonly pageBitmap: Uint8Array; changed: boolean };

/** A fixed array, being changed (Specification III.C.3). Its data block is made for the first element; each page, too. */
export class FixedArrayEditor implements ArrayEditor {
  readonly address: number;
  readonly #edit: EditContext;
  readonly #empty: Uint8Array;
  #header: FixedArrayHeader;
  #headerChanged: boolean;
  #block: Block | undefined;
  readonly #pages = new Map<number, ElementRun>();

  private constructor(edit: EditContext, address: number, header: FixedArrayHeader, empty: Uint8Array, isNew: boolean) {
    this.#edit = edit;
    this.address = address;
    this.#header = header;
    this.#empty = empty;
    this.#headerChanged = isNew;
  }

  /** @param count the elements that it has. @throws FormatError where there is no such array */
  static open(edit: EditContext, address: number, { clientId, empty }: NewArray, count: number): FixedArrayEditor {
    const { header } = new FixedArray(edit.context, address, { clientId, elementSize: empty.length }, count);
    return new FixedArrayEditor(edit, address, header, empty, false);
  }

  static create(
    edit: EditContext,
    { clientId, empty }: NewArray,
    { pageBits, count }: { readonly pageBits: number; readonly count: number },
  ): FixedArrayEditor {
    const address = edit.allocate(fixedArrayHeaderSize(edit), "metadata");
    const header = { clientId, entrySize: empty.length, pageBits, maxEntries: count, dataBlockAddress: undefined };
    return new FixedArrayEditor(edit, address, header, empty, true);
  }

  get(index: number): Uint8Array | undefined {
    return this.#header.dataBlockAddress === undefined ? undefined : this.#at(index, false);
  }

  set(index: number, element: Uint8Array): void {
    this.#at(index, true)?.set(element);
  }

  flush(): void {
    const { dataBlockAddress } = this.#header;
    const block = this.#block;
    if (dataBlockAddress !== undefined && block !== undefined) {
      for (const [page, run] of this.#pages) {
        if (run.changed) this.#writePage(dataBlockAddress, page, run);
      }
      const changed = block.paged ? block.changed : block.run.changed;
      if (changed) this.#writeBlock(dataBlockAddress, block);
    }
    if (this.#pages.size > MAX_RUNS) this.#pages.clear();
    if (!this.#headerChanged) return;
    const w = this.#edit.writer();
    encodeFixedArrayHeader(w, this.#header);
    this.#edit.write(this.address, w.bytes);
    this.#headerChanged = false;
  }

  /** The element, to be read, or changed where `change`. */
  #at(index: number, change: boolean): Uint8Array | undefined {
    const block = this.#openBlock();
    const { entrySize, pageBits } = this.#header;
    let run: ElementRun | undefined;
    let first = 0;
    if (block.paged) {
      const page = Math.floor(index / 2 ** pageBits);
      first = page * 2 ** pageBits;
      run = this.#openPage(block, page, change);
    } else {
      run = block.run;
    }
    if (run === undefined) return undefined;
    if (change) run.changed = true;
    const at = (index - first) * entrySize;
    return run.elements.subarray(at, at + entrySize);
  }

  #openBlock(): Block {
    if (this.#block !== undefined) return this.#block;
    const { dataBlockAddress: address, maxEntries } = this.#header;
    const size = fixedArrayPrefixSize(this.#header, this.#edit);
    const pages = fixedArrayPages(this.#header);
    if (address === undefined) {
      const dataBlockAddress = this.#edit.allocate(fixedArrayDataBlockSize(this.#header, this.#edit), "metadata");
      this.#header = { ...this.#header, dataBlockAddress };
      this.#headerChanged = true;
      this.#block =
        pages === 0
          ? { paged: false, run: ElementRun.unset(maxEntries, this.#empty) }
          : { paged: true, pageBitmap: new Uint8Array(Math.ceil(pages / 8)), changed: true };
      return this.#block;
    }
    const length = pages === 0 ? fixedArrayDataBlockSize(this.#header, this.#edit) : size;
    const r = this.#edit.context.reader(address, length, "fixed array data block");
    const block = decodeFixedArrayDataBlock(r, this.#header, this.address);
    this.#block = block.paged
      ? { paged: true, pageBitmap: block.pageBitmap.slice(), changed: false }
      : { paged: false, run: new ElementRun(block.elements.slice(), false) };
    return this.#block;
  }

  #openPage(block: Extract<Block, { paged: true }>, page: number, create: boolean): ElementRun | undefined {
    const open = this.#pages.get(page);
    if (open !== undefined) return open;
    const byte = Math.floor(page / 8);
    const bit = 0x80 >> (page % 8);
    const isSet = ((block.pageBitmap[byte] ?? 0) & bit) !== 0;
    if (!isSet && !create) return undefined;
    if (this.#pages.size > MAX_RUNS) this.flush();
    const { at, bytes } = fixedArrayPage(this.#header, page, this.#edit);
    let run: ElementRun;
    if (isSet) {
      const address = (this.#header.dataBlockAddress ?? 0) + at;
      const r = this.#edit.context.reader(address, bytes + 4, "fixed array data block page");
      run = new ElementRun(decodeArrayPage(r, bytes).slice(), false);
    } else {
      run = ElementRun.unset(bytes / this.#header.entrySize, this.#empty);
      block.pageBitmap[byte] = (block.pageBitmap[byte] ?? 0) | bit;
      block.changed = true;
    }
    this.#pages.set(page, run);
    return run;
  }

  #writePage(blockAddress: number, page: number, run: ElementRun): void {
    const w = this.#edit.writer();
    encodeArrayPage(w, run.elements);
    this.#edit.write(blockAddress + fixedArrayPage(this.#header, page, this.#edit).at, w.bytes);
    run.changed = false;
  }

  #writeBlock(address: number, block: Block): void {
    const w = this.#edit.writer();
    encodeFixedArrayDataBlock(
      w,
      this.#header,
      this.address,
      block.paged ? block : { paged: false, elements: block.run.elements },
    );
    this.#edit.write(address, w.bytes);
    if (block.paged) block.changed = false;
    else block.run.changed = false;
  }
}
