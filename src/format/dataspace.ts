import type { Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** A dataspace (IV.A.2.b, "The Dataspace Message"): no data at all, one element, or an array. */
export type Dataspace =
  | { readonly kind: "null" }
  | { readonly kind: "scalar"; readonly dims: readonly []; readonly maxDims: readonly [] }
  | {
      readonly kind: "simple";
      readonly dims: readonly number[];
      /** `undefined` is unlimited. */
      readonly maxDims: readonly (number | undefined)[];
      /** Whether the message has the maximum dimensions; where not, they are `dims`. */
      readonly maxDimsStored: boolean;
    };

/** One element. */
export const SCALAR = { kind: "scalar", dims: [], maxDims: [] } as const;

/** H5S_MAX_RANK */
export const MAX_RANK = 32;

const MAX_DIMS_PRESENT = 0x01;
const PERMUTATION_PRESENT = 0x02;

export function decodeDataspace(r: Reader): Dataspace {
  const version = r.version(1, 2);
  const rank = r.u8();
  if (rank > MAX_RANK) r.fail(`rank is ${rank}, expected at most ${MAX_RANK}`);
  const flags = r.u8();
  let type: number;
  if (version === 2) {
    type = r.u8();
    if (type > 2) r.fail(`type is ${type}, expected 0 (scalar), 1 (simple) or 2 (null)`);
    if (type !== 1 && rank > 0) r.fail(`rank is ${rank} in a ${type === 0 ? "scalar" : "null"} dataspace`);
  } else {
    type = rank > 0 ? 1 : 0;
    r.skip(5);
  }
  if (type === 2) return { kind: "null" };
  if (type === 0 || rank === 0) return SCALAR;

  const dims: number[] = [];
  for (let d = 0; d < rank; d++) dims.push(r.length());
  const maxDimsStored = (flags & MAX_DIMS_PRESENT) !== 0;
  const maxDims: (number | undefined)[] = [];
  for (const dim of dims) maxDims.push(maxDimsStored ? r.lengthOrUnlimited() : dim);
  if (version === 1 && (flags & PERMUTATION_PRESENT) !== 0) r.skip(rank * r.sizes.sizeOfLengths);
  dims.forEach((dim, d) => {
    const max = maxDims[d];
    if (max !== undefined && dim > max) r.fail(`dimension ${d} is ${dim}, more than its maximum ${max}`);
  });
  return { kind: "simple", dims, maxDims, maxDimsStored };
}

/** @param version 1, or 2, which alone has the null dataspace */
export function encodeDataspace(w: Writer, dataspace: Dataspace, version: 1 | 2): void {
  const { kind } = dataspace;
  if (kind === "null" && version === 1) throw new TypeError("version 1 has no null dataspace");
  const maxDimsStored = kind === "simple" && dataspace.maxDimsStored;
  w.u8(version);
  w.u8(kind === "simple" ? dataspace.dims.length : 0);
  w.u8(maxDimsStored ? MAX_DIMS_PRESENT : 0);
  if (version === 2) w.u8({ scalar: 0, simple: 1, null: 2 }[kind]);
  else w.zeros(5);
  if (kind !== "simple") return;
  for (const dim of dataspace.dims) w.length(dim);
  if (maxDimsStored) for (const dim of dataspace.maxDims) w.length(dim);
}

/** Number of elements: 0 without data, 1 for a scalar. Above 2^53 it is not exact. */
export function elementCount(dataspace: Dataspace): number {
  return dataspace.kind === "null" ? 0 : dataspace.dims.reduce<number>((product, dim) => product * dim, 1);
}
