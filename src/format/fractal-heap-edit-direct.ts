import type { EditContext } from "./edit-context.ts";
import { type BlockPlace, directBlockPrefix, encodeDirectBlock, verifyDirectBlock } from "./fractal-heap-blocks.ts";
import type { DoublingTable } from "./fractal-heap-doubling-table.ts";
import type { EditedHeapHeader } from "./fractal-heap-header.ts";
import { RepeatedLookup3 } from "./lookup3.ts";

/** Bytes of a direct block's checksum, the last of its prefix. */
const CHECKSUM = 4;
/** Blocks that stay in memory when they are written: those that were used last. */
const KEPT_BLOCKS = 16;

/** A direct block: where it is in the file and in the heap. */
export interface DirectPlace extends BlockPlace {
  readonly size: number;
}

/** Its bytes, and which of them are to be written. */
interface DirectBytes {
  readonly address: number;
  readonly bytes: Uint8Array;
  readonly sum: RepeatedLookup3;
  from: number;
  to: number;
}

/** The bytes of the direct blocks of a fractal heap that is being changed (Specification III.G, "Fractal Heap Direct Block"). */
export class DirectBlocks {
  #edit: EditContext;
  readonly #header: EditedHeapHeader;
  readonly #table: DoublingTable;
  /** Bytes of a block before its objects. */
  readonly prefix: number;
  /** By heap offset; the last one of the map is the one that was used last. */
  readonly #blocks = new Map<number, DirectBytes>();

  constructor(edit: EditContext, header: EditedHeapHeader, table: DoublingTable) {
    this.#edit = edit;
    this.#header = header;
    this.#table = table;
    this.prefix = directBlockPrefix(edit.context, header, table);
  }

  attach(edit: EditContext): void {
    this.#edit = edit;
  }

  /** Bytes that they take in memory, at most. */
  get memory(): number {
    return this.#blocks.size * this.#header.maxDirectBlockSize;
  }

  /** An empty block. @returns its address */
  create(offset: number, size: number): number {
    const address = this.#edit.allocate(size, "metadata");
    const w = this.#edit.writer();
    encodeDirectBlock(w, this.#header, this.#table, offset, new Uint8Array(size - this.prefix));
    this.#blocks.set(offset, { address, bytes: w.bytes.slice(), sum: new RepeatedLookup3(), from: 0, to: size });
    return address;
  }

  /** The bytes from byte `at` of a block: a view, until the next change. */
  read(block: DirectPlace, at: number, length: number): Uint8Array {
    return this.#load(block).bytes.subarray(at, at + length);
  }

  put(block: DirectPlace, at: number, object: Uint8Array): void {
    const kept = this.#load(block);
    kept.bytes.set(object, at);
    kept.from = Math.min(kept.from, at);
    kept.to = Math.max(kept.to, at + object.length);
  }

  /** The block at a heap offset is gone. */
  forget(offset: number): void {
    this.#blocks.delete(offset);
  }

  write(): void {
    for (const block of this.#blocks.values()) this.#write(block);
    for (const offset of this.#blocks.keys()) {
      if (this.#blocks.size <= KEPT_BLOCKS) return;
      this.#blocks.delete(offset);
    }
  }

  /** A new block is written whole; of another one what was changed, and the checksum. */
  #write(block: DirectBytes): void {
    const { address, bytes, from, to } = block;
    if (from >= to) return;
    const { checksummedDirectBlocks } = this.#header;
    if (checksummedDirectBlocks) this.#seal(block);
    this.#edit.write(address + from, bytes.subarray(from, to));
    if (checksummedDirectBlocks && from > 0) {
      const at = this.prefix - CHECKSUM;
      this.#edit.write(address + at, bytes.subarray(at, this.prefix));
    }
    block.from = bytes.length;
    block.to = 0;
  }

  /** Computes the checksum, with zeros where it is. */
  #seal({ bytes, sum, from, to }: DirectBytes): void {
    const at = this.prefix - CHECKSUM;
    bytes.fill(0, at, this.prefix);
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(at, sum.sum(bytes, from, to), true);
  }

  #load({ address, offset, size }: DirectPlace): DirectBytes {
    let kept = this.#blocks.get(offset);
    if (kept === undefined) {
      const { context } = this.#edit;
      verifyDirectBlock(context, this.#header, this.#table, { address, offset }, size);
      const bytes = context.space.read(address, size, "fractal heap direct block").slice();
      kept = { address, bytes, sum: new RepeatedLookup3(), from: size, to: 0 };
    }
    this.#blocks.delete(offset);
    this.#blocks.set(offset, kept);
    return kept;
  }
}
