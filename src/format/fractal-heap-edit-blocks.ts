import { FormatError, H5Error } from "../errors.ts";
import type { EditContext } from "./edit-context.ts";
import { encodeIndirectBlock, indirectBlockSize, readIndirectBlock } from "./fractal-heap-blocks.ts";
import type { DoublingTable } from "./fractal-heap-doubling-table.ts";
import { DirectBlocks, type DirectPlace } from "./fractal-heap-edit-direct.ts";
import type { EditedHeapHeader } from "./fractal-heap-header.ts";
import { floorLog2 } from "./log2.ts";

const STRUCTURE = "fractal heap";
/** An indirect block in memory. */
interface Indirect {
  address: number;
  /** In the heap's address space. */
  readonly offset: number;
  rows: number;
  /** Where it hangs: `undefined` for the root. */
  readonly parent: { readonly block: Indirect; readonly entry: number } | undefined;
  children: (number | undefined)[];
  changed: boolean;
}

/** A direct block, and where it hangs. */
interface Direct extends DirectPlace {
  readonly parent: Indirect["parent"];
}

/**
 * The direct and indirect blocks of a fractal heap that is being changed (Specification III.G): where the next block is
 * made, how the root grows and shrinks, and the header's counters of it, as libhdf5 keeps them.
 */
export class HeapBlocks {
  #edit: EditContext;
  readonly #header: EditedHeapHeader;
  readonly #table: DoublingTable;
  /** By heap offset. */
  readonly #indirect = new Map<number, Indirect>();
  readonly #direct: DirectBlocks;

  constructor(edit: EditContext, header: EditedHeapHeader, table: DoublingTable) {
    this.#edit = edit;
    this.#header = header;
    this.#table = table;
    this.#direct = new DirectBlocks(edit, header, table);
  }

  attach(edit: EditContext): void {
    this.#edit = edit;
    this.#direct.attach(edit);
  }

  /** Bytes that its blocks take in memory, at most. */
  get memory(): number {
    return this.#direct.memory;
  }

  /** Bytes of a direct block before its objects. */
  get prefix(): number {
    return this.#direct.prefix;
  }

  /** The bytes at [offset, offset + length) of the heap, all in one block: a view, until the next change. */
  read(offset: number, length: number): Uint8Array {
    const block = this.#directAt(offset, length);
    return this.#direct.read(block, offset - block.offset, length);
  }

  put(offset: number, object: Uint8Array): void {
    const block = this.#directAt(offset, object.length);
    this.#direct.put(block, offset - block.offset, object);
  }

  /** The space for objects of the direct block that holds [offset, offset + length): where it begins and ends. */
  space(offset: number, length: number): { readonly start: number; readonly end: number } {
    const block = this.#directAt(offset, length);
    return { start: block.offset + this.prefix, end: block.offset + block.size };
  }

