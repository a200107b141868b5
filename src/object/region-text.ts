import type { DataspaceSelection, HyperslabDimension } from "../format/dataspace-selection.ts";

/**
 * A region as it stands after the path of its dataset, in NumPy's notation: nothing for the whole dataset, `[0:2,1:3]`
 * for a block, `[::2,1:9:3]`-like steps for a regular hyperslab, `[3,4]` for a point; several of them with `+` between;
 * `[]` for none. What has no end has no stop, `[3:]`. Blocks longer than one element with gaps between them are `start:stop:stride×length`.
 */
export function regionText(selection: DataspaceSelection): string {
  switch (selection.kind) {
    case "all":
      return "";
    case "none":
      return "[]";
    case "points":
      return selection.points.map((point) => `[${point.join(",")}]`).join("+");
    case "hyperslab":
      return `[${selection.dimensions.map(sliceText).join(",")}]`;
    case "blocks":
      return selection.blocks
        .map(({ first, last }) => `[${first.map((start, d) => `${start}:${(last[d] ?? start) + 1}`).join(",")}]`)
        .join("+");
  }
}

function sliceText({ start, stride, count, block }: HyperslabDimension): string {
  const end = count === 0 ? start : start + (count - 1) * stride + block;
  const stop = Number.isFinite(end) ? end : "";
  if (count <= 1 || stride === block) return `${start}:${stop}`;
  return block === 1 ? `${start}:${stop}:${stride}` : `${start}:${stop}:${stride}×${block}`;
}
