import type { EditContext } from "../format/edit-context.ts";
import { MESSAGE } from "../format/header-message.ts";
import { encodeModificationTime, encodeModificationTimeOld } from "../format/modification-time.ts";
import { ObjectHeaderEditor } from "../format/object-header-edit.ts";

const MAX_SECONDS = 2 ** 32 - 1;

/**
 * Sets the time of the last change of an object where it has one; libhdf5 gives groups none in old files.
 * @param seconds since 1970, UTC; what the file has no number for becomes the nearest
 */
export function setModificationTime(edit: EditContext, address: number, seconds: number): void {
  const stored = storedSeconds(seconds);
  const header = new ObjectHeaderEditor(edit, address);
  const message = header.first(MESSAGE.modificationTime);
  const old = header.first(MESSAGE.modificationTimeOld);
  const w = edit.writer();
  if (message !== undefined) {
    encodeModificationTime(w, stored);
    header.replace(message, w.bytes);
  } else if (old !== undefined) {
    encodeModificationTimeOld(w, stored);
    header.replace(old, w.bytes);
  } else header.modificationTime = stored;
  header.write();
}

/** @returns the nearest that a file has a number for */
export function storedSeconds(seconds: number): number {
  return Math.min(Math.max(seconds, 0), MAX_SECONDS);
}