  /** Makes a direct block with room for an object of `length` bytes. @returns the space in it */
  create(length: number): { readonly offset: number; readonly length: number } {
    const { startingBlockSize, maxDirectBlockSize } = this.#header;
    let size = length < startingBlockSize ? startingBlockSize : 2 ** (1 + floorLog2(length));
    if (size < this.prefix + length) size *= 2;
    if (size > maxDirectBlockSize) this.#fail(`an object of ${length} bytes fits into no direct block`);
    if (this.#header.rootBlockAddress === undefined && size === startingBlockSize) return this.#createRootDirect();
    const hole = this.#bestHole(size);
    if (hole !== undefined) return this.#createDirect(hole.block, hole.entry);
    const next = this.#advanceTo(size);
    const created = this.#createDirect(next.block, next.entry);
    this.#header.iteratorOffset += this.#table.blockSize(this.#rowOf(next.entry));
    return created;
  }

  /** Gives the direct block back that holds `offset`, and the indirect blocks and rows that are empty without it. */
  remove(offset: number): void {
    const block = this.#directAt(offset, 1);
    this.#direct.forget(block.offset);
    this.#edit.free(block.address, block.size);
    if (block.parent === undefined) {
      this.#empty();
      return;
    }
    this.#header.allocatedManagedSpace = Math.max(0, this.#header.allocatedManagedSpace - block.size);
    this.#detach(block.parent.block, block.parent.entry);
    if (block.offset + block.size === this.#header.iteratorOffset) this.#header.iteratorOffset = this.#endOfLast();
  }

  /** Gives all blocks back. */
  free(): void {
    const { rowsInRootIndirectBlock, rootBlockAddress, startingBlockSize } = this.#header;
    if (rootBlockAddress === undefined) return;
    if (rowsInRootIndirectBlock === 0) this.#edit.free(rootBlockAddress, startingBlockSize);
    else {
      for (const block of this.#indirectBlocks(this.#root())) {
        for (const [entry, address] of block.children.entries()) {
          const row = this.#rowOf(entry);
          if (address !== undefined && row < this.#table.directRows) {
            this.#edit.free(address, this.#table.blockSize(row));
          }
        }
        this.#edit.free(block.address, this.#sizeOf(block.rows));
      }
    }
    this.#indirect.clear();
  }

  write(): void {
    for (const block of this.#indirect.values()) {
      if (!block.changed) continue;
      const w = this.#edit.writer();
      encodeIndirectBlock(w, this.#header, this.#table, block.offset, block.children);
      this.#edit.write(block.address, w.bytes);
      block.changed = false;
    }
    this.#direct.write();
  }

  #fail(message: string): never {
    throw new FormatError(message, { structure: STRUCTURE, address: this.#header.address });
  }

  #rowOf(entry: number): number {
    return Math.floor(entry / this.#table.width);
  }

  /** The heap offset of what an entry of an indirect block stands for. */
  #offsetOf(block: Indirect, entry: number): number {
    const row = this.#rowOf(entry);
    return block.offset + this.#table.rowOffset(row) + (entry % this.#table.width) * this.#table.blockSize(row);
  }

  #isHole(block: Indirect, entry: number): boolean {
    const end = this.#offsetOf(block, entry) + this.#table.blockSize(this.#rowOf(entry));
    return block.children[entry] === undefined && end <= this.#header.iteratorOffset;
  }

  #sizeOf(rows: number): number {
    return indirectBlockSize(this.#table, rows, this.#edit);
  }

  // Finding blocks

  #root(): Indirect {
    const { rootBlockAddress, rowsInRootIndirectBlock } = this.#header;
    if (rootBlockAddress === undefined || rowsInRootIndirectBlock === 0) this.#fail("has no root indirect block");
    return this.#load(rootBlockAddress, 0, rowsInRootIndirectBlock, undefined);
  }

  #load(address: number, offset: number, rows: number, parent: Indirect["parent"]): Indirect {
    let block = this.#indirect.get(offset);
    if (block === undefined) {
      const place = { address, offset };
      const children = [...readIndirectBlock(this.#edit.context, this.#header, this.#table, place, rows)];
      block = { address, offset, rows, parent, children, changed: false };
      this.#indirect.set(offset, block);
    }
    return block;
  }

  /** The indirect block that an entry leads to. */
  #child(block: Indirect, entry: number): Indirect | undefined {
    const address = block.children[entry];
    const row = this.#rowOf(entry);
    if (address === undefined || row < this.#table.directRows) return undefined;
    const rows = this.#table.rowsInBlock(this.#table.blockSize(row));
    return this.#load(address, this.#offsetOf(block, entry), rows, { block, entry });
  }

  /** The block and all indirect blocks below it. */
  *#indirectBlocks(block: Indirect): Generator<Indirect> {
    yield block;
    for (let entry = this.#table.directRows * this.#table.width; entry < block.children.length; entry++) {
      const child = this.#child(block, entry);
      if (child !== undefined) yield* this.#indirectBlocks(child);
    }
  }

  /** The lowest indirect block and its entry for a heap offset; that of the root may lie past its last row. */
  #locate(offset: number): { readonly block: Indirect; readonly entry: number } {
    let block = this.#root();
    for (;;) {
      const within = offset - block.offset;
      const row = this.#table.rowOf(within);
      const column = Math.floor((within - this.#table.rowOffset(row)) / this.#table.blockSize(row));
      const entry = row * this.#table.width + column;
      // Where the next block begins, the one before it ends.
      const child = offset === this.#offsetOf(block, entry) ? undefined : this.#child(block, entry);
      if (child === undefined) return { block, entry };
      block = child;
    }
  }

  /** The direct block that has room for objects at [offset, offset + length). */
  #directAt(offset: number, length: number): Direct {
    const block = this.#findDirect(offset);
    const at = offset - block.offset;
    if (at < this.prefix || at + length > block.size) {
      this.#fail(
        `an object of ${length} bytes at byte ${at} does not fit into its direct block of ${block.size} bytes`,
      );
    }
    return block;
  }

