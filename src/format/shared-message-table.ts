import { sharedMessageRecordSize } from "./b-tree-v2-records.ts";
import type { FormatContext } from "./context.ts";
import { type Extent, metadata } from "./extent.ts";
import type { Reader, Sizes } from "./reader.ts";

/** Shared message table message (IV.A.2.p), of the superblock extension: the file keeps some messages in a heap of its own. */
export interface SharedMessageTableMessage {
  readonly tableAddress: number;
  readonly indexCount: number;
}

export function decodeSharedMessageTable(r: Reader): SharedMessageTableMessage {
  r.version(0);
  const tableAddress = r.definedOffset("address of the shared message table");
  const indexCount = r.u8();
  // H5O_SHMESG_MAX_NINDEXES
  if (indexCount === 0 || indexCount > 8) r.fail(`${indexCount} indexes, expected 1 to 8`);
  return { tableAddress, indexCount };
}

/** One index of the table (Specification II.C, "Shared Object Header Message Table"): messages of some types, and their heap. */
export interface SharedMessageIndex {
  readonly kind: "list" | "b-tree";
  /** A bit for each type of message. */
  readonly messageTypes: number;
  readonly minMessageSize: number;
  readonly listCutoff: number;
  readonly bTreeCutoff: number;
  readonly messages: number;
  /** `undefined`: no message was ever shared. */
  readonly indexAddress: number | undefined;
  readonly heapAddress: number | undefined;
}

const TABLE = "shared message table";

function tableSize(indexCount: number, sizes: Sizes): number {
  return 4 + indexCount * (1 + 1 + 2 + 4 + 3 * 2 + 2 * sizes.sizeOfOffsets) + 4;
}

/** @throws FormatError where there is no such table */
export function readSharedMessageIndexes(
  context: FormatContext,
  { tableAddress, indexCount }: SharedMessageTableMessage,
): SharedMessageIndex[] {
  const r = context.reader(tableAddress, tableSize(indexCount, context), TABLE);
  r.signature("SMTB");
  const indexes = Array.from({ length: indexCount }, () => decodeIndex(r));
  r.checksum();
  return indexes;
}

function decodeIndex(r: Reader): SharedMessageIndex {
  r.version(0);
  const kind = r.u8();
  if (kind > 1) r.fail(`index type is ${kind}, expected 0 (list) or 1 (B-tree)`);
  return {
    kind: kind === 0 ? "list" : "b-tree",
    messageTypes: r.u16(),
    minMessageSize: r.u32(),
    listCutoff: r.u16(),
    bTreeCutoff: r.u16(),
    messages: r.u16(),
    indexAddress: r.offset(),
    heapAddress: r.offset(),
  };
}

/** What the table and its lists occupy; their B-trees and heaps say it of themselves. */
export function extentsOfSharedMessageTable(
  context: FormatContext,
  message: SharedMessageTableMessage,
  indexes: readonly SharedMessageIndex[],
): Extent[] {
  const extents = [metadata(TABLE, message.tableAddress, tableSize(message.indexCount, context), 0)];
  for (const { kind, indexAddress, listCutoff } of indexes) {
    if (kind !== "list" || indexAddress === undefined) continue;
    const length = 4 + listCutoff * sharedMessageRecordSize(context) + 4;
    extents.push(metadata("shared message record list", indexAddress, length, 0));
  }
  return extents;
}
