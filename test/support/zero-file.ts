import { FormatContext } from "../../src/format/context.ts";
import { encodeText } from "../../src/format/text.ts";
import { AddressSpace } from "../../src/storage/address-space.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";

/** A file of zeros but for what is put into it; sizes of offsets and lengths are 8. */
export class ZeroFile {
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.#view = new DataView(this.bytes.buffer);
  }

  text(at: number, text: string): this {
    this.bytes.set(encodeText(text), at);
    return this;
  }

  u8(at: number, ...values: number[]): this {
    this.bytes.set(values, at);
    return this;
  }

  u16(at: number, value: number): this {
    this.#view.setUint16(at, value, true);
    return this;
  }

  u32(at: number, value: number): this {
    this.#view.setUint32(at, value, true);
    return this;
  }

  /** -1 is the undefined address. */
  u64(at: number, ...values: number[]): this {
    values.forEach((value, i) => void this.#view.setBigUint64(at + 8 * i, BigInt.asUintN(64, BigInt(value)), true));
    return this;
  }

  /**
   * A leaf of a group's B-tree at 256 (Specification III.A.1), whose child is a symbol table node at 512 (III.B) with
   * `count` entries from 520 on, and a local heap at 384 (III.D) with its data at `heapData`.
   */
  symbolTable(count: number, heapData: number, heapSize: number): this {
    this.text(256, "TREE").u16(262, 1).u64(264, -1, -1, 0, 512, 8);
    this.text(512, "SNOD").u8(516, 1).u16(518, count);
    return this.text(384, "HEAP").u64(392, heapSize, 1, heapData);
  }

  /** Superblock 0 (II.A), and the header of a root group that has the symbol table. */
  superblock(leafK: number): this {
    this.u8(0, 0x89).text(1, "HDF\r\n").u8(6, 0x1a, 0x0a).u8(13, 8, 8).u16(16, leafK).u16(18, 16);
    this.u64(24, 0, -1, this.bytes.length, -1, 0, 96);
    return this.u8(96, 1).u16(98, 1).u32(100, 1).u32(104, 24).u16(112, 0x11).u16(114, 16).u64(120, 256, 384);
  }

  get context(): FormatContext {
    const space = new AddressSpace(new MemoryStorage(this.bytes).snapshot(), 0);
    return new FormatContext(space, { sizeOfOffsets: 8, sizeOfLengths: 8 });
  }
}
