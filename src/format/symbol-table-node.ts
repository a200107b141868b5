import type { FormatContext } from "./context.ts";
import { decodeSymbolTableEntry, type SymbolTableEntry, symbolTableEntrySize } from "./symbol-table-entry.ts";

const STRUCTURE = "symbol table node";

/**
 * Symbol table node (Specification III.B): the entries of a leaf of a group's B-tree, in byte order of their names.
 * @param maxEntries twice the group leaf node K
 */
export function readSymbolTableNode(context: FormatContext, address: number, maxEntries: number): SymbolTableEntry[] {
  const head = context.reader(address, 8, STRUCTURE);
  head.signature("SNOD");
  head.version(1);
  head.skip(1);
  const count = head.u16();
  if (count > maxEntries) head.fail(`${count} symbols, expected at most ${maxEntries}`);
  const r = context.reader(address, 8 + count * symbolTableEntrySize(context), STRUCTURE);
  r.skip(8);
  return Array.from({ length: count }, () => decodeSymbolTableEntry(r));
}
