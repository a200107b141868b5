import type { FloatType } from "../../format/datatype.ts";
import { floatFormat, readFloat, widened } from "../value-float.ts";
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

/**
 * Floats of any layout, exactly and slowly, in the fewest digits that read back: as a float of their own type where readers
 * have it (binary16, extended and quadruple precision), else (bfloat16, FP8, VAX...) as the float32 or float64 that it
 * is, for `0.1` would be read as another number than the bfloat16 0.10009766. The bytes are overwritten by the next call. */
export function exactFloatText(
  type: FloatType,
  nonFinite: NonFiniteText,
): (bytes: Uint8Array, at: number) => Uint8Array {
  const isKnown = floatFormat(type) !== undefined && floatFormat(type) !== "bfloat16";
  const out = new Uint8Array(FLOAT_TEXT_SIZE);
  const view = new DataView(out.buffer);
  return (bytes, at) => {
    const value = readFloat(bytes, at, type);
    if (value.kind === "nan") return out.subarray(0, putAscii(view, 0, nonFinite.nan));
    const start = value.kind === "finite" && value.negative ? putAscii(view, 0, "-") : 0;
    if (value.kind === "infinity") {
      return out.subarray(0, putAscii(view, 0, value.negative ? nonFinite.negativeInfinity : nonFinite.infinity));
    }
    if (value.mantissa === 0n) return out.subarray(0, putAscii(view, start, "0.0"));
    return out.subarray(0, putExact(view, start, isKnown ? value : widened(value)));
  };
}
