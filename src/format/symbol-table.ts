import type { Reader } from "./reader.ts";

/** Symbol table message (IV.A.2.r): where an old-style group keeps its links. */
export interface SymbolTable {
  readonly bTreeAddress: number;
  readonly localHeapAddress: number;
}

export function decodeSymbolTable(r: Reader): SymbolTable {
  return {
    bTreeAddress: r.definedOffset("address of the B-tree"),
    localHeapAddress: r.definedOffset("address of the local heap"),
  };
}
