import type { FloatType } from "../../format/datatype.ts";
import { readFloat } from "../value-float.ts";
import { putExact } from "./float32.ts";
import { putAscii } from "./integer.ts";

/** How numbers without digits are written. */
export interface NonFiniteText {
  readonly nan: string;
  readonly infinity: string;
  readonly negativeInfinity: string;
}

/** What NumPy, pandas, R and C read. */
export const PLAIN: NonFiniteText = { nan: "nan", infinity: "inf", negativeInfinity: "-inf" };

/** JSON has no such numbers: strings, which JavaScript's `Number` and Python's `float` take. */
export const JSON_STRINGS: NonFiniteText = {
  nan: '"NaN"',
  infinity: '"Infinity"',
  negativeInfinity: '"-Infinity"',
};

export function nonFiniteText(value: number, text: NonFiniteText): string {
  return Number.isNaN(value) ? text.nan : value > 0 ? text.infinity : text.negativeInfinity;
}

/** The most bytes of any float's text: 255 bits of mantissa are 77 digits. */
export const FLOAT_TEXT_SIZE = 128;

/** Floats of any layout, exactly and slowly. The bytes are overwritten by the next call. */
export function exactFloatText(
  type: FloatType,
  nonFinite: NonFiniteText,
): (bytes: Uint8Array, at: number) => Uint8Array {
  const out = new Uint8Array(FLOAT_TEXT_SIZE);
  const view = new DataView(out.buffer);
  return (bytes, at) => {
    const value = readFloat(bytes, at, type);
    if (value.kind === "nan") return out.subarray(0, putAscii(view, 0, nonFinite.nan));
    const start = value.kind === "finite" && value.negative ? putAscii(view, 0, "-") : 0;
    if (value.kind === "infinity") {
      return out.subarray(0, putAscii(view, 0, value.negative ? nonFinite.negativeInfinity : nonFinite.infinity));
    }
    return out.subarray(0, value.mantissa === 0n ? putAscii(view, start, "0.0") : putExact(view, start, value));
  };
}
