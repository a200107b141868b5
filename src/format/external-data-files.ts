import type { Reader } from "./reader.ts";

/** External data files message (IV.A.2.h): a dataset's raw data are in other files. @returns the address of the local heap that their names are in */
export function decodeExternalDataHeap(r: Reader): number {
  r.version(1);
  r.skip(3 + 2 + 2); // reserved, slots allocated, slots used
  return r.definedOffset("address of the local heap");
}
