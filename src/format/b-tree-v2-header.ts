import type { FormatContext } from "./context.ts";
import { widthOfCount } from "./log2.ts";
import type { Reader, Sizes } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** B-tree version 2 header (Specification III.A.2, "Version 2 B-trees"). */
export interface BTreeV2Header {
  /** The type of its records, 1 to 11 (0 is the library's own test). */
  readonly type: number;
  readonly nodeSize: number;
  readonly recordSize: number;
  /** 0: the root node is a leaf. */
  readonly depth: number;
  readonly splitPercent: number;
  readonly mergePercent: number;
  /** `undefined`: the tree has no records. */
  readonly rootNodeAddress: number | undefined;
  readonly rootNodeRecords: number;
  readonly totalRecords: number;
}

/** Signature, version, type and checksum: what each node spends on other things than records. */
export const NODE_OVERHEAD = 10;

/**
 * Each internal record divides at least two children, so 53 levels need 2^53 records; a library that wrote a node with
 * one child for each of more levels does not exist.
 */
const MAX_DEPTH = 52;

export function bTreeV2HeaderSize(sizes: Sizes): number {
  return 4 + 1 + 1 + 4 + 2 + 2 + 1 + 1 + sizes.sizeOfOffsets + 2 + sizes.sizeOfLengths + 4;
}

export function decodeBTreeV2Header(r: Reader, context: FormatContext): BTreeV2Header {
  r.signature("BTHD");
  r.version(0);
  const type = r.u8();
  const nodeSize = r.u32();
  const recordSize = r.u16();
  const depth = r.u16();
  const splitPercent = r.u8();
  const mergePercent = r.u8();
  const rootNodeAddress = r.offset();
  const rootNodeRecords = r.u16();
  const totalRecords = r.length();
  r.checksum();
  if (recordSize === 0) r.fail("record size is 0");
  if (nodeSize < NODE_OVERHEAD + recordSize) r.fail(`node size ${nodeSize} has no room for a record of ${recordSize}`);
  if (depth > MAX_DEPTH) r.fail(`depth is ${depth}, expected at most ${MAX_DEPTH}`);
  if (totalRecords * recordSize > context.space.end) {
    r.fail(`has ${totalRecords} records of ${recordSize} bytes, more than the file holds`);
  }
  if (rootNodeAddress === undefined && totalRecords !== 0) {
    r.fail(`has ${totalRecords} records, but the root node's address is undefined`);
  }
  return {
    type,
    nodeSize,
    recordSize,
    depth,
    splitPercent,
    mergePercent,
    rootNodeAddress,
    rootNodeRecords,
    totalRecords,
  };
}

export function encodeBTreeV2Header(w: Writer, header: BTreeV2Header): void {
  const start = w.position;
  w.signature("BTHD");
  w.u8(0);
  w.u8(header.type);
  w.u32(header.nodeSize);
  w.u16(header.recordSize);
  w.u16(header.depth);
  w.u8(header.splitPercent);
  w.u8(header.mergePercent);
  w.offset(header.rootNodeAddress);
  w.u16(header.rootNodeRecords);
  w.length(header.totalRecords);
  w.checksum(start);
}

/** How nodes of one level are laid out. Level 0 are the leaves. */
export interface BTreeV2Level {
  /** Records that fit in a node. */
  readonly maxRecords: number;
  /** Bytes of one child pointer; 0 for leaves. */
  readonly pointerSize: number;
  /** Bytes of a pointer's "Number of Records for Child Node". */
  readonly countWidth: number;
  /** Bytes of a pointer's "Total Number of Records in Child Node"; 0 where the children are leaves. */
  readonly totalWidth: number;
}

/**
 * The levels, leaves first. The widths of the counts follow from how many records fit at most, as the library computes
 * it (III.A.2, "Version 2 B-tree, Internal Node": number of records, total number of records).
 */
export function bTreeV2Levels(
  header: Pick<BTreeV2Header, "nodeSize" | "recordSize" | "depth">,
  sizeOfOffsets: number,
  r: Pick<Reader, "fail">,
): BTreeV2Level[] {
  const room = header.nodeSize - NODE_OVERHEAD;
  const leafRecords = Math.floor(room / header.recordSize);
  const countWidth = widthOfCount(leafRecords);
  const levels: BTreeV2Level[] = [{ maxRecords: leafRecords, pointerSize: 0, countWidth: 0, totalWidth: 0 }];
  let capacity = BigInt(leafRecords);
  let totalWidth = 0;
  for (let depth = 1; depth <= header.depth; depth++) {
    const pointerSize = sizeOfOffsets + countWidth + totalWidth;
    const maxRecords = Math.floor((room - pointerSize) / (header.recordSize + pointerSize));
    if (maxRecords < 1) r.fail(`node size ${header.nodeSize} has no room for two children`);
    levels.push({ maxRecords, pointerSize, countWidth, totalWidth });
    capacity = BigInt(maxRecords + 1) * capacity + BigInt(maxRecords);
    totalWidth = widthOfCount(capacity);
  }
  return levels;
}
