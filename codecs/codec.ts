/** How the codecs are to run: with system libraries where they are found, or only with what comes with h5fs. */
export type CodecMode = "native" | "portable";

/** The bytes of one chunk on their way through the filter pipeline, and what a filter may need to know. */
export interface DecodeRequest {
  readonly input: Uint8Array;
  /** The filter's client data values, as in the file. */
  readonly clientData: readonly number[];
  /**
   * Bytes of the chunk when all filters are undone: what the last filter to be undone must give, and a bound for the
   * others (a filter may add a little: fletcher32 adds 4). Output larger than this bound is an error, never memory.
   */
  readonly chunkSize: number;
}

/**
 * One filter of HDF5, by its registered id. `decode` returns the decoded bytes, in new memory or in `input`'s own; it may
 * change `input`. It throws H5Error "format" where the data is damaged.
 */
export interface Codec {
  readonly id: number;
  readonly name: string;
  decode(request: DecodeRequest): Uint8Array;
}
