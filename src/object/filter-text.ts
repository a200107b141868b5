import { unsupportedEncoders } from "../chunk/filters.ts";
import { H5Error } from "../errors.ts";
import type { Filter } from "../format/filter-pipeline.ts";
import { type FilterSpec, isLeveled, leveled, type NamedFilterSpec } from "./filter-spec.ts";

/** What people write for filters: for messages. */
export const FILTER_WORDS =
  "shuffle, fletcher32, lzf, gzip, lzo, bzip2, blosc, the last four also with a level as in gzip=6; or none";

const FLETCHER32 = 3;

/**
 * Filters as people write them, `shuffle,gzip=6,fletcher32` or `none`, in the order in which they are applied; `:` does for `=`. Blosc
 * shuffles by itself: with it, `shuffle` says nothing more. What `user.h5fs.filters` shows, a line for each filter with its number and
 * values, is read, too.
 * @throws H5Error "argument", also for a filter that h5fs cannot apply
 */
export function filtersFromText(text: string): FilterSpec[] {
  const trimmed = text.trim();
  if (trimmed === "" || trimmed === "none") return [];
  if (/^\d/.test(trimmed)) return trimmed.split("\n").map((line) => filterFromLine(line));
  const specs = trimmed.split(",").map((word) => filterFromWord(word.trim()));
  const hasBlosc = specs.some((spec) => typeof spec === "object" && "blosc" in spec);
  return hasBlosc ? specs.filter((spec) => spec !== "shuffle") : specs;
}

function filterFromWord(word: string): NamedFilterSpec {
  if (word === "shuffle" || word === "fletcher32" || word === "lzf") return word;
  const [, given = "", digit] = /^([a-z0-9]+?)(?:[=:](\d))?$/.exec(word) ?? [];
  const name = given === "zlib" || given === "deflate" ? "gzip" : given;
  if (!isLeveled(name)) {
    throw new H5Error("argument", `${JSON.stringify(word)} is no filter that h5fs can apply: expected ${FILTER_WORDS}`);
  }
  const { level } = leveled(digit === undefined ? name : { [name]: Number(digit) });
  return { [name]: level };
}

/** `32001 blosc 2 2 8 65536 5 1` */
function filterFromLine(line: string): Filter {
  const words = line.trim().split(" ");
  const id = Number(words.shift());
  const first = words.findIndex((word) => /^\d+$/.test(word));
  const values = first < 0 ? [] : words.splice(first);
  const clientData = values.map(Number);
  if (!Number.isInteger(id) || clientData.some((value) => !Number.isInteger(value) || value >= 2 ** 32)) {
    throw new H5Error("argument", `${JSON.stringify(line)} is no filter: expected a number, a name, and values`);
  }
  const filter = { id, name: words.join(" "), optional: id !== FLETCHER32, clientData };
  const missing = unsupportedEncoders([filter]);
  if (missing !== undefined) throw new H5Error("argument", `${missing} cannot be applied: h5fs has no encoder for it`);
  return filter;
}

/** The counterpart of `filtersFromText`. */
export function filtersToText(specs: readonly NamedFilterSpec[]): string {
  if (specs.length === 0) return "none";
  return specs
    .map((spec) => {
      if (spec === "shuffle" || spec === "fletcher32" || spec === "lzf") return spec;
      const { name, level } = leveled(spec);
      return `${name}=${level}`;
    })
    .join(",");
}
