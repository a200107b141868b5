import { filterName } from "../chunk/filters.ts";
import type { Filter } from "../format/filter-pipeline.ts";

/** The options of the filters that h5fs knows, from their client data values. */
const OPTIONS: Record<number, (values: readonly number[]) => string> = {
  1: ([level]) => `level ${level}`,
  2: ([size]) => (size === undefined ? "" : `elements of ${size} bytes`),
  305: ([level]) => `level ${level}`,
  307: ([level]) => `level ${level}`,
  32001: ([, , size, , level, shuffle, codec]) =>
    [
      BLOSC_CODECS[codec ?? 0] ?? `codec ${codec}`,
      `level ${level}`,
      BLOSC_SHUFFLES[shuffle ?? 0] ?? `shuffle ${shuffle}`,
      `elements of ${size} bytes`,
    ].join(", "),
};

const BLOSC_CODECS = ["blosclz", "lz4", "lz4hc", "snappy", "zlib", "zstd"];
const BLOSC_SHUFFLES = ["no shuffle", "shuffle", "bit shuffle"];

/** One filter for people: `deflate (1): level 4`. Of one whose options are not known, the client data values. */
export function filterText({ id, name, clientData }: Filter): string {
  const known = clientData.length > 0 && Object.hasOwn(OPTIONS, id) ? OPTIONS[id] : undefined;
  const text = known === undefined ? clientData.join(" ") : known(clientData);
  return text === "" ? filterName(id, name) : `${filterName(id, name)}: ${text}`;
}
