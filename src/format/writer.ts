import { H5Error } from "../errors.ts";
import { lookup3 } from "./lookup3.ts";
import type { Sizes } from "./reader.ts";

/** Small writers get their memory from pieces of this size: to have it one by one would cost more than to fill it. */
const SLAB = 64 * 1024;
const CAPACITY = 256;
const LARGEST_PIECE = 2048;
let slab = new DataView(new ArrayBuffer(0));
let taken = 0;

/** The counterpart of `Reader`: appends the fields of one structure. All integers are little-endian. */
export class Writer {
  readonly sizes: Sizes;
  #bytes: Uint8Array;
  /** Of all memory that `bytes` are a part of, from `start` on. */
  #view: DataView;
  #start = 0;
  #position = 0;

  constructor(sizes: Sizes, capacity = CAPACITY) {
    this.sizes = sizes;
    if (capacity > LARGEST_PIECE) {
      this.#bytes = new Uint8Array(capacity);
      this.#view = new DataView(this.#bytes.buffer);
      return;
    }
    const piece = Math.ceil(capacity / CAPACITY) * CAPACITY;
    if (taken + piece > slab.byteLength) {
      slab = new DataView(new ArrayBuffer(SLAB));
      taken = 0;
    }
    this.#bytes = new Uint8Array(slab.buffer, taken, piece);
    this.#view = slab;
    this.#start = taken;
    taken += piece;
  }

  /** Bytes written so far. */
  get position(): number {
    return this.#position;
  }

  /** What was written: a view, which the next write may leave behind. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#position);
  }

  #room(n: number): number {
    const at = this.#position;
    const needed = at + n;
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
      larger.set(this.#bytes.subarray(0, at));
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
      this.#start = 0;
    }
    this.#position = needed;
    return at;
  }

  u8(value: number): void {
    const at = this.#room(1);
    this.#bytes[at] = value;
  }

  u16(value: number): void {
    const at = this.#room(2);
    this.#view.setUint16(this.#start + at, value, true);
  }

  u32(value: number): void {
    const at = this.#room(4);
    this.#view.setUint32(this.#start + at, value, true);
  }

  u64(value: number): void {
    this.uint(value, 8);
  }

  /** @throws H5Error "limit" where the value does not fit into `size` bytes: a file whose addresses are too narrow to grow */
  uint(value: number, size: number): void {
    const at = this.#room(size);
    if (size === 8) {
      this.#view.setUint32(this.#start + at, value >>> 0, true);
      this.#view.setUint32(this.#start + at + 4, Math.floor(value / 2 ** 32), true);
      return;
    }
    let rest = value;
    for (let i = 0; i < size; i++) {
      this.#bytes[at + i] = rest % 256;
      rest = Math.floor(rest / 256);
    }
    if (rest > 0) throw new H5Error("limit", `${value} does not fit into the ${size} bytes that this file has for it`);
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
    this.#bytes.set(bytes, at);
  }

  zeros(n: number): void {
    this.fill(0, n);
  }

  fill(byte: number, n: number): void {
    const at = this.#room(n);
    this.#bytes.fill(byte, at, at + n);
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
    this.u32(lookup3(this.#bytes.subarray(from, this.#position)));
  }
}
