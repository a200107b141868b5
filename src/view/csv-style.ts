/**
 * How a CSV text is written, where that is not as `csvFormat` does it: what it takes so that a dataset made of a text is shown
 * as the same bytes. Plain data, which JSON keeps.
 */
export interface CsvStyle {
  readonly delimiter: "," | ";" | "\t";
  readonly lineEnd: "\n" | "\r\n";
  /** Whether the last record ends as the others do. */
  readonly endsWithLine: boolean;
  /** Whether it begins with the bytes EF BB BF. */
  readonly byteOrderMark: boolean;
  /** The texts above the columns; without it there is no header. */
  readonly header?: { readonly texts: readonly string[]; readonly quoted: QuotedFields };
  /** One for each column. */
  readonly columns: readonly ColumnStyle[];
}

export function delimiterByte(delimiter: CsvStyle["delimiter"]): number {
  return delimiter.charCodeAt(0);
}

/** Fields in quotes: those that a reader would take for something else, all, or all but empty ones. */
export type QuotedFields = "needed" | "always" | "present";

export interface ColumnStyle {
  readonly quoted: QuotedFields;
  /** Floats; without it as Python's `repr`. */
  readonly float?: FloatStyle;
  /** The field that stands for NaN or a null string, with its quotes if it has any. Without it: `nan`; an empty field. */
  readonly missing?: string;
  /** What stands for infinity, with a `-` before it for the other. Without it: `inf`. */
  readonly infinity?: string;
  /** What stands for false and for true. */
  readonly booleans?: readonly [no: string, yes: string];
  /** Whether an empty string is an empty field; without it, it is in quotes. */
  readonly bareEmpty?: true;
}

/** How a float is written: in the fewest digits that read back, unless it says how many stand after the point. */
export interface FloatStyle {
  /** Digits after the point. A value that they do not hold is written in as many digits as it needs. */
  readonly decimals?: number;
  /** Every number has an exponent, and `decimals` are those of its mantissa: C's `%.6e`. */
  readonly scientific?: true;
  /** Spreadsheets in much of Europe. */
  readonly point?: ",";
  /** How 5 is written: `5.0`, or `5`. */
  readonly whole: "point" | "bare";
  readonly exponent: ExponentStyle;
}

/**
 * When a number has an exponent, and how it looks. A number is 0.d1d2... times 10^p; one with p greater than `above`, or at
 * most `below`, has an exponent; "shorter": where that makes fewer characters, as R does it.
 */
export interface ExponentStyle {
  readonly when: "shorter" | { readonly above: number; readonly below: number };
  /** The least digits of the exponent, and its letter. With one digit (JavaScript) there is a `+`, too. */
  readonly digits: 1 | 2;
  readonly letter: "e" | "E";
}

/** Python's `repr`, NumPy, pandas, DuckDB. */
export const PYTHON_EXPONENT: ExponentStyle = { when: { above: 16, below: -4 }, digits: 2, letter: "e" };
