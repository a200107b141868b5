import { changedRange } from "../storage/changed-range.ts";
import type { EditContext } from "./edit-context.ts";
import { lookup3 } from "./lookup3.ts";
import type { ObjectHeaderBlocks } from "./object-header.ts";
import { putFitting } from "./writer.ts";

/** The last field of a block of version 2. */
const CHECKSUM_SIZE = 4;

/** What lies between two changes and is less than this is written with them. */
const NEAR = 64;

interface Block {
  /** Of its first byte. */
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly changed: { from: number; to: number }[];
}

/**
 * The bytes of an object header in which fields of a fixed size are changed where they are (Specification IV.A.1): nothing of it is
 * decoded or encoded again. Offsets are relative to the header's address. It holds as long as nobody else changes the header.
 */
export class HeaderPatch {
  readonly version: 1 | 2;
  readonly #blocks: readonly Block[];

  private constructor(version: 1 | 2, blocks: readonly Block[]) {
    this.version = version;
    this.#blocks = blocks;
  }

  static read({ context }: EditContext, { address, version, blocks }: ObjectHeaderBlocks): HeaderPatch {
    const parts = blocks.map((block): Block => {
      const bytes = context.space.read(block.address, block.length, "object header").slice();
      return { offset: block.address - address, bytes, changed: [] };
    });
    return new HeaderPatch(version, parts);
  }

  /** Another header of one block with the same bytes. */
  copy(): HeaderPatch {
    const [first] = this.#blocks;
    if (first === undefined || this.#blocks.length > 1) throw new TypeError("the header has continuation blocks");
    return new HeaderPatch(this.version, [{ offset: first.offset, bytes: first.bytes.slice(), changed: [] }]);
  }

  /** Bytes of a header of one block; `undefined`: it has several. */
  get length(): number | undefined {
    return this.#blocks.length === 1 ? this.#blocks[0]?.bytes.length : undefined;
  }

  put(offset: number, bytes: Uint8Array): void {
    const block = this.#blockOf(offset);
    const at = offset - block.offset;
    const { from, to } = changedRange(block.bytes.subarray(at, at + bytes.length), bytes);
    if (from === to) return;
    block.bytes.set(bytes, at);
    touch(block, at + from, at + to);
  }

  /** @throws H5Error "limit" where the value does not fit into `size` bytes; `undefined` is all bits set */
  putUint(offset: number, value: number | undefined, size: number): void {
    const block = this.#blockOf(offset);
    const at = offset - block.offset;
    if (value === undefined) block.bytes.fill(0xff, at, at + size);
    else putFitting(block.bytes, at, size, value);
    touch(block, at, at + size);
  }

  /** Writes what was changed of the header at `address`, with the checksums: whoever has it decoded must read it again. */
  write(edit: EditContext, address: number): void {
    edit.changedObjects.add(address);
    edit.kept.delete(address);
    for (const { offset, bytes, changed } of this.#blocks) {
      if (changed.length === 0) continue;
      if (this.version === 2) touch({ changed }, ...sign(bytes));
      for (const { from, to } of changed) edit.write(address + offset + from, bytes.subarray(from, to));
      changed.length = 0;
    }
  }

  /** Writes all of it: a new header of one block. */
  writeNew(edit: EditContext, address: number): void {
    for (const { bytes, changed } of this.#blocks) changed.splice(0, changed.length, { from: 0, to: bytes.length });
    this.write(edit, address);
  }

  #blockOf(offset: number): Block {
    for (const block of this.#blocks) {
      if (offset >= block.offset && offset < block.offset + block.bytes.length) return block;
    }
    throw new TypeError(`byte ${offset} is not in the object header`);
  }
}

/** @returns where the checksum is */
function sign(bytes: Uint8Array): [number, number] {
  const at = bytes.length - CHECKSUM_SIZE;
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(at, lookup3(bytes.subarray(0, at)), true);
  return [at, bytes.length];
}

/** Changes come in the order of their places, mostly. */
function touch({ changed }: Pick<Block, "changed">, from: number, to: number): void {
  const last = changed.at(-1);
  if (last !== undefined && from >= last.from && from <= last.to + NEAR) last.to = Math.max(last.to, to);
  else changed.push({ from, to });
}
