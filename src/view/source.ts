import type { Datatype } from "../format/datatype.ts";
import type { HeapResolver } from "../object/value-heap.ts";
import type { ArrowStyle } from "./arrow-style.ts";
import type { CsvStyle } from "./csv-style.ts";
import type { JsonStyle } from "./json-style.ts";
import type { TxtStyle } from "./txt-style.ts";

/** A dataset as the text views see it: its elements in C order, as they are stored. */
export interface ElementSource {
  readonly datatype: Datatype;
  /** `null`: a dataset without data (H5S_NULL); empty: a scalar. */
  readonly dims: readonly number[] | null;
  /** The dataset's own name, which heads the column of a one-dimensional dataset. */
  readonly name: string;
  readonly heap: HeapResolver;
  /** How its CSV text is written, if it was made from one. */
  readonly csvStyle?: CsvStyle | undefined;
  /** How its JSON text is written, if it was made from one. */
  readonly jsonStyle?: JsonStyle | undefined;
  /** How its plain text is written, if it was made from one. */
  readonly txtStyle?: TxtStyle | undefined;
  /** How its Arrow file is written, if it was made from one. */
  readonly arrowStyle?: ArrowStyle | undefined;
  /** The bytes of `count` elements from `first` on. They may be a view that the next call overwrites. */
  read(first: number, count: number): Uint8Array;
}

export function elementCountOf({ dims }: Pick<ElementSource, "dims">): number {
  return dims === null ? 0 : dims.reduce((product, dim) => product * dim, 1);
}
