import { type ExponentStyle, type FloatStyle, PYTHON_EXPONENT } from "./csv-style.ts";
import type { NumberScan } from "./number-scan.ts";

const COMMA = 0x2c;

/** Why numbers cannot be written again as they are. */
export interface FloatProblem {
  /** The first line that shows it. */
  readonly line: number;
  readonly problem: string;
}

/** Where numbers get exponents: Python's, C's `%g` of so many digits, JavaScript's. */
const EXPONENTS: readonly { readonly above: number; readonly below: number }[] = [
  ...[16, 6, 7, 10, 15, 17].map((above) => ({ above, below: -4 })),
  { above: 21, below: -6 },
];

/** How they are written, if all are written alike. */
export function floatStyle(scan: NumberScan): FloatStyle | FloatProblem {
  const { seen } = scan;
  const exponent = exponentStyle(scan);
  const point = scan.points.has(COMMA) ? { point: "," as const } : {};
  const isFixed = scan.leastDecimals === scan.mostDecimals && scan.mostDecimals > 0;
  if (isFixed && seen.exponent === 0 && seen.trailingZero > 0) {
    return { decimals: scan.mostDecimals, whole: "point", exponent, ...point };
  }
  if (scan.leastMantissa === scan.mostMantissa && scan.mostMantissa > 0 && seen.plain === 0) {
    return { decimals: scan.mostMantissa, scientific: true, whole: "point", exponent, ...point };
  }
  if (seen.trailingZero > 0) return { line: seen.trailingZero, problem: "has a number with zeros at its end" };
  if (seen.whole > 0 && seen.point > 0) {
    return { line: Math.max(seen.whole, seen.point), problem: "has whole numbers with and without a point" };
  }
  return { whole: seen.whole > 0 ? "bare" : "point", exponent, ...point };
}

function exponentStyle(scan: NumberScan): ExponentStyle {
  const fits = ({ above, below }: { readonly above: number; readonly below: number }): boolean =>
    scan.largestPlain <= above &&
    above < scan.smallestLarge &&
    scan.smallestPlain > below &&
    below >= scan.largestSmall;
  return {
    when: EXPONENTS.find(fits) ?? "shorter",
    digits: scan.shortExponent ? 1 : 2,
    letter: scan.letter,
  };
}

/** The same numbers, in the fewest digits that read back. */
export function plainFloat(scan: NumberScan): FloatStyle {
  const point = scan.points.has(COMMA) ? { point: "," as const } : {};
  return { whole: "point", exponent: exponentStyle(scan), ...point };
}

const PYTHON = JSON.stringify({ whole: "point", exponent: PYTHON_EXPONENT } satisfies FloatStyle);

/** How the numbers of each scan are written, the last being as those of all further ones; none: all as Python's `repr`. */
export function floatStyles(scans: readonly NumberScan[]): readonly FloatStyle[] {
  const floats = scans.map((scan) => {
    const style = floatStyle(scan);
    return "problem" in style ? plainFloat(scan) : style;
  });
  const texts = floats.map((style) => JSON.stringify(style));
  if (texts.every((text) => text === PYTHON)) return [];
  return floats.slice(0, 2 + texts.findLastIndex((text) => text !== texts.at(-1)));
}
