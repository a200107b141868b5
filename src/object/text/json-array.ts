import { H5Error } from "../../errors.ts";
import type { ElementBytes } from "../value-bytes.ts";
import type { ByteSink } from "./byte-sink.ts";
import type { Cell } from "./cell.ts";

const OPEN = 0x5b;
const CLOSE = 0x5d;
const COMMA = 0x2c;
const SPACE = 0x20;
const NEWLINE = 0x0a;

/** Brackets written for a shape that has a zero among its dimensions, such as (100000, 0). */
const MAX_EMPTY_BRACKETS = 1 << 20;

/**
 * What stands between the elements of a nested JSON array: known from an element's number alone, so that any range of
 * elements can be written without those before it.
 */
export class JsonNesting {
  /** Elements in one array of each depth, the innermost last. */
  readonly #sizes: readonly number[];
  readonly #lines: boolean;

  /** @param layout "lines": the innermost arrays, or the elements of a one-dimensional one, each on a line of their own */
  constructor(dims: readonly number[], layout: "line" | "lines") {
    this.#sizes = dims.map((_, d) => dims.slice(d).reduce((product, dim) => product * dim, 1));
    this.#lines = layout === "lines";
  }

  /** The arrays that begin with (or end before) element `e`. */
  #boundaries(e: number): number {
    const sizes = this.#sizes;
    let n = 0;
    for (let d = sizes.length - 1; d >= 0 && e % (sizes[d] ?? 1) === 0; d--) n++;
    return n;
  }

  before(e: number, sink: ByteSink): void {
    const opened = this.#boundaries(e);
    if (e > 0) {
      const rank = this.#sizes.length;
      sink.byte(COMMA);
      if (this.#lines && (opened > 0 || rank === 1)) {
        sink.byte(NEWLINE);
        for (let i = opened; i < rank; i++) sink.byte(SPACE);
      } else {
        sink.byte(SPACE);
      }
    }
    for (let i = 0; i < opened; i++) sink.byte(OPEN);
  }

  after(e: number, sink: ByteSink): void {
    for (let n = this.#boundaries(e + 1); n > 0; n--) sink.byte(CLOSE);
  }
}

/** A whole array on one line. */
export function writeJsonArray(
  cell: Cell,
  dims: readonly number[],
  size: number,
  data: ElementBytes,
  sink: ByteSink,
): void {
  const count = dims.reduce((product, dim) => product * dim, 1);
  if (count === 0) {
    writeEmptyArray(dims, sink);
    return;
  }
  const nesting = new JsonNesting(dims, "line");
  for (let e = 0; e < count; e++) {
    nesting.before(e, sink);
    cell(data, e * size, sink);
    nesting.after(e, sink);
  }
}

/** An array without elements, nested as far as its dimensions say: (2, 0) is `[[], []]`. */
export function writeEmptyArray(dims: readonly number[], sink: ByteSink): void {
  const outer = dims.slice(0, dims.indexOf(0));
  const brackets = outer.reduce((product, dim) => product * dim, 1);
  if (brackets > MAX_EMPTY_BRACKETS) {
    throw new H5Error(
      "limit",
      `an array of the shape (${dims.join(", ")}) is ${brackets} empty lists, too many to write`,
    );
  }
  const nesting = new JsonNesting(outer, "line");
  for (let e = 0; e < brackets; e++) {
    nesting.before(e, sink);
    sink.byte(OPEN);
    sink.byte(CLOSE);
    nesting.after(e, sink);
  }
}
