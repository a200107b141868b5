/** The shape of a chunked dataset. All arrays have the dataset's rank, at least 1; sizes are in elements. */
export interface ChunkGeometry {
  readonly dims: readonly number[];
  readonly chunkDims: readonly number[];
  /** Bytes of one element. */
  readonly elementSize: number;
}

/** Bytes of one whole chunk, edge chunks included (they are stored whole). */
export function chunkSize(geometry: Pick<ChunkGeometry, "chunkDims" | "elementSize">): number {
  return geometry.chunkDims.reduce((product, dim) => product * dim, geometry.elementSize);
}

/** Chunks along each dimension. */
export function gridDims(geometry: ChunkGeometry): number[] {
  return geometry.dims.map((dim, d) => Math.ceil(dim / (geometry.chunkDims[d] ?? 1)));
}

/**
 * The same geometry with as few dimensions as can be: where chunks span the whole of the last dimension, it and the one
 * before are one. Rows become long, and copying them fast. Scaled coordinates lose their last zeros.
 */
export function mergeTrailingDims(geometry: ChunkGeometry): ChunkGeometry {
  const dims = [...geometry.dims];
  const chunkDims = [...geometry.chunkDims];
  while (dims.length > 1 && dims.at(-1) === chunkDims.at(-1)) {
    const dim = dims.pop() ?? 1;
    const chunkDim = chunkDims.pop() ?? 1;
    dims.push((dims.pop() ?? 1) * dim);
    chunkDims.push((chunkDims.pop() ?? 1) * chunkDim);
  }
  return { dims, chunkDims, elementSize: geometry.elementSize };
}

/** The coordinates of an element by its number in C order. */
export function coordinates(element: number, dims: readonly number[]): number[] {
  const out = new Array<number>(dims.length);
  let rest = element;
  for (let d = dims.length - 1; d >= 0; d--) {
    const dim = dims[d] ?? 1;
    out[d] = rest % dim;
    rest = Math.floor(rest / dim);
  }
  return out;
}

/** Bytes between neighbours along each dimension. */
export function strides(dims: readonly number[], elementSize: number): number[] {
  const out = new Array<number>(dims.length);
  let bytes = elementSize;
  for (let d = dims.length - 1; d >= 0; d--) {
    out[d] = bytes;
    bytes *= dims[d] ?? 1;
  }
  return out;
}
