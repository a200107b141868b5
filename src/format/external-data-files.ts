import type { Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** Part of a dataset's raw data in a file without structure. */
export interface ExternalDataSlot {
  /** Of the file's name in the local heap. */
  readonly nameOffset: number;
  /** Where in that file the data begin. */
  readonly offset: number;
  /** Bytes of the dataset that it has; `undefined`: all that follow. */
  readonly size: number | undefined;
}

/** External data files message (IV.A.2.h): a dataset's raw data are in other files. */
export interface ExternalDataFiles {
  /** Of the local heap that the files' names are in. */
  readonly heapAddress: number;
  readonly slots: readonly ExternalDataSlot[];
}

export function decodeExternalDataFiles(r: Reader): ExternalDataFiles {
  r.version(1);
  r.skip(3);
  const allocated = r.u16();
  const used = r.u16();
  if (used > allocated) r.fail(`${used} slots are used, but ${allocated} allocated`);
  const heapAddress = r.definedOffset("address of the local heap");
  const slots = Array.from({ length: used }, () => ({
    nameOffset: r.length(),
    offset: r.length(),
    size: r.lengthOrUnlimited(),
  }));
  return { heapAddress, slots };
}

export function encodeExternalDataFiles(w: Writer, { heapAddress, slots }: ExternalDataFiles): void {
  w.u8(1);
  w.zeros(3);
  w.u16(slots.length);
  w.u16(slots.length);
  w.offset(heapAddress);
  for (const { nameOffset, offset, size } of slots) {
    w.length(nameOffset);
    w.length(offset);
    w.length(size);
  }
}
