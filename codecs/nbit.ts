import { FormatError } from "../src/errors.ts";
import type { Codec } from "./codec.ts";
import { PackedBits } from "./packed-bits.ts";

/** How one kind of element is packed (H5Znbit.c): its significant bits only, or whole. */
type Packed =
  | {
      readonly kind: "atomic";
      readonly size: number;
      readonly littleEndian: boolean;
      readonly precision: number;
      readonly offset: number;
    }
  | { readonly kind: "array"; readonly size: number; readonly base: Packed }
  | {
      readonly kind: "compound";
      readonly size: number;
      readonly members: readonly { readonly at: number; readonly type: Packed }[];
    }
  | { readonly kind: "whole"; readonly size: number };

const ATOMIC = 1;
const ARRAY = 2;
const COMPOUND = 3;
const WHOLE = 4;
/** No datatype has more levels than its message has bytes; what is deeper is damage. */
const MAX_DEPTH = 64;

function damaged(message: string): FormatError {
  return new FormatError(message, { structure: "nbit filter" });
}

/** The description of the datatype in the client data, from its fourth value on. */
class Description {
  readonly #values: readonly number[];
  #at = 3;

  constructor(values: readonly number[]) {
    this.#values = values;
  }

  #next(): number {
    const value = this.#values[this.#at++];
    if (value === undefined) throw damaged(`its ${this.#values.length} values end inside the datatype`);
    return value;
  }

  read(depth = 0): Packed {
    if (depth > MAX_DEPTH) throw damaged("datatypes within each other without an end");
    const kind = this.#next();
    const size = this.#next();
    if (size === 0) throw damaged("a datatype of 0 bytes");
    switch (kind) {
      case ATOMIC: {
        const [order, precision, offset] = [this.#next(), this.#next(), this.#next()];
        if (precision === 0 || precision + offset > size * 8) {
          throw damaged(`${precision} bits from bit ${offset} on, in elements of ${size} bytes`);
        }
        if (order > 1) throw damaged(`byte order is ${order}`);
        return { kind: "atomic", size, littleEndian: order === 0, precision, offset };
      }
      case ARRAY: {
        const base = this.read(depth + 1);
        if (size % base.size !== 0) throw damaged(`an array of ${size} bytes of elements of ${base.size}`);
        return { kind: "array", size, base };
      }
      case COMPOUND: {
        const count = this.#next();
        const members: { at: number; type: Packed }[] = [];
        for (let i = 0; i < count; i++) {
          const at = this.#next();
          const type = this.read(depth + 1);
          if (at + type.size > size) throw damaged(`a member at ${at} in elements of ${size} bytes`);
          members.push({ at, type });
        }
        return { kind: "compound", size, members };
      }
      case WHOLE:
        return { kind: "whole", size };
      default:
        throw damaged(`class ${kind} of a datatype`);
    }
  }
}

/** How many bits one element takes. */
function bitsOf(type: Packed): number {
  switch (type.kind) {
    case "atomic":
      return type.precision;
    case "array":
      return (type.size / type.base.size) * bitsOf(type.base);
    case "compound":
      return type.members.reduce((sum, member) => sum + bitsOf(member.type), 0);
    case "whole":
      return type.size * 8;
  }
}

/** Unpacks one element to `at`, where the output is zeros. */
function unpack(bits: PackedBits, type: Packed, output: Uint8Array, at: number): void {
  switch (type.kind) {
    case "atomic":
      unpackAtomic(bits, type, output, at);
      return;
    case "array":
      for (let i = 0; i < type.size; i += type.base.size) unpack(bits, type.base, output, at + i);
      return;
    case "compound":
      for (const member of type.members) unpack(bits, member.type, output, at + member.at);
      return;
    case "whole":
      for (let i = 0; i < type.size; i++) output[at + i] = bits.read(8);
  }
}

/** The bits come from the highest on; those of one byte at a time, counted from the lowest byte. */
function unpackAtomic(bits: PackedBits, type: Packed & { kind: "atomic" }, output: Uint8Array, at: number): void {
  const { size, offset, littleEndian } = type;
  let end = offset + type.precision;
  while (end > offset) {
    const byte = (end - 1) >> 3;
    const start = Math.max(byte * 8, offset);
    output[at + (littleEndian ? byte : size - 1 - byte)] = bits.read(end - start) << (start - byte * 8);
    end = start;
  }
}

/** Filter 5, nbit: the significant bits of each element, one behind the other; the others are 0. */
export const nbitCodec: Codec = {
  id: 5,
  name: "nbit",
  implementation: "TypeScript",
  decode({ input, clientData, output }) {
    const [, needsNothing, elements = 0] = clientData;
    // All bits are significant: the data are as they were.
    if (needsNothing !== 0 && needsNothing !== undefined) return input;
    const type = new Description(clientData).read();
    const length = elements * type.size;
    if (length > output.length) throw damaged(`decodes to ${length} bytes, expected at most ${output.length}`);
    if (elements * bitsOf(type) > input.length * 8) {
      throw damaged(`${elements} elements of ${bitsOf(type)} bits are more than ${input.length} bytes have`);
    }
    const result = output.subarray(0, length).fill(0);
    const bits = new PackedBits(input, 0);
    for (let at = 0; at < length; at += type.size) unpack(bits, type, result, at);
    return result;
  },
};
