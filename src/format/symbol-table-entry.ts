import type { Reader, Sizes } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** Symbol table entry (Specification III.C): one link of an old-style group, with what was cached about its target. */
export interface SymbolTableEntry {
  /** Offset of the link's name in the group's local heap. */
  readonly linkNameOffset: number;
  /** `undefined` for a soft link. */
  readonly objectHeaderAddress: number | undefined;
  readonly cache:
    | { readonly kind: "none" }
    | {
        readonly kind: "group";
        readonly bTreeAddress: number | undefined;
        readonly nameHeapAddress: number | undefined;
      }
    /** Offset of the target in the group's local heap. */
    | { readonly kind: "soft"; readonly linkValueOffset: number };
}

const SCRATCH_PAD = 16;

export function symbolTableEntrySize(sizes: Sizes): number {
  return sizes.sizeOfLengths + sizes.sizeOfOffsets + 8 + SCRATCH_PAD;
}

export function decodeSymbolTableEntry(r: Reader): SymbolTableEntry {
  const linkNameOffset = r.length();
  const objectHeaderAddress = r.offset();
  const cacheType = r.u32();
  r.skip(4);
  const end = r.position + SCRATCH_PAD;
  let cache: SymbolTableEntry["cache"] = { kind: "none" };
  if (cacheType === 1) {
    // With 16-byte addresses the two do not fit the scratch pad, and libhdf5 writes past it: they are then not ours to read.
    if (r.sizes.sizeOfOffsets <= 8) cache = { kind: "group", bTreeAddress: r.offset(), nameHeapAddress: r.offset() };
  } else if (cacheType === 2) {
    cache = { kind: "soft", linkValueOffset: r.u32() };
  } else if (cacheType !== 0) {
    r.fail(`symbol table entry: cache type is ${cacheType}, expected 0, 1 or 2`);
  }
  r.position = end;
  return { linkNameOffset, objectHeaderAddress, cache };
}

export function encodeSymbolTableEntry(
  w: Writer,
  { linkNameOffset, objectHeaderAddress, cache }: SymbolTableEntry,
): void {
  w.length(linkNameOffset);
  w.offset(objectHeaderAddress);
  w.u32({ none: 0, group: 1, soft: 2 }[cache.kind]);
  w.zeros(4);
  const start = w.position;
  if (cache.kind === "group") {
    w.offset(cache.bTreeAddress);
    w.offset(cache.nameHeapAddress);
  } else if (cache.kind === "soft") {
    w.u32(cache.linkValueOffset);
  }
  w.zeros(SCRATCH_PAD - (w.position - start));
}
