/**
 * Datatypes as the specification has them (IV.A.2.d, "The Datatype Message"): plain immutable values. `size` is always
 * the size of one element in bytes, as stored.
 */

export type ByteOrder = "little" | "big" | "vax";
export type Padding = "zero" | "one" | "background";

interface Base {
  readonly size: number;
  /** Of the message that it was decoded from (each type within a type has its own); a type that was never stored has none. */
  readonly version?: number;
  /** The address of the committed datatype that this is a use of, if it is one. */
  readonly committedAt?: number;
}

/** The bits of an atomic type inside its element: `precision` bits from `bitOffset` up; the rest is padding. */
interface Bits extends Base {
  readonly order: ByteOrder;
  readonly bitOffset: number;
  readonly precision: number;
  readonly lowPadding: Padding;
  readonly highPadding: Padding;
}

export interface IntegerType extends Bits {
  readonly class: "integer";
  readonly signed: boolean;
}

export interface FloatType extends Bits {
  readonly class: "float";
  readonly internalPadding: Padding;
  /** How the most significant mantissa bit is kept: stored as any other, always set and stored, or set and not stored. */
  readonly normalization: "none" | "msb-set" | "implied";
  readonly signLocation: number;
  readonly exponentLocation: number;
  readonly exponentSize: number;
  readonly mantissaLocation: number;
  readonly mantissaSize: number;
  readonly exponentBias: number;
}

export interface TimeType extends Base {
  readonly class: "time";
  readonly order: ByteOrder;
  readonly precision: number;
  /** Of no message, but by a program's convention: seconds in the upper 32 bits, microseconds in the lower, both signed. */
  readonly isTimeval?: true;
}

export type StringPadding = "null-terminated" | "null-padded" | "space-padded";
export type CharacterSet = "ascii" | "utf-8";

/** Fixed length: `size` bytes each. (A variable-length string is a `VlenType` with `kind` "string".) */
export interface StringType extends Base {
  readonly class: "string";
  readonly padding: StringPadding;
  readonly charset: CharacterSet;
}

export interface BitfieldType extends Bits {
  readonly class: "bitfield";
}

export interface OpaqueType extends Base {
  readonly class: "opaque";
  readonly tag: string;
}

export interface CompoundMember {
  readonly name: string;
  readonly offset: number;
  readonly type: Datatype;
}

export interface CompoundType extends Base {
  readonly class: "compound";
  readonly members: readonly CompoundMember[];
}

export interface ReferenceType extends Base {
  readonly class: "reference";
  /** "object2", "region2" and "attribute" are the standard references (`H5R_ref_t`, datatype version 4). */
  readonly kind: "object" | "region" | "object2" | "region2" | "attribute";
}

export interface EnumType extends Base {
  readonly class: "enum";
  readonly base: Datatype;
  /** `value` is the member's `size` bytes, as stored. */
  readonly members: readonly { readonly name: string; readonly value: Uint8Array }[];
}

export interface VlenType extends Base {
  readonly class: "vlen";
  readonly kind: "sequence" | "string";
  readonly padding: StringPadding;
  readonly charset: CharacterSet;
  readonly base: Datatype;
}

export interface ArrayType extends Base {
  readonly class: "array";
  readonly base: Datatype;
  readonly dims: readonly number[];
}

export type Datatype =
  | IntegerType
  | FloatType
  | TimeType
  | StringType
  | BitfieldType
  | OpaqueType
  | CompoundType
  | ReferenceType
  | EnumType
  | VlenType
  | ArrayType;
