import { H5Error } from "../errors.ts";
import { isKnownMessageType } from "../format/header-message.ts";
import { readObjectHeader } from "../format/object-header.ts";
import type { Extent } from "../storage/journal/free-extents.ts";
import { extentsOfFile } from "./extents.ts";
import type { H5File } from "./file.ts";

/** Extents between two pauses of the search. */
export const SEARCH_STEP = 64;

/**
 * Looks for the space of a file that nothing in it uses, as offsets in the file. Where anything cannot be read, or two
 * structures overlap, nobody knows what else is used: then nothing is called free.
 * @param file an unchanging state of it
 * @returns `undefined`: it is not known. It pauses now and then, for those who have something else to do
 */
export function* searchFreeSpace(file: H5File): Generator<undefined, readonly Extent[] | undefined> {
  try {
    return yield* search(file);
  } catch (error) {
    if (error instanceof H5Error) return undefined;
    throw error;
  }
}

function* search(file: H5File): Generator<undefined, readonly Extent[] | undefined> {
  const { superblock, space } = file;
  const used: Extent[] = [];
  const headers = new Set<number>();
  let isKnown = true;
  const unread = (): void => {
    isKnown = false;
  };
  for (const { address, length, owner, structure } of extentsOfFile(file, unread)) {
    if (structure === "object header" && !headers.has(owner)) {
      headers.add(owner);
      isKnown &&= hasKnownMessages(file, owner);
    }
    if (!isKnown) return undefined;
    used.push({ offset: address, length });
    if (used.length % SEARCH_STEP === 0) yield;
  }
  if (!isKnown) return undefined;
  used.sort((a, b) => a.offset - b.offset);
  const free: Extent[] = [];
  let reached = 0;
  for (const { offset, length } of used) {
    if (offset < reached) return undefined;
    if (offset > reached) free.push({ offset: space.base + reached, length: offset - reached });
    reached = offset + length;
  }
  const end = superblock.endOfFile;
  if (reached > end) return undefined;
  if (reached < end) free.push({ offset: space.base + reached, length: end - reached });
  return free;
}

/** A message of a kind that came later may own space. */
function hasKnownMessages(file: H5File, header: number): boolean {
  return readObjectHeader(file.context, header).messages.every(({ type }) => isKnownMessageType(type));
}
