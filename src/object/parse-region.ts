import { UnsupportedError } from "../errors.ts";
import type { DataspaceSelection, SelectionBlock } from "../format/dataspace-selection.ts";
import { refused } from "./storable.ts";

/** One of the two in a dimension: an index, or a block from `start` to before `stop`. */
const ITEM = /^(\d{1,16})(?:(:)(\d{0,16})(:[\d×]*)?)?$/;

/**
 * The counterpart of `regionText`: the selection that a region stands for in a dataset of that shape.
 * @throws H5Error "argument" where it is none in such a dataset; UnsupportedError for what is written in another way than read
 */
export function parseRegion(text: string, dims: readonly number[]): DataspaceSelection {
  if (text === "") return { kind: "all" };
  if (text === "[]") return { kind: "none" };
  const blocks: SelectionBlock[] = [];
  const points: (readonly number[])[] = [];
  for (const part of text.slice(1, -1).split("]+[")) {
    const items = part.split(",");
    if (items.length !== dims.length) {
      throw refused(`the region [${part}] has ${items.length} dimensions, its dataset ${dims.length}`);
    }
    const parsed = items.map((item, d) => parseItem(item, dims[d] ?? 0, part));
    if (parsed.every(({ isPoint }) => isPoint)) points.push(parsed.map(({ first }) => first));
    else if (parsed.some(({ isPoint }) => isPoint))
      throw refused(`the region [${part}] is neither a point nor a block`);
    else blocks.push({ first: parsed.map(({ first }) => first), last: parsed.map(({ last }) => last) });
  }
  if (points.length > 0 && blocks.length > 0) throw refused(`the region ${text} has both points and blocks`);
  checkApart(blocks, text);
  return points.length > 0 ? { kind: "points", points } : { kind: "blocks", blocks };
}

interface Item {
  readonly isPoint: boolean;
  readonly first: number;
  readonly last: number;
}

function parseItem(item: string, dim: number, part: string): Item {
  const [matched, start = "", colon, stop = "", step] = ITEM.exec(item) ?? [];
  if (matched === undefined) throw refused(`the region [${part}]: ${item} is neither an index nor start:stop`);
  if (step !== undefined || (colon !== undefined && stop === "")) {
    throw new UnsupportedError(
      `the region [${part}]: regions with steps, and without an end, are not written; name its blocks, as [0:2]+[4:6]`,
    );
  }
  const first = Number(start);
  const last = colon === undefined ? first : Number(stop) - 1;
  if (last < first || last >= dim)
    throw refused(`the region [${part}]: ${item} is not within the ${dim} of its dataset`);
  return { isPoint: colon === undefined, first, last };
}

/** A hyperslab's blocks have no element in common: libhdf5 would join them, and tell others. */
function checkApart(blocks: readonly SelectionBlock[], text: string): void {
  for (const [i, a] of blocks.entries()) {
    for (const b of blocks.slice(0, i)) {
      const overlap = a.first.every((first, d) => first <= (b.last[d] ?? 0) && (a.last[d] ?? 0) >= (b.first[d] ?? 0));
      if (overlap) throw refused(`the region ${text} has blocks that overlap`);
    }
  }
}
