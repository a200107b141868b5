import { UnsupportedError } from "../errors.ts";
import type { Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

/**
 * Where a hyperslab's blocks are in one dimension: `count` of them, `block` long, `stride` from start to start. Count or block is
 * Infinity where it is unlimited: to the end of the dataset, however long it becomes.
 */
export interface HyperslabDimension {
  readonly start: number;
  readonly stride: number;
  readonly count: number;
  readonly block: number;
}

/** A block of elements: from its first to its last, both in it. */
export interface SelectionBlock {
  readonly first: readonly number[];
  readonly last: readonly number[];
}

/** Which elements of a dataspace are meant. */
export type DataspaceSelection =
  | { readonly kind: "none" }
  | { readonly kind: "all" }
  | { readonly kind: "points"; readonly points: readonly (readonly number[])[] }
  | { readonly kind: "blocks"; readonly blocks: readonly SelectionBlock[] }
  | { readonly kind: "hyperslab"; readonly dimensions: readonly HyperslabDimension[] };

/** HDF5's limit on dimensions (H5S_MAX_RANK). */
const MAX_RANK = 32;
const REGULAR = 1;

/** Specification III, "Dataspace Selection" (as region references and virtual datasets have it). */
export function decodeDataspaceSelection(r: Reader): DataspaceSelection {
  const type = r.u32();
  switch (type) {
    case 0:
      return { kind: "none" };
    case 1:
      return decodePoints(r);
    case 2:
      return decodeHyperslab(r);
    case 3:
      return { kind: "all" };
    default:
      return r.fail(`selection type is ${type}, expected 0 to 3`);
  }
}

function decodePoints(r: Reader): DataspaceSelection {
  const version = r.u32();
  if (version !== 1 && version !== 2) r.fail(`version of a point selection is ${version}, expected 1 or 2`);
  // Version 1: four bytes reserved, then the length of what follows.
  if (version === 1) r.skip(8);
  const size = version === 1 ? 4 : encodeSize(r);
  const rank = decodeRank(r);
  const count = decodeCount(r, size, rank);
  return { kind: "points", points: Array.from({ length: count }, () => coordinates(r, rank, size)) };
}

function decodeHyperslab(r: Reader): DataspaceSelection {
  const version = r.u32();
  if (version < 1 || version > 3) r.fail(`version of a hyperslab selection is ${version}, expected 1 to 3`);
  // Version 1: four bytes reserved. After them, and after version 2's flags, the length of what follows.
  if (version === 1) r.skip(4);
  const flags = version === 1 ? 0 : r.u8();
  const size = version === 1 ? 4 : version === 2 ? 8 : encodeSize(r);
  if (version < 3) r.skip(4);
  const rank = decodeRank(r);
  if ((flags & REGULAR) !== 0) {
    const dimensions = Array.from({ length: rank }, () => {
      const [start = 0, stride = 0] = coordinates(r, 2, size);
      return { start, stride, count: readLimit(r, size), block: readLimit(r, size) };
    });
    return { kind: "hyperslab", dimensions };
  }
  const count = decodeCount(r, size, 2 * rank);
  const blocks = Array.from({ length: count }, () => ({
    first: coordinates(r, rank, size),
    last: coordinates(r, rank, size),
  }));
  return { kind: "blocks", blocks };
}

/** All bits set: unlimited (H5S_UNLIMITED). */
function readLimit(r: Reader, size: number): number {
  const bytes = r.take(size);
  if (bytes.every((byte) => byte === 0xff)) return Number.POSITIVE_INFINITY;
  r.position -= size;
  return r.uint(size);
}

function encodeSize(r: Reader): number {
  const size = r.u8();
  if (size !== 2 && size !== 4 && size !== 8) r.fail(`numbers of a selection have ${size} bytes, expected 2, 4 or 8`);
  return size;
}

function decodeRank(r: Reader): number {
  const rank = r.u32();
  if (rank < 1 || rank > MAX_RANK) r.fail(`rank of a selection is ${rank}, expected 1 to ${MAX_RANK}`);
  return rank;
}

/** How many times `numbers` numbers follow. */
function decodeCount(r: Reader, size: number, numbers: number): number {
  const count = r.uint(size);
  if (count * numbers * size > r.remaining) {
    r.fail(`a selection of ${count} parts takes ${count * numbers * size} bytes, but ${r.remaining} are there`);
  }
  return count;
}

function coordinates(r: Reader, rank: number, size: number): number[] {
  return Array.from({ length: rank }, () => r.uint(size));
}

/** Numbers of version 1, which every library reads, have so many bits less one. */
const MAX_NUMBER = 0xffff_ffff;

/**
 * Selections as libhdf5 writes them for its old versions: all of version 1, points one by one and hyperslabs as blocks.
 * @throws UnsupportedError for indexes from 2^32 on, and hyperslabs that are not lists of blocks
 */
export function encodeDataspaceSelection(w: Writer, selection: DataspaceSelection): void {
  switch (selection.kind) {
    case "none":
      encodeParts(w, 0, []);
      return;
    case "points":
      encodeParts(w, 1, selection.points);
      return;
    case "blocks":
      encodeParts(
        w,
        2,
        selection.blocks.map(({ first, last }) => [...first, ...last]),
        2,
      );
      return;
    case "all":
      encodeParts(w, 3, []);
      return;
    case "hyperslab":
      throw new UnsupportedError("a selection with steps is not written");
  }
}

/** @param parts the numbers of each @param perDimension how many there are for each dimension */
function encodeParts(w: Writer, type: number, parts: readonly (readonly number[])[], perDimension = 1): void {
  w.u32(type);
  w.u32(1);
  w.u32(0);
  const [first] = parts;
  if (first === undefined) {
    w.u32(0);
    return;
  }
  w.u32(8 + 4 * first.length * parts.length);
  w.u32(first.length / perDimension);
  w.u32(parts.length);
  for (const number of parts.flat()) {
    if (number > MAX_NUMBER)
      throw new UnsupportedError(`a selection of elements beyond the index ${MAX_NUMBER} is not written`);
    w.u32(number);
  }
}
