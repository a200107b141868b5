import type { FormatContext } from "./context.ts";
import { type Extent, metadata } from "./extent.ts";
import type { Sizes } from "./reader.ts";
import {
  decodeSymbolTableEntry,
  encodeSymbolTableEntry,
  type SymbolTableEntry,
  symbolTableEntrySize,
} from "./symbol-table-entry.ts";
import type { Writer } from "./writer.ts";

const STRUCTURE = "symbol table node";
const HEAD = 8;

/** Bytes that a node takes, whatever the number of its entries. */
export function symbolTableNodeSize(maxEntries: number, sizes: Sizes): number {
  return HEAD + maxEntries * symbolTableEntrySize(sizes);
}

/**
 * Symbol table node (Specification III.B): the entries of a leaf of a group's B-tree, in byte order of their names.
 * @param maxEntries twice the group leaf node K
 */
export function readSymbolTableNode(context: FormatContext, address: number, maxEntries: number): SymbolTableEntry[] {
  const head = context.reader(address, HEAD, STRUCTURE);
  head.signature("SNOD");
  head.version(1);
  head.skip(1);
  const count = head.u16();
  if (count > maxEntries) head.fail(`${count} symbols, expected at most ${maxEntries}`);
  const r = context.reader(address, symbolTableNodeSize(count, context), STRUCTURE);
  r.skip(HEAD);
  return Array.from({ length: count }, () => decodeSymbolTableEntry(r));
}

export function extentOfSymbolTableNode(address: number, maxEntries: number, sizes: Sizes, owner: number): Extent {
  return metadata(STRUCTURE, address, symbolTableNodeSize(maxEntries, sizes), owner);
}

/** Writes all bytes of a node, zeros where it has room for more entries. */
export function encodeSymbolTableNode(w: Writer, entries: readonly SymbolTableEntry[], maxEntries: number): void {
  const end = w.position + symbolTableNodeSize(maxEntries, w.sizes);
  w.signature("SNOD");
  w.u8(1);
  w.zeros(1);
  w.u16(entries.length);
  for (const entry of entries) encodeSymbolTableEntry(w, entry);
  w.zeros(end - w.position);
}
