import { UnsupportedError } from "../src/errors.ts";
import type { CodecMode } from "./codec.ts";
import { filterName } from "./filter-names.ts";
import type { PipelineFilter } from "./pipeline.ts";
import { findCodec } from "./registry.ts";

/** A chunk as it is to be stored. */
export interface EncodedChunk {
  readonly stored: Uint8Array;
  /** Bit i set: filter i was left out. */
  readonly filterMask: number;
}

/**
 * Applies the filters in their order. An optional filter that would not make the chunk smaller is left out, and the mask
 * says so.
 * @throws H5Error "unsupported" that names a filter that cannot be applied
 */
export function encodeChunk(bytes: Uint8Array, filters: readonly PipelineFilter[], mode: CodecMode): EncodedChunk {
  let stored = bytes;
  let filterMask = 0;
  for (const [i, filter] of filters.entries()) {
    const codec = findCodec(filter.id, mode);
    if (codec?.encode === undefined) {
      throw new UnsupportedError(
        `${filterName(filter.id, filter.name)} can not be applied: h5fs has no encoder for it`,
      );
    }
    // The mask has 32 bits.
    const optional = filter.optional && i < 32;
    const encoded = codec.encode({ input: stored, clientData: filter.clientData, optional });
    if (encoded !== undefined) stored = encoded;
    else filterMask = (filterMask | (1 << i)) >>> 0;
  }
  return { stored, filterMask };
}

/** The filters of these that cannot be applied, as "zfp (32013), SZ (32017)"; `undefined` if none. */
export function unsupportedEncoders(filters: readonly PipelineFilter[]): string | undefined {
  const missing = filters.filter(({ id }) => findCodec(id, "portable")?.encode === undefined);
  return missing.length === 0 ? undefined : missing.map(({ id, name }) => filterName(id, name)).join(", ");
}
