import type { Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

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

export function encodeSymbolTable(w: Writer, { bTreeAddress, localHeapAddress }: SymbolTable): void {
  w.offset(bTreeAddress);
  w.offset(localHeapAddress);
}
