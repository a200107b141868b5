import { H5Error } from "../errors.ts";
import type { Filter } from "../format/filter-pipeline.ts";

/**
 * A filter as a caller writes it: `"shuffle"`, `"fletcher32"`, `"gzip"` (level 4) or `{ gzip: 9 }`; any other by its number and
 * client data, as the dataset that it is taken from has them.
 */
export type FilterSpec = "shuffle" | "fletcher32" | "gzip" | { readonly gzip: number } | Filter;

const DEFLATE = 1;
const SHUFFLE = 2;
const FLETCHER32 = 3;

const DEFAULT_LEVEL = 4;

/** @param elementSize in bytes @throws H5Error "argument" */
export function filtersFrom(specs: readonly FilterSpec[], elementSize: number): Filter[] {
  return specs.map((spec) => {
    if (spec === "shuffle") return { id: SHUFFLE, name: "shuffle", optional: true, clientData: [elementSize] };
    if (spec === "fletcher32") return { id: FLETCHER32, name: "fletcher32", optional: false, clientData: [] };
    if (spec === "gzip") return deflate(DEFAULT_LEVEL);
    if (typeof spec === "object" && "gzip" in spec) return deflate(spec.gzip);
    if (typeof spec === "object" && "id" in spec) return spec;
    throw new H5Error(
      "argument",
      `${JSON.stringify(spec)} is no filter; expected "shuffle", "gzip", {"gzip": 0 to 9} or "fletcher32"`,
    );
  });
}

function deflate(level: number): Filter {
  if (!Number.isInteger(level) || level < 0 || level > 9)
    throw new H5Error("argument", `gzip has levels 0 to 9, not ${level}`);
  return { id: DEFLATE, name: "deflate", optional: true, clientData: [level] };
}
