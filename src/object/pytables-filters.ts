import { H5Error } from "../errors.ts";
import { type FilterSpec, leveled, type NamedFilterSpec } from "./filter-spec.ts";

/** What PyTables' FILTERS can name, by its number there; later numbers depend on its version. */
const LIBRARIES = [undefined, "gzip", "lzo", "bzip2", "blosc"] as const;

const SHUFFLE = 1;
const FLETCHER32 = 2;

/**
 * What PyTables' attribute FILTERS means. Byte 0: level; byte 1: library; byte 2: flags. In PyTables' order, but that blosc
 * shuffles itself.
 * @throws H5Error "unsupported" for a compression that h5fs cannot apply
 */
export function unpackFilters(packed: number): NamedFilterSpec[] {
  const [level, number, flags] = [packed & 0xff, (packed >> 8) & 0xff, (packed >> 16) & 0xff];
  const filters: NamedFilterSpec[] = [];
  if ((flags & FLETCHER32) !== 0) filters.push("fletcher32");
  if (level === 0) return filters;
  const library = LIBRARIES[number];
  if (library === undefined) {
    throw new H5Error(
      "unsupported",
      "the group's FILTERS name a compression that is not written; give filters for the dataset",
    );
  }
  if ((flags & SHUFFLE) !== 0 && library !== "blosc") filters.push("shuffle");
  filters.push({ [library]: level });
  return filters;
}

/** The counterpart of `unpackFilters`; `undefined` for filters that the attribute has no place for. */
export function packFilters(filters: readonly FilterSpec[]): number | undefined {
  let [level, library, flags] = [0, 0, 0];
  for (const filter of filters) {
    if (filter === "fletcher32") flags |= FLETCHER32;
    else if (filter === "lzf" || (typeof filter === "object" && "id" in filter) || library > 0) return undefined;
    else if (filter === "shuffle") flags |= SHUFFLE;
    else {
      const found = leveled(filter);
      // That is how it says that there is none.
      if (found.level === 0) return undefined;
      [level, library] = [found.level, LIBRARIES.indexOf(found.name)];
    }
  }
  if (library === 0 && (flags & SHUFFLE) !== 0) return undefined;
  if (library === LIBRARIES.indexOf("blosc")) flags |= SHUFFLE;
  return level | (library << 8) | (flags << 16);
}
