import { H5Error } from "../errors.ts";
import { copyBytes } from "../storage/copy-bytes.ts";
import { putUint } from "../storage/little-endian.ts";
import { lookup3Within } from "./lookup3.ts";
import type { Sizes } from "./reader.ts";

/** Memory, and views of all of it. */
class Memory {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly words: Int32Array;

  /** Its bytes are undefined. @param size bytes, a multiple of 4 */
  constructor(size: number) {
    this.bytes = new Uint8Array(Buffer.allocUnsafeSlow(size).buffer);
    this.view = new DataView(this.bytes.buffer);
    this.words = new Int32Array(this.bytes.buffer);
  }
}

/** Small writers get their memory from pieces of this size: to have it one by one would cost more than to fill it. */
const SLAB = 64 * 1024;
const CAPACITY = 256;
const LARGEST_PIECE = 2048;
let slab = new Memory(0);
let taken = 0;

/** The counterpart of `Reader`: appends the fields of one structure. All integers are little-endian. */
export class Writer {
  readonly sizes: Sizes;
  /** What is written begins at byte `#start` of it. */
  #memory: Memory;
  #start = 0;
  #capacity: number;
  #position = 0;

  constructor(sizes: Sizes, capacity = CAPACITY) {
    this.sizes = sizes;
    this.#capacity = Math.ceil(capacity / CAPACITY) * CAPACITY;
    if (capacity > LARGEST_PIECE) {
      this.#memory = new Memory(this.#capacity);
      return;
    }
    if (taken + this.#capacity > slab.bytes.length) {
      slab = new Memory(SLAB);
      taken = 0;
    }
    this.#memory = slab;
    this.#start = taken;
    taken += this.#capacity;
  }

  /** Bytes written so far. */
  get position(): number {
    return this.#position;
  }

  /** What was written: a view, which the next write may leave behind. */
  get bytes(): Uint8Array {
    return this.part(0, this.#position);
  }

  /** Bytes [from, to) of what was written, likewise. */
  part(from: number, to: number): Uint8Array {
    return this.#memory.bytes.subarray(this.#start + from, this.#start + to);
  }

  /** Moves on by `n` bytes. @returns where in the memory they are */
  #room(n: number): number {
    const at = this.#position;
    this.#position = at + n;
    if (this.#position > this.#capacity) this.#grow(at);
    return this.#start + at;
  }

  /** @param used bytes that have been written */
  #grow(used: number): void {
    this.#capacity = Math.ceil(Math.max(this.#position, 2 * this.#capacity) / 4) * 4;
    const memory = new Memory(this.#capacity);
    memory.bytes.set(this.part(0, used));
    this.#memory = memory;
    this.#start = 0;
  }

  u8(value: number): void {
    const at = this.#room(1);
    this.#memory.bytes[at] = value;
  }

  u16(value: number): void {
    const at = this.#room(2);
    this.#memory.view.setUint16(at, value, true);
  }

  u32(value: number): void {
    const at = this.#room(4);
    this.#memory.view.setUint32(at, value, true);
  }

  u64(value: number): void {
    this.uint(value, 8);
  }

  /** @throws H5Error "limit" where the value does not fit into `size` bytes: a file whose addresses are too narrow to grow */
  uint(value: number, size: number): void {
    const at = this.#room(size);
    if (size === 8) {
      const { view } = this.#memory;
      view.setUint32(at, value >>> 0, true);
      view.setUint32(at + 4, Math.floor(value / 2 ** 32), true);
    } else {
      putFitting(this.#memory.bytes, at, size, value);
    }
  }

  /** An address; `undefined` is the undefined address (all bits set). */
  offset(address: number | undefined): void {
    if (address === undefined) this.fill(0xff, this.sizes.sizeOfOffsets);
    else this.uint(address, this.sizes.sizeOfOffsets);
  }

  /** `undefined` is "unlimited" (all bits set). */
  length(length: number | undefined): void {
    if (length === undefined) this.fill(0xff, this.sizes.sizeOfLengths);
    else this.uint(length, this.sizes.sizeOfLengths);
  }

  put(bytes: Uint8Array): void {
    const at = this.#room(bytes.length);
    copyBytes(bytes, 0, this.#memory.bytes, at, bytes.length);
  }

  zeros(n: number): void {
    this.fill(0, n);
  }

  fill(byte: number, n: number): void {
    const at = this.#room(n);
    this.#memory.bytes.fill(byte, at, at + n);
  }

  /** Zeros, until the bytes since `from` are a multiple of `alignment`. */
  align(alignment: number, from = 0): void {
    const past = (this.#position - from) % alignment;
    if (past !== 0) this.zeros(alignment - past);
  }

  nulTerminated(text: Uint8Array): void {
    this.put(text);
    this.u8(0);
  }

  signature(signature: string): void {
    for (let i = 0; i < signature.length; i++) this.u8(signature.charCodeAt(i));
  }

  /** The checksum (Jenkins lookup3) of all bytes since `from`. */
  checksum(from = 0): void {
    const { bytes, words } = this.#memory;
    this.u32(lookup3Within(bytes, words, this.#start + from, this.#start + this.#position));
  }
}

/** @throws H5Error "limit" where the value does not fit into `size` bytes */
export function putFitting(bytes: Uint8Array, at: number, size: number, value: number): void {
  if (putUint(bytes, at, size, value)) return;
  throw new H5Error("limit", `${value} does not fit into the ${size} bytes that this file has for it`);
}
