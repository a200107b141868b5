import { FormatError } from "../errors.ts";
import { lookup3 } from "./lookup3.ts";

/** Sizes, in bytes, of the addresses and lengths in this file (superblock, "Size of Offsets", "Size of Lengths"). */
export interface Sizes {
  readonly sizeOfOffsets: number;
  readonly sizeOfLengths: number;
}

const latin1 = new TextDecoder("latin1");

/**
 * A cursor over the bytes of one structure. It knows the structure's name and address, so that its errors are good
 * without effort. All integers are little-endian, as everywhere in the format.
 */
export class Reader {
  readonly bytes: Uint8Array;
  readonly address: number;
  readonly structure: string;
  readonly sizes: Sizes;
  position = 0;

  constructor(bytes: Uint8Array, address: number, structure: string, sizes: Sizes) {
    this.bytes = bytes;
    this.address = address;
    this.structure = structure;
    this.sizes = sizes;
  }

  get remaining(): number {
    return this.bytes.length - this.position;
  }

  /** Throws a FormatError about this structure. */
  fail(message: string): never {
    throw new FormatError(message, { structure: this.structure, address: this.address });
  }

  #take(n: number): number {
    const at = this.position;
    if (!(n >= 0 && n <= this.remaining)) {
      this.fail(`ends after ${this.bytes.length} bytes, but ${n} more are needed at byte ${at}`);
    }
    this.position = at + n;
    return at;
  }

  u8(): number {
    return this.bytes[this.#take(1)] ?? 0;
  }

  u16(): number {
    return this.uint(2);
  }

  u32(): number {
    return this.uint(4);
  }

  i32(): number {
    return this.uint(4) | 0;
  }

  u64(): number {
    return this.uint(8);
  }

  /** An unsigned integer of 1 to 32 bytes that must be below 2^53. */
  uint(size: number): number {
    const at = this.#take(size);
    let value = 0;
    for (let i = size - 1; i >= 0; i--) value = value * 256 + (this.bytes[at + i] ?? 0);
    if (value > Number.MAX_SAFE_INTEGER) this.fail(`value ${value} at byte ${at} is larger than 2^53 - 1`);
    return value;
  }

  /** An address, or `undefined` for the undefined address (all bits set). */
  offset(): number | undefined {
    return this.#allOnes(this.sizes.sizeOfOffsets) ? undefined : this.uint(this.sizes.sizeOfOffsets);
  }

  /** An address that must be defined. */
  definedOffset(what: string): number {
    return this.offset() ?? this.fail(`${what} is undefined`);
  }

  length(): number {
    return this.uint(this.sizes.sizeOfLengths);
  }

  /** A length, or `undefined` for the value with all bits set ("unlimited"). */
  lengthOrUnlimited(): number | undefined {
    return this.#allOnes(this.sizes.sizeOfLengths) ? undefined : this.length();
  }

  /** Where the next `size` bytes are all 0xff: steps over them and says so. */
  #allOnes(size: number): boolean {
    if (size > this.remaining) return false;
    for (let i = 0; i < size; i++) if (this.bytes[this.position + i] !== 0xff) return false;
    this.position += size;
    return true;
  }

  /** A view, not a copy. */
  take(n: number): Uint8Array {
    const at = this.#take(n);
    return this.bytes.subarray(at, at + n);
  }

  skip(n: number): void {
    this.#take(n);
  }

  /** Moves on so that the bytes consumed since `from` are a multiple of `alignment`. */
  align(alignment: number, from = 0): void {
    const past = (this.position - from) % alignment;
    if (past !== 0) this.skip(alignment - past);
  }

  /** The bytes up to the next NUL, which is consumed. */
  nulTerminated(): Uint8Array {
    const end = this.bytes.indexOf(0, this.position);
    if (end < 0) this.fail(`a name at byte ${this.position} has no terminating NUL`);
    const out = this.take(end - this.position);
    this.skip(1);
    return out;
  }

  signature(expected: string): void {
    const found = latin1.decode(this.take(expected.length));
    if (found !== expected) this.fail(`signature is ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`);
  }

  /** The version byte, which must be one of those given. */
  version(...known: number[]): number {
    const found = this.u8();
    if (!known.includes(found)) this.fail(`version is ${found}, expected ${known.join(" or ")}`);
    return found;
  }

  /** The checksum (Jenkins lookup3) of all bytes from `from` to here, which follows here. */
  checksum(from = 0): void {
    const computed = lookup3(this.bytes.subarray(from, this.position));
    const stored = this.u32();
    if (computed !== stored) {
      this.fail(`checksum is 0x${stored.toString(16)}, but the bytes give 0x${computed.toString(16)}`);
    }
  }
}
