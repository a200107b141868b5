/** The shape of a chunked dataset. All arrays have the dataset's rank, at least 1; sizes are in elements. */
export interface ChunkGeometry {
  readonly dims: readonly number[];
  readonly chunkDims: readonly number[];
  /** Bytes of one element. */
  readonly elementSize: number;
}
