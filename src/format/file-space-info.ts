import type { Reader, Sizes } from "./reader.ts";
import { Writer } from "./writer.ts";

/** File space info message (IV.A.2.x), of the superblock extension: how free space is managed. */
export interface FileSpaceInfo {
  readonly version: 0 | 1;
  readonly strategy: number;
  /** The smallest free section that is tracked. */
  readonly threshold: number;
  readonly persisting: boolean;
  /** Version 1. */
  readonly pageSize: number | undefined;
  /** Version 1: the end of allocation before the free-space managers themselves were allocated. */
  readonly endOfAllocation: number | undefined;
  /** Of the free-space managers, by kind of memory; [] where they are not kept in the file. */
  readonly managerAddresses: readonly (number | undefined)[];
}

/** Strategy of version 1 that allocates in pages, each of which has metadata or raw data only. */
export const PAGED = 1;

/** Strategy of version 0 that keeps the free-space managers in the file. */
const ALL_PERSIST = 1;

/** Kinds of memory: six, and in version 1 again as many for large sections. */
const MANAGERS = { version0: 6, version1: 12 };

export function decodeFileSpaceInfo(r: Reader): FileSpaceInfo {
  const version = r.version(0, 1);
  const strategy = r.u8();
  const addresses = (count: number) => Array.from({ length: count }, () => r.offset());
  if (version === 0) {
    if (strategy < 1 || strategy > 4) r.fail(`strategy is ${strategy}, expected 1 to 4`);
    const persisting = strategy === ALL_PERSIST;
    return {
      version: 0,
      strategy,
      threshold: r.length(),
      persisting,
      pageSize: undefined,
      endOfAllocation: undefined,
      managerAddresses: addresses(persisting ? MANAGERS.version0 : 0),
    };
  }
  if (strategy > 3) r.fail(`strategy is ${strategy}, expected 0 to 3`);
  const persisting = r.u8() !== 0;
  const threshold = r.length();
  const pageSize = r.length();
  // H5F_FILE_SPACE_PAGE_SIZE_MIN
  if (pageSize < 512) r.fail(`file space page size is ${pageSize}, expected at least 512`);
  r.skip(2); // threshold of metadata at the end of a page
  const endOfAllocation = r.offset();
  const managerAddresses = addresses(persisting ? MANAGERS.version1 : 0);
  return { version: 1, strategy, threshold, persisting, pageSize, endOfAllocation, managerAddresses };
}

/**
 * A message's body as it is in a file whose free-space managers have nothing: the library makes them when it has something to
 * keep. @param endOfAllocation the address that it notes with them
 */
export function withoutManagers(
  body: Uint8Array,
  { version, managerAddresses }: FileSpaceInfo,
  sizes: Sizes,
  endOfAllocation: number,
): Uint8Array {
  const { sizeOfOffsets, sizeOfLengths } = sizes;
  const out = body.slice();
  const addressesAt = version === 0 ? 2 + sizeOfLengths : 3 + 2 * sizeOfLengths + 2 + sizeOfOffsets;
  out.fill(0xff, addressesAt, addressesAt + managerAddresses.length * sizeOfOffsets);
  if (version === 1) {
    const w = new Writer(sizes);
    w.offset(endOfAllocation);
    out.set(w.bytes, addressesAt - sizeOfOffsets);
  }
  return out;
}
