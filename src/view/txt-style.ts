import type { FloatStyle } from "./csv-style.ts";

/**
 * How a plain text is written, where that is not as `txtFormat` does it: what it takes so that a dataset made of a text is shown
 * as the same bytes. Plain data, which JSON keeps.
 */
export interface TxtStyle {
  /** Between two numbers. */
  readonly delimiter: " " | "\t";
  /** Of strings it is a line feed: what is before that is in the string. */
  readonly lineEnd: "\n" | "\r\n";
  /** Whether the last line ends as the others do. */
  readonly endsWithLine: boolean;
  /** float64 numbers, by columns; the last is that of all further ones. Without it as Python's `repr`. */
  readonly floats?: readonly FloatStyle[];
}
