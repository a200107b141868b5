/** What an unlimited dimension without elements is taken to become. */
const EXPECTED = 1024;

const KIB = 1024;

/**
 * The shape of chunks for a dataset whose user gives none. As h5py's guess, dimensions are halved one after the other, so that chunks
 * serve slices along any of them; as PyTables', chunks of large data are larger: 64 KiB up to 1 MiB of data, 256 KiB up to
 * 64 MiB, then 1 MiB, which compresses well and costs one read.
 * @param maxDims `undefined` is unlimited @param elementSize in bytes
 */
export function chooseChunks(
  dims: readonly number[],
  maxDims: readonly (number | undefined)[],
  elementSize: number,
): number[] {
  const shape = dims.map((dim, d) => {
    if (dim > 0) return dim;
    return Math.max(1, maxDims[d] === undefined ? EXPECTED : Math.min(EXPECTED, maxDims[d] ?? 1));
  });
  const total = bytesOf(shape, elementSize);
  const target = total <= KIB ** 2 ? 64 * KIB : total <= 64 * KIB ** 2 ? 256 * KIB : KIB ** 2;
  // A dataset that grows along one dimension gets whole chunks of it, however few elements it has now.
  const grows = maxDims.map((max, d) => max === undefined || max > (dims[d] ?? 0));
  if (grows.filter(Boolean).length === 1) {
    const d = grows.indexOf(true);
    const row = bytesOf(shape, elementSize) / (shape[d] ?? 1);
    const fitting = Math.max(1, Math.floor(target / row));
    shape[d] = Math.min(Math.max(shape[d] ?? 1, fitting), maxDims[d] ?? Infinity);
  }
  for (let d = 0; bytesOf(shape, elementSize) > target && shape.some((dim) => dim > 1); d = (d + 1) % shape.length) {
    shape[d] = Math.ceil((shape[d] ?? 1) / 2);
  }
  return shape;
}

function bytesOf(shape: readonly number[], elementSize: number): number {
  return shape.reduce((product, dim) => product * dim, elementSize);
}
