/** What rooms above need to know of the filters: their names, and whether they can be undone. */

export { unsupportedEncoders } from "../../codecs/encode-chunk.ts";
export { filterName } from "../../codecs/filter-names.ts";
export { unsupportedFilters } from "../../codecs/pipeline.ts";
