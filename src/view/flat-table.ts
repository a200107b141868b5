import { ByteBuffer } from "flatbuffers";
import { H5Error } from "../errors.ts";

/** The first field of a table is here in its vtable; each takes two bytes. */
const FIRST_FIELD = 4;

/** A table of a FlatBuffer that somebody else wrote, of which fields are read by their numbers in the schema. What a field leads to may lie nowhere: that is an error, and not a number. */
export class FlatTable {
  readonly #buffer: ByteBuffer;
  readonly #at: number;

  private constructor(buffer: ByteBuffer, at: number) {
    this.#buffer = buffer;
    this.#at = at;
    this.#check(at, 4);
  }

  /** The table that a FlatBuffer is. @throws H5Error "argument", as all that reads one */
  static root(bytes: Uint8Array): FlatTable {
    const buffer = new ByteBuffer(bytes);
    if (bytes.length < 4) throw damaged();
    return new FlatTable(buffer, buffer.readInt32(0));
  }

  has(field: number): boolean {
    return this.#place(field, 0) !== undefined;
  }

  int8(field: number): number {
    const at = this.#place(field, 1);
    return at === undefined ? 0 : this.#buffer.readInt8(at);
  }

  int16(field: number): number {
    const at = this.#place(field, 2);
    return at === undefined ? 0 : this.#buffer.readInt16(at);
  }

  int32(field: number): number {
    const at = this.#place(field, 4);
    return at === undefined ? 0 : this.#buffer.readInt32(at);
  }

  /** A whole number that is no length or offset is none that a double has not. */
  size(field: number): number {
    const at = this.#place(field, 8);
    return at === undefined ? 0 : sizeAt(this.#buffer, at);
  }

  table(field: number): FlatTable | undefined {
    const at = this.#place(field, 4);
    return at === undefined ? undefined : new FlatTable(this.#buffer, this.#follow(at));
  }

  /** The text as it is stored, if that is UTF-8. */
  text(field: number): string {
    const [start, length] = this.#vector(field, 1);
    try {
      return UTF_8.decode(this.#buffer.bytes().subarray(start, start + length));
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      throw new H5Error("argument", "the name of a column is no UTF-8");
    }
  }

  count(field: number): number {
    return this.#vector(field, 1)[1];
  }

  *tables(field: number): Generator<FlatTable> {
    const [start, length] = this.#vector(field, 4);
    for (let i = 0; i < length; i++) yield new FlatTable(this.#buffer, this.#follow(start + 4 * i));
  }

  /** Structures of 64-bit sizes one after the other, as a list of these. @param length of one, in bytes */
  sizes(field: number, length: number): number[][] {
    const [start, count] = this.#vector(field, length);
    return Array.from({ length: count }, (_, i) =>
      Array.from({ length: length / 8 }, (_, k) => sizeAt(this.#buffer, start + i * length + 8 * k)),
    );
  }

  #vector(field: number, size: number): readonly [start: number, length: number] {
    const at = this.#place(field, 4);
    if (at === undefined) return [0, 0];
    const vector = this.#follow(at);
    this.#check(vector, 4);
    const length = this.#buffer.readInt32(vector);
    this.#check(vector + 4, length * size);
    return [vector + 4, length];
  }

  #place(field: number, size: number): number | undefined {
    const vtable = this.#at - this.#buffer.readInt32(this.#at);
    this.#check(vtable, FIRST_FIELD);
    const entry = FIRST_FIELD + 2 * field;
    if (entry + 2 > this.#buffer.readUint16(vtable)) return undefined;
    this.#check(vtable + entry, 2);
    const offset = this.#buffer.readUint16(vtable + entry);
    if (offset === 0) return undefined;
    this.#check(this.#at + offset, size);
    return this.#at + offset;
  }

  #follow(at: number): number {
    this.#check(at, 4);
    return at + this.#buffer.readInt32(at);
  }

  #check(at: number, size: number): void {
    if (at < 0 || size < 0 || at + size > this.#buffer.capacity()) throw damaged();
  }
}

const UTF_8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function sizeAt(buffer: ByteBuffer, at: number): number {
  const value = Number(buffer.readInt64(at));
  if (!Number.isSafeInteger(value)) throw damaged();
  return value;
}

function damaged(): H5Error {
  return new H5Error("argument", "its metadata are damaged");
}
