import { fill } from "./copy-range.ts";
import { type ChunkGeometry, strides } from "./geometry.ts";

/** Sets the elements of a decoded chunk that lie outside the dataset to the fill value (`undefined`: zeros). */
export function fillOutside(
  { dims, chunkDims, elementSize }: ChunkGeometry,
  scaled: readonly number[],
  chunk: Uint8Array,
  fillValue: Uint8Array | undefined,
): void {
  const chunkStrides = strides(chunkDims, elementSize);
  const inside = chunkDims.map((chunkDim, d) =>
    Math.max(0, Math.min(chunkDim, (dims[d] ?? 0) - (scaled[d] ?? 0) * chunkDim)),
  );
  const visit = (d: number, at: number): void => {
    const stride = chunkStrides[d] ?? 1;
    const chunkDim = chunkDims[d] ?? 1;
    const count = inside[d] ?? 0;
    fill(chunk, at + count * stride, at + chunkDim * stride, fillValue, 0);
    if (inside.slice(d + 1).every((n, i) => n === chunkDims[d + 1 + i])) return;
    for (let i = 0; i < count; i++) visit(d + 1, at + i * stride);
  };
  visit(0, 0);
}
