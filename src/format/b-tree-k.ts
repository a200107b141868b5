import type { Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** B-tree 'K' values message (IV.A.2.t), of the superblock extension. */
export interface BTreeK {
  readonly indexedStorageInternalNodeK: number;
  readonly groupInternalNodeK: number;
  readonly groupLeafNodeK: number;
}

export function decodeBTreeK(r: Reader): BTreeK {
  r.version(0);
  const k = { indexedStorageInternalNodeK: r.u16(), groupInternalNodeK: r.u16(), groupLeafNodeK: r.u16() };
  if (k.indexedStorageInternalNodeK === 0 || k.groupInternalNodeK === 0 || k.groupLeafNodeK === 0)
    r.fail("a B-tree K value is 0");
  return k;
}

export function encodeBTreeK(w: Writer, k: BTreeK): void {
  w.u8(0);
  w.u16(k.indexedStorageInternalNodeK);
  w.u16(k.groupInternalNodeK);
  w.u16(k.groupLeafNodeK);
}
