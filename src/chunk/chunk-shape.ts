/** Bytes of a chunk: of a dataset of 1 MiB, and at least and at most. Each tenfold dataset has chunks of twice the size. */
const OF_ONE_MIB = 128 * 1024;
const LEAST = 64 * 1024;
const MOST = 1024 * 1024;

/** What unlimited dimensions are expected to grow to: the only one to so many elements, all of them to so many bytes of the dataset. */
const EXPECTED = 1024;
const EXPECTED_BYTES = 16 * 1024;

/**
 * The shape of chunks for a dataset for which none is given: a run of the dataset's C order, as in PyTables, so that
 * appending rows, and reading from the beginning to the end, touch each chunk once; its size grows with the dataset, as in
 * h5py (docs/writing-datasets.md).
 * @param maxDims `undefined` is unlimited @param elementSize bytes
 */
export function chooseChunkShape(
  dims: readonly number[],
  maxDims: readonly (number | undefined)[],
  elementSize: number,
): number[] {
  const extents = expectedExtents(dims, maxDims, elementSize);
  const bytes = extents.reduce((product, extent) => product * extent, elementSize);
  const wanted = OF_ONE_MIB * 2 ** Math.log10(Math.max(1, bytes / 2 ** 20));
  let room = Math.min(MOST, bytes <= LEAST ? LEAST : wanted) / elementSize;
  const shape = extents.map(() => 1);
  for (let d = extents.length - 1; d >= 0; d--) {
    const extent = extents[d] ?? 1;
    shape[d] = Math.max(1, Math.min(extent, evenPart(extent, room)));
    if (room < extent) break;
    room /= extent;
  }
  return shape;
}

/** Cuts an extent into parts of about the same length, none longer than `most`: the last part is not left nearly empty. */
function evenPart(extent: number, most: number): number {
  const parts = Math.ceil(extent / Math.max(1, Math.floor(most)));
  return Math.ceil(extent / parts);
}

function expectedExtents(
  dims: readonly number[],
  maxDims: readonly (number | undefined)[],
  elementSize: number,
): number[] {
  const limited = dims.map((dim, d) => Math.max(1, dim === 0 ? (maxDims[d] ?? 1) : dim));
  const fixed = limited.reduce((product, extent, d) => (maxDims[d] === undefined ? product : product * extent), 1);
  const unlimited = maxDims.filter((max) => max === undefined).length;
  const root = Math.ceil((EXPECTED_BYTES / (fixed * elementSize)) ** (1 / Math.max(1, unlimited)));
  const least = unlimited === 1 ? Math.max(EXPECTED, root) : root;
  return limited.map((extent, d) => (maxDims[d] === undefined ? Math.max(extent, least) : extent));
}
