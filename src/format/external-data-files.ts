import type { FormatContext } from "./context.ts";
import { LocalHeap } from "./local-heap.ts";
import type { Reader } from "./reader.ts";
import { decodeText } from "./text.ts";

/** One slot of the external data files message (IV.A.2.h): a part of a dataset's raw data in another file. */
export interface ExternalDataFile {
  readonly name: string;
  readonly offset: number;
  /** `undefined`: as long as the file is. */
  readonly size: number | undefined;
}

/** @returns the slots in use, their names looked up in the message's local heap */
export function decodeExternalDataFiles(r: Reader, context: FormatContext): ExternalDataFile[] {
  r.version(1);
  r.skip(3);
  const allocated = r.u16();
  const used = r.u16();
  if (used > allocated) r.fail(`${used} slots are used of ${allocated}`);
  const heap = new LocalHeap(context, r.definedOffset("address of the local heap"));
  return Array.from({ length: used }, () => {
    const nameOffset = r.length();
    return { name: decodeText(heap.string(nameOffset)), offset: r.length(), size: r.lengthOrUnlimited() };
  });
}

/** The address of the local heap that the names are in. */
export function decodeExternalDataHeap(r: Reader): number {
  r.version(1);
  r.skip(3 + 2 + 2); // reserved, slots allocated, slots used
  return r.definedOffset("address of the local heap");
}
