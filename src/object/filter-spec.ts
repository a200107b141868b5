import { H5Error } from "../errors.ts";
import type { Filter } from "../format/filter-pipeline.ts";

/** Filters with a level, from 1 (fast) to 9 (small); 0, which only gzip and blosc have, stores. */
export type Leveled = "gzip" | "lzo" | "bzip2" | "blosc";

/**
 * A filter as a caller writes it: by its name, or with a level, `{ gzip: 9 }`; any other by its number and client data, as the
 * dataset that it is taken from has them. LZF is h5py's; LZO, bzip2 and blosc (LZ4, with byte shuffle of its own) are PyTables'.
 */
export type FilterSpec = "shuffle" | "fletcher32" | "lzf" | Leveled | { readonly [name in Leveled]?: number } | Filter;

/** One that is written by its name. */
export type NamedFilterSpec = Exclude<FilterSpec, Filter>;

/** What filters are applied to. */
export interface FilteredChunks {
  /** Bytes. */
  readonly elementSize: number;
  /** Elements along each dimension. */
  readonly chunkShape: readonly number[];
}

const LEVELS: Readonly<Record<Leveled, { readonly least: number; readonly usual: number }>> = {
  gzip: { least: 0, usual: 4 },
  lzo: { least: 1, usual: 1 },
  bzip2: { least: 1, usual: 9 },
  blosc: { least: 0, usual: 5 },
};

const LZF = 32_000;
const BLOSC = 32_001;

/** The versions that h5py's LZF, and blosc, put first. */
const LZF_VERSIONS = [4, 0x0105];
const BLOSC_VERSIONS = [2, 2];
const BLOSC_LZ4 = 1;
/** Blosc shuffles no larger elements. */
const BLOSC_MAX_ELEMENT = 255;

/** @throws H5Error "argument" */
export function filtersFrom(specs: readonly FilterSpec[], chunks: FilteredChunks): Filter[] {
  return specs.map((spec) => filterFrom(spec, chunks));
}

function filterFrom(spec: FilterSpec, { elementSize, chunkShape }: FilteredChunks): Filter {
  const chunkBytes = chunkShape.reduce((product, dim) => product * dim, elementSize);
  if (typeof spec === "object" && "id" in spec) return withChunkBytes(spec, chunkBytes);
  if (spec === "shuffle") return filter(2, "shuffle", [elementSize]);
  if (spec === "fletcher32") return { ...filter(3, "fletcher32", []), optional: false };
  if (spec === "lzf") return filter(LZF, "lzf", [...LZF_VERSIONS, chunkBytes]);
  const { name, level } = leveled(spec);
  switch (name) {
    case "gzip":
      return filter(1, "deflate", [level]);
    case "lzo":
      return filter(305, "lzo", [level]);
    case "bzip2":
      return filter(307, "bzip2", [level]);
    case "blosc": {
      const size = elementSize > BLOSC_MAX_ELEMENT ? 1 : elementSize;
      return filter(BLOSC, "blosc", [...BLOSC_VERSIONS, size, chunkBytes, level, 1, BLOSC_LZ4]);
    }
  }
}

/** The filter for chunks of another size: LZF and blosc say it. */
export function withChunkBytes(filter: Filter, chunkBytes: number): Filter {
  const at = filter.id === LZF ? 2 : filter.id === BLOSC ? 3 : undefined;
  if (at === undefined || filter.clientData.length <= at) return filter;
  return { ...filter, clientData: filter.clientData.map((value, i) => (i === at ? chunkBytes : value)) };
}

/** @throws H5Error "argument" where it is no such filter, or the level is none of its */
export function leveled(spec: NamedFilterSpec): { readonly name: Leveled; readonly level: number } {
  const [[name, level] = [""], ...others] = typeof spec === "string" ? [[spec]] : Object.entries(spec);
  if (!isLeveled(name) || others.length > 0) {
    throw new H5Error(
      "argument",
      `${JSON.stringify(spec)} is no filter; expected "shuffle", "fletcher32", "lzf", or "gzip", "lzo", "bzip2", "blosc" with a level, as in {"gzip": 6}`,
    );
  }
  const { least, usual } = LEVELS[name];
  const chosen = level ?? usual;
  if (!Number.isInteger(chosen) || chosen < least || chosen > 9) {
    throw new H5Error("argument", `${name} has levels ${least} to 9, not ${chosen}`);
  }
  return { name, level: chosen };
}

export function isLeveled(name: string): name is Leveled {
  return Object.hasOwn(LEVELS, name);
}

function filter(id: number, name: string, clientData: readonly number[]): Filter {
  return { id, name, optional: true, clientData };
}
