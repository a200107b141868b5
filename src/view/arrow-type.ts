import type { Datatype, FloatType } from "../format/datatype.ts";
import { floatFormat } from "../object/value-float.ts";
import { integerLayout } from "../object/value-integer.ts";
import { isBoolean } from "../object/value-meaning.ts";

/** The type of a column of an Arrow file (Arrow's Schema.fbs, "Type"): those that h5fs writes and reads. */
export type ArrowType =
  | { readonly kind: "int"; readonly bits: IntegerBits; readonly signed: boolean }
  | { readonly kind: "float"; readonly bits: FloatBits }
  | { readonly kind: "bool" }
  | { readonly kind: "utf8" | "large-utf8" }
  | { readonly kind: "fixed-size-binary"; readonly size: number };

export type IntegerBits = 8 | 16 | 32 | 64;
export type FloatBits = 16 | 32 | 64;

const INTEGER_BITS = [8, 16, 32, 64] as const;

/**
 * The type of a column that has a value for every value of the datatype; `undefined`: there is none, or none of which the size is
 * known beforehand.
 *
 * - An enumeration is its base integer, as in `npy`: a dictionary has no place for values without a name. A boolean is one.
 * - Strings are UTF-8 without their padding, as pandas, DuckDB and R expect them.
 * - Floats that Arrow has not are the float32, or else the float64, that they are.
 */
export function arrowType(type: Datatype): ArrowType | undefined {
  switch (type.class) {
    case "time":
      return type.isTimeval ? { kind: "float", bits: 64 } : integer(type.precision, true);
    case "integer":
      return integer(integerLayout(type).precision, type.signed);
    case "bitfield":
      return integer(integerLayout(type).precision, false);
    case "enum":
      return isBoolean(type) ? { kind: "bool" } : arrowType(type.base);
    case "float":
      return float(type);
    case "string":
      return { kind: "utf8" };
    case "opaque":
      return { kind: "fixed-size-binary", size: type.size };
    default:
      return undefined;
  }
}

function integer(precision: number, signed: boolean): ArrowType | undefined {
  const bits = INTEGER_BITS.find((each) => precision <= each);
  return bits && { kind: "int", bits, signed };
}

/** Significant bits, and the least and the greatest power of two between which all of a format's numbers are. */
const FLOATS = [
  { bits: 32, precision: 24, lowest: -149, top: 128 },
  { bits: 64, precision: 53, lowest: -1074, top: 1024 },
] as const;

function float(type: FloatType): ArrowType | undefined {
  if (floatFormat(type) === "binary16") return { kind: "float", bits: 16 };
  const fraction = type.normalization === "implied" ? type.mantissaSize : type.mantissaSize - 1;
  const lowest = 1 - type.exponentBias - fraction;
  const top = 2 ** type.exponentSize - 1 - type.exponentBias;
  const wider = FLOATS.find((each) => fraction < each.precision && lowest >= each.lowest && top <= each.top);
  return wider && { kind: "float", bits: wider.bits };
}

/** What the leaf columns of an element (`leafColumns`) are together. */
export interface ArrowShape {
  readonly columns: number;
  /** Bytes that a row takes, about. */
  readonly rowBytes: number;
}

/** Neighbours in a file are mostly alike, and each is asked when it is listed. */
const known = new WeakMap<Datatype, { readonly shape: ArrowShape | undefined }>();

/** `undefined`: a column of it has no Arrow type. */
export function arrowShape(type: Datatype): ArrowShape | undefined {
  const kept = known.get(type);
  if (kept !== undefined) return kept.shape;
  const shape = shapeOf(type);
  known.set(type, { shape });
  return shape;
}

function shapeOf(type: Datatype): ArrowShape | undefined {
  if (type.class === "compound") {
    const sum = { columns: 0, rowBytes: 0 };
    for (const member of type.members) {
      const shape = arrowShape(member.type);
      // What is not text has no place in a name of an Arrow column.
      if (shape === undefined || !member.name.isWellFormed()) return undefined;
      sum.columns += shape.columns;
      sum.rowBytes += shape.rowBytes;
    }
    return sum;
  }
  if (type.class === "array") {
    const base = arrowShape(type.base);
    const count = type.dims.reduce((product, dim) => product * dim, 1);
    return base && { columns: count * base.columns, rowBytes: count * base.rowBytes };
  }
  const column = arrowType(type);
  return column && { columns: 1, rowBytes: Math.max(type.size, 1) + (column.kind === "utf8" ? 4 : 0) };
}
