import { H5Error } from "../../errors.ts";
import { type ElementBytes, elementBytes } from "../value-bytes.ts";
import type { ByteSink } from "./byte-sink.ts";
import { type Cell, NOTHING, open, type Separator, separator, type Writer, writeList } from "./cell.ts";

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
  /** Between two elements of one innermost array. */
  readonly #between: Separator;
  readonly #lines: boolean;

  /** @param layout "lines": the innermost arrays, or the elements of a one-dimensional one, each on a line of their own */
  constructor(dims: readonly number[], layout: "line" | "lines") {
    this.#sizes = dims.map((_, d) => dims.slice(d).reduce((product, dim) => product * dim, 1));
    this.#lines = layout === "lines";
    this.#between = separator(this.#lines && dims.length === 1 ? ",\n " : ", ");
  }

  /** Writes the elements `first` to `first + count` of a whole array, the first of which begins at `at`. */
  write(
    writer: Writer,
    first: number,
    count: number,
    data: ElementBytes,
    at: number,
    size: number,
    sink: ByteSink,
  ): void {
    const row = this.#sizes.at(-1) ?? 1;
    for (let done = 0; done < count; ) {
      const e = first + done;
      const n = Math.min(count - done, row - (e % row));
      this.#before(e, sink);
      writeList(writer, data, at + done * size, size, n, this.#between, NOTHING, sink);
      done += n;
      this.#after(first + done - 1, sink);
    }
  }

  /** The arrays that begin with (or end before) element `e`. */
  #boundaries(e: number): number {
    const sizes = this.#sizes;
    let n = 0;
    for (let d = sizes.length - 1; d >= 0 && e % (sizes[d] ?? 1) === 0; d--) n++;
    return n;
  }

  #before(e: number, sink: ByteSink): void {
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

  #after(e: number, sink: ByteSink): void {
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
  new JsonNesting(dims, "line").write(open(cell), 0, count, data, 0, size, sink);
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
  const pair: Cell = (_data, _at, to) => {
    to.byte(OPEN);
    to.byte(CLOSE);
  };
  new JsonNesting(outer, "line").write(open(pair), 0, brackets, elementBytes(new Uint8Array(0)), 0, 0, sink);
}
