/** How the codecs are to run: with system libraries where they are found, or only with what comes with h5fs. */
export type CodecMode = "native" | "portable";

/** The bytes of one chunk on their way through the filter pipeline, and what a filter may need to know. */
export interface DecodeRequest {
  /** May lie on a SharedArrayBuffer; nobody else changes it meanwhile. */
  readonly input: Uint8Array;
  /** The filter's client data values, as in the file. */
  readonly clientData: readonly number[];
  /** Bytes of the chunk when all filters are undone. */
  readonly chunkSize: number;
  /**
   * Memory for the decoded bytes, as long as they may be at most; what it holds is undefined. May lie on a
   * SharedArrayBuffer, at any alignment, and never overlaps `input`.
   */
  readonly output: Uint8Array;
}

/** The bytes of one chunk on their way into the file. */
export interface EncodeRequest {
  /** May lie on a SharedArrayBuffer; nobody else changes it meanwhile. */
  readonly input: Uint8Array;
  /** The filter's client data values, as in the file. */
  readonly clientData: readonly number[];
  /** Whether the filter may be left out where it would not make the bytes fewer. */
  readonly optional: boolean;
}

/**
 * One filter of HDF5, by its registered id. `decode` returns the decoded bytes: the beginning of `output`, or a part of
 * `input` where the filter only takes something away. It throws H5Error "format" where the data is damaged or would not
 * fit into `output`.
 */
export interface Codec {
  readonly id: number;
  readonly name: string;
  /** What does the work, for people to read: "libdeflate (native)", "node:zlib", "pako". */
  readonly implementation: string;
  /**
   * The most output bytes that one input byte can stand for, where the format has such a limit (1: the output is never
   * longer than the input): a chunk that claims more is refused before memory is taken for it.
   */
  readonly maxExpansion?: number;
  decode(request: DecodeRequest): Uint8Array;
  /**
   * The counterpart, in memory of its own; a codec without it only reads. `undefined`: the filter is optional, and the
   * bytes would not become fewer.
   */
  encode?(request: EncodeRequest): Uint8Array | undefined;
}

/**
 * Decodes the compressed block at the start of `input` to the start of `output`; returns the decoded length. It never
 * writes outside of `output`, and throws H5Error "format" where the data is damaged or decodes to more.
 */
export type DecodeBlock = (input: Uint8Array, output: Uint8Array) => number;

/** One way to decode a compression format, apart from any filter that uses it. */
export interface BlockDecoder {
  /** As for a codec: what does the work, for people to read. */
  readonly implementation: string;
  readonly decode: DecodeBlock;
}