  #findDirect(offset: number): Direct {
    const { rootBlockAddress, rowsInRootIndirectBlock, startingBlockSize } = this.#header;
    if (rootBlockAddress === undefined) this.#fail(`an object at offset ${offset}, but there is no root block`);
    if (rowsInRootIndirectBlock === 0) {
      return { address: rootBlockAddress, offset: 0, size: startingBlockSize, parent: undefined };
    }
    const parent = this.#locate(offset);
    const row = this.#rowOf(parent.entry);
    const address = parent.block.children[parent.entry];
    if (address === undefined || row >= this.#table.directRows) {
      this.#fail(`an object at offset ${offset} lies in a block that does not exist`);
    }
    const size = this.#table.blockSize(row);
    return { address, offset: this.#offsetOf(parent.block, parent.entry), size, parent };
  }

  // Growing

  #createRootDirect(): { readonly offset: number; readonly length: number } {
    const { startingBlockSize } = this.#header;
    this.#header.rootBlockAddress = this.#newDirect(0, startingBlockSize);
    this.#header.rowsInRootIndirectBlock = 0;
    this.#header.managedSpace = startingBlockSize;
    this.#header.freeSpaceInManagedBlocks += startingBlockSize - this.prefix;
    return { offset: this.prefix, length: startingBlockSize - this.prefix };
  }

  #createDirect(block: Indirect, entry: number): { readonly offset: number; readonly length: number } {
    const size = this.#table.blockSize(this.#rowOf(entry));
    const offset = this.#offsetOf(block, entry);
    if (block.children[entry] !== undefined)
      this.#fail(`its next block is to be at offset ${offset}, where there is one`);
    block.children[entry] = this.#newDirect(offset, size);
    block.changed = true;
    return { offset: offset + this.prefix, length: size - this.prefix };
  }

  /** @returns its address */
  #newDirect(offset: number, size: number): number {
    this.#header.allocatedManagedSpace += size;
    return this.#direct.create(offset, size);
  }

  #newIndirect(offset: number, rows: number, parent: Indirect["parent"]): Indirect {
    const address = this.#edit.allocate(this.#sizeOf(rows), "metadata");
    const children = new Array<undefined>(rows * this.#table.width).fill(undefined);
    const block = { address, offset, rows, parent, children, changed: true };
    this.#indirect.set(offset, block);
    if (parent !== undefined) {
      parent.block.children[parent.entry] = address;
      parent.block.changed = true;
    }
    return block;
  }

  /** The place before the iterator, where there is none yet, in which a block of at least `size` bytes wastes least. */
  #bestHole(size: number): { readonly block: Indirect; readonly entry: number } | undefined {
    const { rowsInRootIndirectBlock, allocatedManagedSpace, iteratorOffset } = this.#header;
    if (rowsInRootIndirectBlock === 0 || allocatedManagedSpace === iteratorOffset) return undefined;
    const table = this.#table;
    let best: { block: Indirect; entry: number; size: number } | undefined;
    for (const block of this.#indirectBlocks(this.#root())) {
      for (let entry = 0; entry < block.children.length; entry++) {
        if (!this.#isHole(block, entry)) continue;
        const row = this.#rowOf(entry);
        const isDirect = row < table.directRows;
        const rows = isDirect ? row + 1 : Math.min(table.directRows, table.rowsInBlock(table.blockSize(row)));
        const found = isDirect ? table.blockSize(row) : size;
        if (table.blockSize(rows - 1) < size || (best !== undefined && found >= best.size)) continue;
        best = { block, entry, size: found };
      }
    }
    if (best === undefined || this.#rowOf(best.entry) < table.directRows) return best;
    // A whole indirect block is missing: what it has besides the block that is needed are holes again.
    const { block, entry } = best;
    const rows = table.rowsInBlock(table.blockSize(this.#rowOf(entry)));
    const child = this.#newIndirect(this.#offsetOf(block, entry), rows, best);
    return { block: child, entry: table.rowOfSize(size) * table.width };
  }

  /** Moves the iterator to the next place for a block of at least `size` bytes, the root and new blocks growing to it. */
  #advanceTo(size: number): { readonly block: Indirect; readonly entry: number } {
    const table = this.#table;
    const header = this.#header;
    const row = table.rowOfSize(size);
    if (header.rowsInRootIndirectBlock === 0) this.#createRootIndirect(size);
    const skipTo = (block: Indirect, entry: number): void => {
      header.iteratorOffset = this.#offsetOf(block, entry);
    };
    let next = this.#locate(header.iteratorOffset);
    const nextRow = this.#rowOf(next.entry);
    if (row > nextRow && nextRow < next.block.rows) skipTo(next.block, Math.min(row, next.block.rows) * table.width);
    for (;;) {
      next = this.#locate(header.iteratorOffset);
      const at = this.#rowOf(next.entry);
      if (at >= next.block.rows) {
        // Only of the root: where another indirect block ends, the next entry of its parent begins.
        this.#doubleRoot(next.block, at, size);
        continue;
      }
      if (at < table.directRows) {
        if (table.blockSize(at) >= size) return next;
        skipTo(next.block, Math.min(row, next.block.rows) * table.width);
        continue;
      }
      const childRows = table.rowsInBlock(table.blockSize(at));
      if (table.blockSize(childRows - 1) < size) {
        const needed = floorLog2(size) - floorLog2(header.startingBlockSize) + 2;
        skipTo(next.block, Math.min(at + needed - childRows, next.block.rows) * table.width);
        continue;
      }
      const child =
        this.#child(next.block, next.entry) ??
        this.#newIndirect(this.#offsetOf(next.block, next.entry), childRows, next);
      skipTo(child, row * table.width);
      if (row === 0) return { block: child, entry: 0 };
    }
  }

  #createRootIndirect(size: number): void {
    const header = this.#header;
    const table = this.#table;
    const rows =
      header.startingRowsInRootIndirectBlock === 0
        ? table.maxRows
        : Math.max(header.startingRowsInRootIndirectBlock, 1 + table.rowOfSize(size));
    const first = header.rootBlockAddress;
    const root = this.#newIndirect(0, rows, undefined);
    root.children[0] = first;
    header.rootBlockAddress = root.address;
    header.rowsInRootIndirectBlock = rows;
    header.managedSpace = table.rowOffset(rows);
    header.iteratorOffset = first === undefined ? 0 : header.startingBlockSize;
    if (size > header.startingBlockSize) header.iteratorOffset = this.#offsetOf(root, (rows - 1) * table.width);
    const known = first === undefined ? 0 : table.capacity(0, this.prefix);
    header.freeSpaceInManagedBlocks += table.capacityOfRows(rows, this.prefix) - known;
  }

  /** @param row where the iterator is, past the last row */
  #doubleRoot(root: Indirect, row: number, size: number): void {
    const table = this.#table;
    const skips = root.rows < table.directRows && size > table.blockSize(row);
    const least = skips ? 1 + table.rowOfSize(size) : 0;
    const rows = Math.max(least, Math.min(2 * root.rows, table.maxRows));
    if (rows <= root.rows)
      throw new H5Error("limit", `the fractal heap at 0x${this.#header.address.toString(16)} is full`);
    this.#resizeRoot(root, rows);
    if (skips) this.#header.iteratorOffset = this.#offsetOf(root, (least - 1) * table.width);
  }

  #resizeRoot(root: Indirect, rows: number): void {
    const { width } = this.#table;
    const before = this.#table.capacityOfRows(root.rows, this.prefix);
    this.#edit.free(root.address, this.#sizeOf(root.rows));
    root.address = this.#edit.allocate(this.#sizeOf(rows), "metadata");
    root.children = Array.from({ length: rows * width }, (_, i) => root.children[i]);
    root.rows = rows;
    root.changed = true;
    this.#header.rootBlockAddress = root.address;
    this.#header.rowsInRootIndirectBlock = rows;
    this.#header.managedSpace = this.#table.rowOffset(rows);
    this.#addFree(this.#table.capacityOfRows(rows, this.prefix) - before);
  }

  // Shrinking

  #addFree(bytes: number): void {
    this.#header.freeSpaceInManagedBlocks = Math.max(0, this.#header.freeSpaceInManagedBlocks + bytes);
  }

  #detach(block: Indirect, entry: number): void {
    block.children[entry] = undefined;
    block.changed = true;
    const last = block.children.findLastIndex((child) => child !== undefined);
    if (last < 0) {
      this.#indirect.delete(block.offset);
      this.#edit.free(block.address, this.#sizeOf(block.rows));
      if (block.parent === undefined) this.#empty();
      else this.#detach(block.parent.block, block.parent.entry);
      return;
    }
    if (block.parent !== undefined) return;
    if (last === 0) {
      this.#revertRoot(block);
      return;
    }
    const lastRow = this.#rowOf(last);
    const isFixed = this.#header.startingRowsInRootIndirectBlock === 0;
    if (isFixed || entry < last || block.rows <= 1 || lastRow > Math.floor(block.rows / 2)) return;
    const rows = 2 ** (1 + floorLog2(Math.max(1, lastRow)));
    if (rows < block.rows) this.#resizeRoot(block, rows);
  }

  /** The only block that is left, the first one, is the root again. */
  #revertRoot(root: Indirect): void {
    const header = this.#header;
    this.#indirect.delete(0);
    this.#edit.free(root.address, this.#sizeOf(root.rows));
    this.#addFree(this.#table.capacity(0, this.prefix) - this.#table.capacityOfRows(root.rows, this.prefix));
    header.rootBlockAddress = root.children[0];
    header.rowsInRootIndirectBlock = 0;
    header.managedSpace = header.startingBlockSize;
    header.allocatedManagedSpace = header.startingBlockSize;
    header.iteratorOffset = header.startingBlockSize;
  }

  #empty(): void {
    const header = this.#header;
    header.rootBlockAddress = undefined;
    header.rowsInRootIndirectBlock = 0;
    header.managedSpace = 0;
    header.allocatedManagedSpace = 0;
    header.iteratorOffset = 0;
    header.freeSpaceInManagedBlocks = 0;
  }

  /** The heap offset where the last direct block ends. */
  #endOfLast(): number {
    if (this.#header.rootBlockAddress === undefined) return 0;
    if (this.#header.rowsInRootIndirectBlock === 0) return this.#header.startingBlockSize;
    let block = this.#root();
    for (;;) {
      const last = block.children.findLastIndex((child) => child !== undefined);
      const child = this.#child(block, last);
      if (child === undefined) return this.#offsetOf(block, last) + this.#table.blockSize(this.#rowOf(last));
      block = child;
    }
  }
}
